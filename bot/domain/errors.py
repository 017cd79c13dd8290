"""The error tree. What a person reads is the message of a ``UserError``, word for word.

    SoulcasterError
    ├── UserError               shown as it is: one line, and what to do
    │   ├── NotUnderstood
    │   ├── NotAllowed
    │   ├── NotFound
    │   ├── QuotaExceeded
    │   └── TooOften            429
    ├── UpstreamError           somebody else's service
    │   ├── Unavailable         safe to try again
    │   │   ├── Busy            we are: 503
    │   │   ├── NotHere         another worker can do it
    │   │   └── OverBudget      not sent: what it lets us send is used up
    │   └── Rejected            trying again will not help
    │       ├── CapReached      not asked: the money or tokens for it are used up
    │       └── Quiet           nothing is written there: its owner decided so, or has yet to
    ├── BadSignature            401
    │   └── WrongSecret         the same, but a proof was shown
    ├── Forbidden               403: who sends it is proven, and this was not agreed on
    ├── TooMany                 429
    ├── BadPayload              400
    │   └── Unreadable          422: who sends it is proven
    ├── TooSlow                 408
    ├── TooLarge                413
    └── ConfigError             a setting is missing or wrong

Shown where a caller is answered: ``handlers/web.py`` (HTTP), ``workers/commands/answering.py``
(commands), ``workers/worker.py`` (jobs) and ``handlers/cli.py`` (the shell). Elsewhere one is
caught only to wait, to go on without what failed, or to say it better."""

import math


class SoulcasterError(Exception):
    """Anything Soulcaster raises on purpose."""


class UserError(SoulcasterError):
    """Shown to the person word for word."""


class NotUnderstood(UserError):
    """The line is no command we know."""


class NotAllowed(UserError):
    """The person's live role does not reach."""


class NotFound(UserError):
    """What the person named is not here."""


class QuotaExceeded(UserError):
    """A cap set by the project or the operator."""


class TooOften(UserError):
    """A person asks for more in a minute than SOULCASTER_CALLS. ``retry_after`` is in seconds;
    ``told``: another of their commands was answered so in this minute."""

    def __init__(self, message: str, *, retry_after: float, told: bool) -> None:
        super().__init__(message)
        self.retry_after, self.told = retry_after, told


class UpstreamError(SoulcasterError):
    """A service we call failed."""


class Unavailable(UpstreamError):
    """The service cannot be reached or asks us to wait; safe to retry. ``retry_after`` is in
    seconds, None when the service did not say."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Busy(Unavailable):
    """Too much is being asked of us at once."""


class KeptOut(Unavailable):
    """It does not know us: our key is no longer one of its, or what we are was deleted there."""


class NotHere(Unavailable):
    """This process is set up in another way than a job needs; a worker elsewhere can do it."""


class OverBudget(Unavailable):
    """It lets us send nothing now: the request was not sent."""


class Rejected(UpstreamError):
    """The service refused; the same request will be refused again. ``status`` is the HTTP status,
    where there was one."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class CapReached(Rejected):
    """A model was not asked: it might have cost more than a project, its run or we allow."""


class BadSignature(SoulcasterError):
    """The sender did not prove who it is."""


class WrongSecret(BadSignature):
    """A proof was shown, and it is wrong."""


class Forbidden(SoulcasterError):
    """Its sender is proven, and nobody agreed to what it sends: what to say so that it may."""


class TooMany(SoulcasterError):
    """Too many of ``what`` from one sender. ``retry_after`` is in seconds."""

    def __init__(self, retry_after: float, what: str = "wrong secrets") -> None:
        super().__init__(f"Too many {what}: come back in {math.ceil(retry_after)} s.")
        self.retry_after = retry_after


class BadPayload(SoulcasterError):
    """The body is not what its sender documents."""


class Unreadable(BadPayload):
    """Its sender is proven, and it is nothing that its source can tell us: which line is wrong."""


class TooSlow(SoulcasterError):
    """The body did not come in its time."""


class TooLarge(SoulcasterError):
    """The body is over its cap."""


class Quiet(Rejected):
    """Nothing is written there, for that is what its owner decided, or has yet to decide."""


class ConfigError(SoulcasterError):
    """A setting is missing or wrong: which, why, and how to mend it."""
