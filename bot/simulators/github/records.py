"""What GitHub knows, as plain mutable records. Ids are GitHub's kind: positive integers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

from bot.simulators.github.git import GitRepository

if TYPE_CHECKING:
    from bot.simulators.github.world import World

Json = dict[str, Any]
Role = Literal["read", "triage", "write", "maintain", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
Reactions = Literal["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"]
REACTIONS: tuple[Reactions, ...] = get_args(Reactions)


@dataclass(eq=False, slots=True)
class User:
    """An account: a person, an organization, or an app's bot."""

    world: World
    id: int
    login: str
    type: Literal["User", "Organization", "Bot"]
    created_at: datetime
    name: str | None = None

    @property
    def email(self) -> str:
        """The no-reply address GitHub puts on commits."""
        return f"{self.id}+{self.login}@users.noreply.github.com"


@dataclass(eq=False, slots=True)
class App:
    """The GitHub App under test. ``public_key`` is PEM; ``events`` is what it subscribes to."""

    id: int
    slug: str
    name: str
    owner: User
    bot: User
    public_key: str
    webhook_secret: str
    webhook_url: str
    permissions: dict[str, str]
    events: tuple[str, ...]
    created_at: datetime
    description: str = ""
    external_url: str = "https://github.com/apps"

    @property
    def client_id(self) -> str:
        """What a JWT may carry as ``iss`` instead of the id."""
        return f"Iv1.{self.id:016x}"


@dataclass(eq=False, slots=True)
class Installation:
    """The app on one account. ``repositories`` is None when it covers all of them."""

    id: int
    account: User
    repositories: set[int] | None
    permissions: dict[str, str]
    events: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    suspended_at: datetime | None = None
    suspended_by: User | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """An installation token. ``repositories`` is None when it reaches all the installation's."""

    value: str
    installation: Installation
    repositories: frozenset[int] | None
    permissions: dict[str, str]
    expires_at: datetime


@dataclass(eq=False, slots=True)
class Label:
    """A label of a repository; issues hold its name in lower case."""

    id: int
    name: str
    color: str
    description: str | None = None
    default: bool = False


@dataclass(eq=False, slots=True)
class Reaction:
    """One reaction of one person."""

    id: int
    user: User
    content: Reactions
    created_at: datetime


@dataclass(eq=False, slots=True)
class IssueEvent:
    """An entry of an issue's history; ``details`` depends on the kind of event."""

    id: int
    event: str
    actor: User
    created_at: datetime
    details: Json = field(default_factory=dict)
    commit_id: str | None = None


@dataclass(eq=False, slots=True)
class Pull:
    """What makes an issue a pull request. Branch names are without ``refs/heads/``."""

    id: int
    head_ref: str
    head_sha: str
    base_ref: str
    base_sha: str
    draft: bool = False
    merged_at: datetime | None = None
    merged_by: User | None = None
    merge_commit_sha: str | None = None


@dataclass(eq=False, slots=True)
class Issue:
    """An issue, or a pull request when ``pull`` is set. ``labels`` are names in lower case.

    ``via`` is another app that wrote it on behalf of ``user``. ``gone`` says that it was deleted
    (410), or to which URL it was transferred (301).
    """

    repository: Repository
    id: int
    number: int
    title: str
    body: str | None
    user: User
    created_at: datetime
    updated_at: datetime
    labels: list[str] = field(default_factory=list)
    assignees: list[User] = field(default_factory=list)
    state: Literal["open", "closed"] = "open"
    state_reason: str | None = None
    closed_at: datetime | None = None
    closed_by: User | None = None
    locked: bool = False
    reactions: list[Reaction] = field(default_factory=list)
    history: list[IssueEvent] = field(default_factory=list)
    pull: Pull | None = None
    via: App | None = None
    gone: str = ""

    @property
    def as_pull(self) -> Pull:
        """The pull request that it is known to be."""
        assert self.pull is not None, f"#{self.number} is not a pull request"  # noqa: S101
        return self.pull

    @property
    def comments(self) -> list[Comment]:
        """The conversation, oldest first."""
        return [one for one in self.repository.comments.values() if one.issue is self]

    @property
    def review_comments(self) -> list[ReviewComment]:
        """What was said on lines of its diff, oldest first."""
        return [one for one in self.repository.review_comments.values() if one.issue is self]

    @property
    def reviews(self) -> list[Review]:
        """Its reviews, oldest first."""
        return [one for one in self.repository.reviews.values() if one.issue is self]


@dataclass(eq=False, slots=True)
class Comment:
    """A comment on an issue or in a pull request's conversation; ``via`` as in an issue."""

    id: int
    issue: Issue
    body: str
    user: User
    created_at: datetime
    updated_at: datetime
    reactions: list[Reaction] = field(default_factory=list)
    via: App | None = None


@dataclass(eq=False, slots=True)
class Review:
    """A review of a pull request; ``state`` is spelled as the REST API does."""

    id: int
    issue: Issue
    user: User
    body: str
    state: Literal["COMMENTED", "APPROVED", "CHANGES_REQUESTED"]
    commit_id: str
    submitted_at: datetime


@dataclass(eq=False, slots=True)
class ReviewComment:
    """A comment on a line of a diff. ``position`` counts lines below the first hunk header."""

    id: int
    issue: Issue
    review: Review
    body: str
    user: User
    path: str
    commit_id: str
    diff_hunk: str
    position: int
    line: int
    side: Literal["LEFT", "RIGHT"]
    created_at: datetime
    updated_at: datetime
    in_reply_to: int | None = None
    reactions: list[Reaction] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class CheckSuite:
    """All check runs of one app on one commit."""

    repository: Repository
    app: App
    id: int
    head_sha: str
    head_branch: str | None
    before: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def runs(self) -> list[CheckRun]:
        """Its check runs, oldest first."""
        return [one for one in self.repository.check_runs.values() if one.suite is self]


@dataclass(eq=False, slots=True)
class CheckRun:
    """One check. ``output`` has title, summary, text and annotations as they were sent; ``steps``
    and ``log`` are those of a job of GitHub Actions."""

    id: int
    suite: CheckSuite
    name: str
    head_sha: str
    status: str
    conclusion: str | None
    started_at: datetime
    completed_at: datetime | None
    external_id: str
    details_url: str
    output: Json = field(default_factory=dict)
    annotations: list[Json] = field(default_factory=list)
    actions: list[Json] = field(default_factory=list)
    steps: list[Json] = field(default_factory=list)
    log: str = ""


@dataclass(eq=False, slots=True)
class Repository:
    """A repository and everything in it. ``labels`` is keyed by the name in lower case.

    ``role_names`` are an organization's own names for roles, where somebody's has one.

    ``writing`` is held through each change, so that two of them never interleave. ``changed_at`` is
    when its name or its readers were changed last.
    """

    id: int
    owner: User
    name: str
    git: GitRepository
    created_at: datetime
    pushed_at: datetime
    changed_at: datetime
    private: bool = False
    archived: bool = False
    has_issues: bool = True
    description: str | None = None
    default_branch: str = "main"
    roles: dict[User, Role] = field(default_factory=dict)
    role_names: dict[User, str] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    reviews: dict[int, Review] = field(default_factory=dict)
    review_comments: dict[int, ReviewComment] = field(default_factory=dict)
    auto_suites: bool = True
    check_suites: dict[int, CheckSuite] = field(default_factory=dict)
    check_runs: dict[int, CheckRun] = field(default_factory=dict)
    releases: list[Json] = field(default_factory=list)
    last_number: int = 0
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def world(self) -> World:
        """Where it exists."""
        return self.owner.world

    @property
    def full_name(self) -> str:
        """``owner/name``."""
        return f"{self.owner.login}/{self.name}"

    def role_of(self, user: User) -> Role | None:
        """What ``user`` may do here; None for somebody who may not even read."""
        if user is self.owner:
            return "admin"
        return self.roles.get(user, None if self.private else "read")

    def open_pulls(self) -> list[tuple[Issue, Pull]]:
        """Every open pull request with its issue, oldest first."""
        return [
            (issue, issue.pull)
            for issue in self.issues.values()
            if issue.pull and issue.state == "open"
        ]

    def runs_on(self, sha: str) -> list[CheckRun]:
        """The check runs of a commit, oldest first."""
        return [run for run in self.check_runs.values() if run.head_sha == sha]
