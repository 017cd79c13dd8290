"""What a payload tells beside reports: that a problem is over, or nothing that counts, and why."""

from pydantic import AwareDatetime

from bot.domain.models import Draft, Record


class Recovery(Record):
    """A problem is over, its source says: the item of ``key``, since ``at``. No occurrence."""

    source: str
    key: str
    at: AwareDatetime


class Ignored(Record):
    """Readable, and nothing that counts: ``why`` is one sentence a person reads."""

    why: str


Heard = Draft | Recovery | Ignored
