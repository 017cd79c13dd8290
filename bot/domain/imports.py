"""An import of a file or of another repository's issues: how far it is, and what it brought."""

from typing import Literal

from pydantic import AwareDatetime, Field

from bot.domain.models import Person, Place, Record, Worded

# What an import without progress keeps others waiting for, in seconds.
STALE_SECONDS = 15 * 60
# So many new reports are enough to know a project by, before the rest is read.
SAMPLE = 500
# Bad records that are listed; all are counted.
LISTED = 20

ImportState = Literal["processing", "quick ready", "complete", "failed", "stopped", "undone"]
Stage = Literal["receiving", "reading", "quick pass", "clustering", ""]
# The per cent at which each stage begins and the next one does.
_SPANS = {"receiving": (0, 20), "reading": (20, 50), "quick pass": (50, 100)}


class Wanted(Record):
    """What of a file is read, and how. ``columns``: field (``title``, ``body``, ``author``,
    ``time``, ``url``, ``id``) -> column or path; ``channels`` are those of a chat."""

    columns: dict[str, str] = Field(default_factory=dict)
    channels: tuple[str, ...] = ()


class FileImport(Worded):
    """Import ``number`` of a project; sizes are in bytes. ``done`` of ``whole`` is how far its
    ``stage`` is. ``records`` were read: ``new`` reports came of them, ``known`` ones are those of
    before, ``passed`` are none (joins, replies), and of ``bad`` ones the first are ``listed`` with
    their line and why. ``first`` and ``last`` are numbers of reports that it brought. The quick
    pass over them was ``asked_at``. Of ``repository`` its ``issues`` and ``comments`` are read up
    to there, by GitHub's time of their last change. What was ``attached`` in Slack is fetched from
    there."""

    number: int = 0
    kind: str
    name: str
    wanted: Wanted = Wanted()
    by: str
    state: ImportState = "processing"
    stage: Stage = "receiving"
    done: int = 0
    whole: int = 0
    size: int = 0
    records: int = 0
    new: int = 0
    known: int = 0
    passed: int = 0
    bad: int = 0
    listed: tuple[str, ...] = ()
    first: int = 0
    last: int = 0
    asked_at: AwareDatetime | None = None
    repository: str = ""
    attached: str = ""
    issues: AwareDatetime | None = None
    comments: AwareDatetime | None = None
    reason: str = ""
    place: Place | None = None
    created_at: AwareDatetime
    progressed_at: AwareDatetime

    @property
    def percent(self) -> int:
        """How far it is."""
        low, high = _SPANS.get(self.stage, (100, 100))
        return low + int((high - low) * min(1.0, self.done / self.whole if self.whole else 0.0))

    @property
    def blob(self) -> str:
        """What its file is called."""
        return f"import-{self.number}"

    @property
    def how_far(self) -> str:
        """Its stage in words; "" where it has ended."""
        if self.stage == "clustering":
            return f"{self.done:,} of {self.whole:,} reports are in clusters"
        return f"{self.stage}, {self.percent} %" if self.stage else ""

    @property
    def step(self) -> tuple[object, ...]:
        """What is told when it changes."""
        tenth = 10 * self.done // self.whole if self.whole else 0
        return self.state, self.stage, self.percent // 10, tenth

    @property
    def stands(self) -> str:
        """How far it is, in words."""
        return f"Import {self.number} of {self.name}: {self.how_far or self.state}"

    @property
    def alive(self) -> bool:
        """Whether no other may begin."""
        return self.state == "processing"


class Download(Record):
    """What a link to an export stands for: of which project, and by whose rights."""

    exported: int
    by: Person
