"""A small roster with every kind of field, as the grammar's tests need it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bot.domain.commands.command import REST, TEXT, WORD, After, Command, Level
from bot.domain.commands.references import (
    AgentRef,
    ClusterRef,
    Duration,
    IssueRef,
    ItemRef,
    RunRef,
    UserRef,
    VersionRef,
)
from bot.domain.models import Severity


class Help(Command):
    """Show what can be said here."""

    verb = "help"
    aliases = ("h",)
    examples = ("help", "help fix")

    about: Annotated[str, WORD] = ""


class Status(Command):
    """Say how a cluster or a run stands."""

    verb = "status"
    aliases = ("st",)
    examples = ("status C-12",)

    of: Annotated[RunRef | ClusterRef | None, WORD] = None


class Fix(Command):
    """Start a fix run, or add a note to the one that runs.

    The run works in a sandbox.
    """

    verb = "fix"
    level = Level.L3
    examples = ("fix C-12", "fix --timeout=30m -- only touch the parser")
    cost = "one fix run"

    cluster: Annotated[ClusterRef | None, WORD] = None
    agent: AgentRef | None = None
    base: str = ""
    dry_run: bool = False
    timeout: Duration | None = None
    steer: Annotated[str, TEXT] = ""


class Similar(Command):
    """List what resembles it."""

    verb = "similar"
    examples = ("similar --limit=5",)

    limit: Annotated[int, Field(ge=1, le=50)] = 5
    closed: bool = True


class Clusters(Command):
    """List clusters."""

    verb = "clusters"
    aliases = ("ls",)
    examples = ("clusters --sort=count",)

    sort: Literal["recent", "count", "severity"] = "recent"
    label: tuple[str, ...] = ()


class Dup(Command):
    """Link a duplicate; nothing is closed."""

    verb = "dup"
    level = Level.L2
    examples = ("dup #123",)

    of: IssueRef


class NotDup(Command):
    """Say that two are not the same."""

    verb = "not-dup"
    examples = ("not-dup #123",)

    of: IssueRef


class Merge(Command):
    """Merge clusters."""

    verb = "merge"
    level = Level.L2
    examples = ("merge C-31 into C-12",)

    clusters: tuple[ClusterRef, ...]
    into: Annotated[ClusterRef | None, After("into")] = None


class Move(Command):
    """Move an item."""

    verb = "move"
    examples = ("move I-345 to C-12",)

    item: ItemRef
    to: Annotated[ClusterRef | Literal["new"], After("to")]


class Snooze(Command):
    """Be quiet for a while."""

    verb = "snooze"
    examples = ("snooze 3d", "snooze until 50 events")

    span: Annotated[Duration | None, WORD] = None
    until: Annotated[int | None, After("until", unit="events")] = None


class SetSeverity(Command):
    """Set how bad it is."""

    verb = "severity"
    aliases = ("sev",)
    examples = ("severity S2 -- it blocks checkout",)

    severity: Severity
    cluster: Annotated[ClusterRef | None, WORD] = None
    reason: Annotated[str, TEXT] = ""


class Assign(Command):
    """Give it to somebody."""

    verb = "assign"
    examples = ("assign @ana",)

    who: UserRef
    cluster: Annotated[ClusterRef | None, WORD] = None


class Diff(Command):
    """Compare two versions."""

    verb = "diff"
    examples = ("diff v1 v3",)

    one: VersionRef
    other: VersionRef


class Feedback(Command):
    """Report something."""

    verb = "feedback"
    aliases = ("report",)
    examples = ('feedback "The total is wrong"',)

    text: Annotated[str, REST]
    title: str = ""


class Ask(Command):
    """Answer a question."""

    verb = "ask"
    examples = ("ask why do exports fail?",)

    question: Annotated[str, REST]


class Remember(Command):
    """Keep a fact."""

    verb = "remember"
    examples = ('remember "money is in cents" --path="src/**"',)

    fact: str
    path: str = ""
    ttl: Duration | None = None


ROSTER: tuple[type[Command], ...] = (
    Help,
    Status,
    Fix,
    Similar,
    Clusters,
    Dup,
    NotDup,
    Merge,
    Move,
    Snooze,
    SetSeverity,
    Assign,
    Diff,
    Feedback,
    Ask,
    Remember,
)
