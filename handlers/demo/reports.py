"""The story of the demo: who reports what, when, and what is really wrong.

The data is in ``reports/*.yml``, a file a source; ``world.yml`` has people and problems. A
placeholder such as ``{now-3m}`` is a moment before the story's start: by default as ISO 8601,
``{now-3m:seconds}`` and ``{now-3m:millis}`` as Unix time. All of it is text, but a value of a body
that is one ``seconds`` placeholder and nothing else becomes a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import Field, JsonValue, TypeAdapter, model_validator

from bot.domain.models import Record

HERE = Path(__file__).parent
SHOP = HERE / "shop"
DATA = HERE / "reports"

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_MOMENT = re.compile(r"\{now(?:-(\d+)([smhd]))?(?::(seconds|millis))?\}")


class Member(Record):
    """Somebody with a role on the repository; ``slack_user`` is empty for the unlinked."""

    login: str
    name: str
    role: Literal["admin", "maintain", "write", "triage", "read"]
    slack_user: str = ""


class Problem(Record):
    """What is really wrong; ``path`` is the faulty file, empty where no patch can mend it."""

    key: str
    title: str
    path: str = ""


class World(Record):
    """The repository, who is there, and what is wrong with it."""

    repository: str
    members: tuple[Member, ...]
    problems: tuple[Problem, ...]


class DemoIssue(Record):
    """An issue as a person opens it on GitHub."""

    login: str
    title: str
    body: str


class DemoReport(Record):
    """One report: an ``issue`` on GitHub, else the JSON ``body`` (and ``headers``) of its source.

    ``delay`` is in seconds of story after its start. ``problem`` names what is behind it, for
    scoring only: it is never sent. Headers lack the signature, which is the sender's to make. A
    body of ``reddit`` is one child of a listing.
    """

    source: str
    problem: str
    delay: float = Field(ge=0)
    issue: DemoIssue | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    body: dict[str, JsonValue] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_input(self) -> Self:
        if (self.issue is None) is (not self.body):
            raise ValueError("a report has an issue or a body")
        if (self.issue is not None) is not (self.source == "github"):
            raise ValueError("an issue is what GitHub gets, and GitHub gets nothing else")
        return self


_Raw = TypeAdapter(list[dict[str, JsonValue]])


@cache
def world() -> World:
    """People and problems of the story."""
    return World.model_validate(yaml.safe_load((DATA / "world.yml").read_text("utf-8")))


def sources() -> list[str]:
    """The sources whose reports are told."""
    return sorted({path.stem for path in DATA.glob("*.yml")} - {"world"})


def load(start: datetime) -> list[DemoReport]:
    """All reports in the order in which they arrive, their moments counted back from ``start``.

    Raises ValueError when ``start`` is naive.
    """
    if start.tzinfo is None:
        raise ValueError("a time without a zone")
    start = start.astimezone(UTC)
    reports = [
        DemoReport.model_validate(
            raw
            | {
                "source": source,
                "headers": _filled(raw.get("headers", {}), lambda text: _text(text, start)),
                "body": _filled(raw.get("body", {}), lambda text: _value(text, start)),
            }
        )
        for source in sources()
        for raw in _Raw.validate_python(yaml.safe_load((DATA / f"{source}.yml").read_text("utf-8")))
    ]
    return sorted(reports, key=lambda report: report.delay)


def _filled(value: JsonValue, fill: Callable[[str], JsonValue]) -> JsonValue:
    match value:
        case str():
            return fill(value)
        case list():
            return [_filled(part, fill) for part in value]
        case dict():
            return {name: _filled(part, fill) for name, part in value.items()}
        case _:
            return value


def _text(text: str, start: datetime) -> str:
    return _MOMENT.sub(lambda match: _written(match, start), text)


def _value(text: str, start: datetime) -> JsonValue:
    whole = _MOMENT.fullmatch(text)
    if whole and whole[3] == "seconds":
        return float(_written(whole, start))
    return _text(text, start)


def _written(match: re.Match[str], start: datetime) -> str:
    amount, unit, form = match.groups()
    moment = start - timedelta(**{_UNITS[unit]: int(amount)}) if amount else start
    match form:
        case "seconds":
            return str(int(moment.timestamp()))
        case "millis":
            return str(int(moment.timestamp() * 1000))
        case _:
            return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
