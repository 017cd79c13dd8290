"""The words of DESIGN section 3 as frozen records. Times are aware UTC."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Literal, Self, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from bot.domain.audience import Audience, may_read


class Record(BaseModel):
    """Frozen, closed to unknown fields; a change makes a new record."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def read(cls, stored: str | bytes) -> Self:
        """The record as it was stored, without what only a newer program knows of it."""
        return cls.model_validate_json(stored, extra="ignore")


class Worded(Record):
    """A record that bears text: who may read it stands beside it and is never assumed."""

    audience: Audience


class Frame(Record):
    """One stack frame, innermost last in a list of frames."""

    path: str
    function: str = ""
    line: int | None = None
    code: str = ""
    in_app: bool = True


class Draft(Worded):
    """One report as a source's parser reads it, before it has a number. ``key`` names the item
    within its source and project (the same for every repeat), ``event`` names this one occurrence:
    the pair makes a second delivery of the same event harmless. ``told_at``: where a source tells
    of one event twice, the time it gives both times; the first that ``announces`` an item and the
    event itself are then one occurrence. ``author_id`` is GitHub's id of the author, where the
    words came from GitHub and through no other app. ``history`` is from before the app came: nobody
    is told of it unasked; ``brought_by`` is the number of the import that brought it, 0 for
    none."""

    source: str
    key: str = Field(min_length=1, max_length=500)
    event: str = Field(min_length=1, max_length=500)
    told_at: str = ""
    announces: bool = False
    title: str = Field(max_length=1_000)
    body: str = Field(default="", max_length=70_000)
    url: str = ""
    author: str = ""
    author_id: int | None = None
    occurred_at: AwareDatetime
    history: bool = False
    brought_by: int = 0
    count: int = Field(default=1, ge=1)
    level: Literal["debug", "info", "warning", "error", "critical"] = "error"
    environment: str = ""
    release: str = ""
    people: int = Field(default=0, ge=0)
    frames: tuple[Frame, ...] = ()
    fingerprint: str = ""
    tags: dict[str, str] = Field(default_factory=dict)


class Item(Draft):
    """A feedback item ``I-345``: a draft that has its number, and perhaps its cluster.
    ``updated_at`` is the source's own time of the newest edit seen (an older edit never wins).
    ``recovered_at``: its source says that it is over since then, and it was not seen again."""

    number: int
    cluster: int | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    gone: bool = False
    recovered_at: AwareDatetime | None = None

    @property
    def name(self) -> str:
        """``I-345``."""
        return f"I-{self.number}"


def enriched(item: Item, draft: Draft) -> Item:
    """The item with what a later event of it knows and it did not. Nothing known is overwritten."""
    if item.gone:
        return item
    brought = ("frames", "fingerprint", "release", "environment", "url")
    update = {name: getattr(draft, name) for name in brought if not getattr(item, name)}
    return item.model_copy(update=update | {"people": max(item.people, draft.people)})


class ClusterState(StrEnum):
    """The life of a cluster."""

    NEW = "new"
    TRIAGED = "triaged"
    FIXING = "fixing"
    PR_OPENED = "pr_opened"
    WATCHING = "watching"
    RESOLVED = "resolved"
    IGNORED = "ignored"
    SNOOZED = "snoozed"
    REGRESSED = "regressed"

    @property
    def words(self) -> str:
        """How people are told of it."""
        return "pull request opened" if self is ClusterState.PR_OPENED else self.value

    @property
    def is_open(self) -> bool:
        """Whether somebody is to look at it."""
        settled = (ClusterState.RESOLVED, ClusterState.IGNORED, ClusterState.SNOOZED)
        return self not in settled


Severity = Literal["S1", "S2", "S3", "S4"]
# A vendor and its model.
ModelName = Annotated[str, Field(pattern=r"^(gemini|openai|anthropic)/[^\s,;]+$")]
# What a language model is asked for.
Purpose = Literal["judge", "summary", "plan", "ask", "agent"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
# How an issue ended at its source; the first that holds for any says how their cluster did.
Ending = Literal["completed", "not planned", "duplicate", "gone", "moved"]
IssueState = Literal["open"] | Ending


WatchVerdict = Literal["", "gone", "still there", "not enough traffic"]


class Watch(Record):
    """A problem is watched after the merge of ``pull``; ``counts`` are source, before and after. It
    begins with ``release``, the first that has the merge: "" while that is awaited, None where the
    project makes none."""

    pull: int
    since: AwareDatetime
    until: AwareDatetime
    release: str | None = None
    verdict: WatchVerdict = ""
    counts: tuple[tuple[str, int, int], ...] = ()


class Cluster(Worded):
    """One underlying problem, ``C-12``; ``redirect`` is set once it was merged into another.
    ``trend`` says how its counts are out of the usual, "" when they are not; ``shown_by`` are the
    oldest of its reports of each source and audience; ``standing`` is how all its issues were
    closed on GitHub, ``labelled`` and ``assigned`` what its issues said last. ``state_by`` is the
    person who said its state and "" where nobody did, ``state_at`` and ``severity_at`` are when."""

    number: int
    state: ClusterState = ClusterState.NEW
    state_by: str = ""
    state_at: AwareDatetime | None = None
    title: str = ""
    summary: tuple[Sentence, ...] = ()
    severity: Severity = "S4"
    severity_reasons: tuple[str, ...] = ()
    severity_by: str = ""
    severity_at: AwareDatetime | None = None
    owner: str = ""
    snoozed_until: AwareDatetime | None = None
    snoozed_events: int | None = None
    ignored_reason: str = ""
    seen_when_resolved: int | None = None
    trend: str = ""
    shown_by: tuple[int, ...] = ()
    pull_request: int | None = None
    watch: Watch | None = None
    redirect: int | None = None
    standing: IssueState = "open"
    labelled: Severity | Literal[""] = ""
    assigned: str = ""
    created_at: AwareDatetime
    updated_at: AwareDatetime

    @property
    def name(self) -> str:
        """``C-12``."""
        return f"C-{self.number}"

    def as_read_by(self, readers: Audience, shown: Sequence[Item]) -> Cluster:
        """The record with the words that they may read; ``shown`` are its reports that they may.
        Title, summary and the words behind its severity may be those of a private report."""
        if may_read(readers, self.audience):
            return self
        allowed = {item.number for item in shown}
        words: dict[str, object] = {
            "audience": readers,
            "title": shown[0].title if shown else "private reports",
            "summary": tuple(one for one in self.summary if set(one.items) <= allowed),
            "severity_reasons": (),
        }
        return self.model_copy(update=words)


class Sentence(Record):
    """One sentence of a summary, tied to the items it came from."""

    text: str
    items: tuple[int, ...]


class Project(Record):
    """A repository the app is installed on: the tenant boundary. ``id`` is GitHub's own, as is
    ``owner``, the account it belongs to; 0 where that was not read yet. ``updated_at`` is the time
    of what is known: GitHub's own of its last change; ``removed_at`` when GitHub itself said that
    the app was ``removed``, None where it was only found out."""

    id: int
    installation: int
    full_name: str
    owner: int = 0
    default_branch: str = "main"
    private: bool = False
    removed: bool = False
    removed_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None

    def is_older_than(self, other: Project) -> bool:
        """Whether what this says of the repository was true before what ``other`` says."""
        mine, theirs = self.updated_at, other.updated_at
        return mine is not None and theirs is not None and mine < theirs

    @property
    def github_readers(self) -> Audience:
        """Who reads what is said in its issues, pull requests, branches and check runs."""
        return Audience.TEAM if self.private else Audience.PROJECT


class Person(Record):
    """Who gives a command. ``login`` is empty for an unlinked Slack user. ``operator``: who sits at
    this server's shell, or uses a ``token`` that was made there; of no door else. ``token`` is the
    id of the API's token that speaks in the person's name. ``user_id`` is GitHub's own: a login can
    be given up and be somebody else's the next day."""

    login: str = ""
    user_id: int | None = None
    slack_user: str = ""
    slack_team: str = ""
    is_bot: bool = False
    operator: bool = False
    token: str = ""

    @property
    def name(self) -> str:
        """How the person is called in a card."""
        name = f"@{self.login}" if self.login else (self.slack_user or "somebody")
        return f"{name} (token {self.token})" if self.token else name

    def is_same(self, login: str, user_id: int | None) -> bool:
        """Whether they are who is named: by id; by login only where theirs is all we know."""
        if self.user_id is not None:
            return self.user_id == user_id
        return bool(self.login) and self.login == login


class Place(Record):
    """Where something was said, and so where it is answered. GitHub: ``issue`` and ``comment``.
    Slack: ``channel``, ``thread`` and ``response_url``, which takes answers until ``answer_by``;
    ``home`` is a person's home tab. Shell: neither."""

    issue: int | None = None
    comment: int | None = None
    channel: str = ""
    thread: str = ""
    message: str = ""
    response_url: str = ""
    answer_by: AwareDatetime | None = None
    public: bool = False
    home: bool = False

    @property
    def name(self) -> str:
        """A stable name for cards: ``gh:7``, ``slack:C1:123.45``."""
        if self.issue is not None:
            return f"gh:{self.issue}"
        if self.channel:
            return f"slack:{self.channel}:{self.thread}"
        return "shell"


class RunState(StrEnum):
    """The one spelling of a state."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Verdict(StrEnum):
    """How a fix run ended."""

    PROVED = "proved"
    ON_ONE_EXAMPLE = "proved on one example only"
    NOT_REPRODUCED = "not reproduced"
    NOT_REPAIRED = "reproduced, not repaired"
    TESTS_DO_NOT_RUN = "tests do not run here"
    REFUSED_BY_POLICY = "refused by policy"
    STOPPED = "stopped"
    LIMIT_REACHED = "limit reached"
    NEEDS_A_PERSON = "needs a person: the example is private"


class Ran(Record):
    """One command that was run in a sandbox, as evidence. ``tail`` is the end of its output."""

    command: str
    exit_code: int
    seconds: float
    tail: str = ""


Cluster.model_rebuild()
