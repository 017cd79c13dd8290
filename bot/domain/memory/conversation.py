"""What somebody has asked, question by question."""

from pydantic import AwareDatetime, Field

from bot.domain.models import Person, Worded

KEPT = 20  # questions of a conversation, the newest


class Conversation(Worded):
    """``A-3``: one person's questions in one place; ``audience`` reads there. Newest last.

    ``by`` is a login, or Slack's team and user; ``by_id`` GitHub's own id of that login."""

    number: int = 0
    title: str = Field(max_length=200)
    by: str
    by_id: int | None = None
    place: str
    asked: tuple[str, ...] = ()
    edited_at: AwareDatetime

    @property
    def name(self) -> str:
        """``A-3``."""
        return f"A-{self.number}"

    def is_of(self, person: Person) -> bool:
        """Whether they asked it: a login may be another's by now."""
        return person.is_same(self.by, self.by_id) if person.login else self.by == asker(person)


def asker(person: Person) -> str:
    """What ``by`` says of a person; "" of the operator."""
    name = person.login or f"{person.slack_team}:{person.slack_user}"
    return "" if person.operator else name
