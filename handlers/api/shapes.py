"""What the API takes and gives; ``openapi.yaml`` says where. 12 is C-12, I-12 or F-12."""

from types import GenericAlias
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model

from bot.domain import models
from bot.domain.fixes.interview import Interview
from bot.domain.fixes.run import FixRun
from bot.storage.cluster_jobs import ClusterJob
from bot.storage.imports import Import

Number = Annotated[int, Field(ge=1, lt=10**9)]
# The grammar passes over what shows nothing.
_SHOWS = r"[^\s\x00-\x20\x7f-\xa0\u1680\u180e\u2000-\u206f\u3000\ufeff]"


class Query(BaseModel):
    """What every path takes; ``cursor`` is the ``next`` of the page before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    project_id: int | None = None
    limit: int = Field(100, ge=1, le=1_000)
    cursor: Number | None = None
    source: str = ""
    state: models.ClusterState | None = None


class Body(BaseModel):
    """What is sent; no value is taken for another's type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Report(Body):
    """A report in somebody's own words."""

    text: str = Field(max_length=15_000, pattern=_SHOWS)
    title: str = Field("", max_length=200)


def _whole(told: object) -> object:
    # To JSON Schema 12.0 is an integer.
    return int(told) if isinstance(told, float) and told.is_integer() else told


class How(Body):
    """Whether it changes nothing, and only says what would come of it."""

    dry_run: bool = False


class FixOf(How):
    """Which cluster to fix, and how."""

    cluster: Annotated[Number, BeforeValidator(_whole)]


class Cancel(Body):
    """The one change there is of a job."""

    state: Literal["cancelled"]


class Message(Body):
    """What somebody answers in an interview."""

    text: str = Field(max_length=2_000, pattern=_SHOWS)


BODIES = (Report, How, FixOf, Cancel, Message)


def _shape(name: str, of: type[BaseModel], fields: str, **more: Any) -> type[BaseModel]:
    """What is given: some fields of a record, and ``more``."""
    taken: Any = {each: (of.model_fields[each].annotation, ...) for each in fields.split()}
    return create_model(name, **taken, **more)


def _page(of: type[BaseModel]) -> type[BaseModel]:
    more: Any = {"items": (GenericAlias(list, of), ...), "next": (int | None, ...)}
    return _shape(f"{of.__name__}Page", of, "", **more)


_ITEM = "number cluster source title body url author level environment release occurred_at"
_CLUSTER = "number state title severity owner pull_request created_at updated_at"
_RUN = "number cluster state verdict reason requested_by agent dry_run pull_url"
_AGAIN = "number state dry_run requested_by seen total moved merged split operation created_at"
_COUNTS: Any = {"reports": (int, ...), "occurrences": (int, ...)}
_ALIKE: Any = dict.fromkeys(("cluster", "into", "report", "like"), (int, ...))
_LISTED = (
    _shape("Alike", Import, "", **_ALIKE, likelihood=(float, ...)),
    _shape("Feedback", models.Item, _ITEM),
    _shape("Cluster", models.Cluster, _CLUSTER, **_COUNTS),
    _shape("Job", FixRun, f"{_RUN} created_at updated_at ended_at"),
    _shape("ClusterJob", ClusterJob, _AGAIN),
)
_WITH_REPORTS = {"feedback": (list[int], ...), **_COUNTS}
_OTHERS = (
    _shape("ClusterWithReports", models.Cluster, f"{_CLUSTER} summary", **_WITH_REPORTS),
    _shape("Sync", Import, "seen total ended"),
    _shape("Log", Import, "", lines=(list[str], ...)),
    _shape("Session", Interview, "number state stage edited_at pull_url", said=(str, ...)),
)
SHAPES = {each.__name__: each for each in (*_LISTED, *map(_page, _LISTED), *_OTHERS)}
