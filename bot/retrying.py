"""When to ask a service again: what it says about that, and how long is waited in place."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import stamina

from bot.domain.errors import Unavailable

# Nobody is believed who asks for more.
_LONGEST = 86_400.0

T = TypeVar("T")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of ``Retry-After``, which may be a date; None where there is none.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after"""
    said = headers.get("Retry-After", "")
    try:
        seconds = float(said)
    except ValueError:
        try:
            moment = parsedate_to_datetime(said)
        except ValueError:
            return None
        # RFC 9110 knows dates in GMT only.
        seconds = (moment.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds()
    return min(_LONGEST, max(0.0, seconds))


async def retried(
    request: Callable[[], Awaitable[T]],
    *,
    attempts: int,
    longest: float,
    first: float,
    total: float = 45,
) -> T:
    """The answer to ``request``, asked again while it raises Unavailable, ``attempts`` times.
    Seconds: a service that names more than ``longest`` is not waited for, as the job goes back on
    the list; one that names none is waited for ``first``, then longer, ``total`` in all."""

    def wait(error: Exception) -> bool | float:
        if not isinstance(error, Unavailable):
            return False
        if error.retry_after is None:
            return True
        return error.retry_after if error.retry_after <= longest else False

    async for attempt in stamina.retry_context(
        on=wait, attempts=attempts, timeout=total, wait_initial=first, wait_max=10
    ):
        with attempt:
            return await request()
    raise AssertionError("stamina returns or raises")
