"""The parts of GitHub's webhook payloads that we read. Everything else is left alone."""

from typing import Any

from gidgethub import sansio
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from bot.domain.errors import BadPayload
from bot.domain.models import Person, Project


class User(BaseModel):
    """Who did it, or wrote it first. Without an id it is nobody that has a role."""

    id: int = 0
    login: str
    type: str = "User"

    @property
    def person(self) -> Person:
        """The domain's word for them."""
        return Person(
            login=self.login,
            user_id=self.id,
            is_bot=self.type == "Bot" or self.login.endswith("[bot]"),
        )


class App(BaseModel):
    """The app that wrote something."""

    id: int


class Installation(BaseModel):
    """Which installation it is about."""

    id: int


class Repository(BaseModel):
    """Where it happened."""

    id: int
    full_name: str
    private: bool = False
    default_branch: str = "main"
    updated_at: AwareDatetime | None = None


class _Text(BaseModel):
    """What people and apps write."""

    body: str | None = None
    user: User | None = None
    performed_via_github_app: App | None = None
    updated_at: AwareDatetime

    def is_of(self, app: int) -> bool:
        """Whether the app itself wrote it; an edit by a person does not change that."""
        via, user = self.performed_via_github_app, self.user
        return via is not None and via.id == app and user is not None and user.person.is_bot


class Issue(_Text):
    """An issue, or a pull request seen as one."""

    number: int


class Comment(_Text):
    """A comment on an issue, on a pull request, or on a line of its diff."""

    id: int


class Review(_Text):
    """A review of a pull request."""

    id: int
    state: str = ""
    updated_at: AwareDatetime = Field(alias="submitted_at")


class PullRequest(BaseModel):
    """The pull request that a review is of."""

    number: int


class _Was(BaseModel):
    """What an event changed; ``old_issue`` is what a transferred issue was."""

    body: dict[str, Any] | None = None
    old_issue: dict[str, Any] | None = None


class Payload(BaseModel):
    """What every event that we route carries."""

    action: str = ""
    installation: Installation
    repository: Repository
    sender: User
    issue: Issue | None = None
    comment: Comment | None = None
    review: Review | None = None
    pull_request: PullRequest | None = None
    changes: _Was = _Was()

    @property
    def project(self) -> Project:
        """The project it happened in."""
        return Project(
            id=self.repository.id,
            installation=self.installation.id,
            full_name=self.repository.full_name,
            private=self.repository.private,
            default_branch=self.repository.default_branch,
            updated_at=self.repository.updated_at,
        )

    @property
    def body_before(self) -> str:
        """The text before an edit; "" when the edit did not touch it."""
        return str((self.changes.body or {}).get("from") or "")

    def is_author(self, of: Issue | Comment | Review) -> bool:
        """Whether who did it is a person, and the one who wrote that first."""
        person = self.sender.person
        return not person.is_bot and of.user is not None and of.user.id == self.sender.id


def read(event: sansio.Event) -> Payload:
    """The payload of a routed event. Raises BadPayload."""
    try:
        return Payload.model_validate(event.data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadPayload(f"{event.event}: {where}: {first['msg']}") from error
