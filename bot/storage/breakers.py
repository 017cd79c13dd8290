"""Circuit breakers round hosted services, shared by all processes. Two calls in a row that fail
open one. For half a minute nobody calls; then one call passes, and decides. What a call raises
meanwhile tells the job when to come back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

from bot.domain.errors import OverBudget, Unavailable
from bot.domain.ports import Guard
from bot.storage import keys
from bot.storage.scripts import Scripts
from bot.storage.text import text

FAILURES = 2
PAUSE_SECONDS = 30
SERVICES = ("GitHub", "Slack", "Gemini", "OpenAI", "Anthropic", "Upstash", "E2B", "Reddit", "S3")


class Breakers:
    """One a service."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def of(self, service: str) -> Guard:
        """What every call of the service is made within."""
        return partial(self._calling, service)

    async def open(self, *services: str) -> dict[str, str]:
        """What is said of each service, of these or of all, that is not called now."""
        found = await self.failing(*services)
        return {service: _words(service, *state) for service, state in found.items() if state[0]}

    async def failing(self, *services: str) -> dict[str, tuple[float, float]]:
        """Of those whose last call failed: seconds until one may pass, and since when they do."""
        asked = services or SERVICES
        # One that has not failed of late has nothing stored: mostly that is all of them.
        if not await self._scripts.redis.exists(*(keys.breaker(name) for name in asked)):
            return {}
        found = {name: await self._run("look", name) for name in asked}
        return {service: state for service, state in found.items() if state[1]}

    @asynccontextmanager
    async def _calling(self, service: str) -> AsyncIterator[None]:
        """Raises Unavailable at once while the breaker is open."""
        left, since = await self._run("ask", service)
        if left:
            raise Unavailable(_words(service, left, since), retry_after=left)
        went = "well"
        try:
            yield
        except OverBudget:
            went = ""  # it was not sent
            raise
        except Unavailable as error:
            # Being told to wait is an answer: only silence and breakage count.
            went = "failed" if error.retry_after is None else "well"
            raise
        except asyncio.CancelledError:
            went = ""
            raise
        finally:
            if went == "failed" or (went and since):
                await self._run(went, service)

    async def _run(self, what: str, service: str) -> tuple[float, float]:
        """Seconds until a call may pass, and the second of the first failure in a row, or 0."""
        answer = await self._scripts.run(
            "breaker", [keys.breaker(service)], [what, FAILURES, PAUSE_SECONDS]
        )
        left, since = (float(text(value)) for value in answer)
        return left, since


def _words(service: str, left: float, since: float) -> str:
    began = datetime.fromtimestamp(since, UTC)
    return f"{service} has been failing since {began:%H:%M} UTC: asked again in {left:.0f} s."
