"""What an installation has used of its quotas, over all its projects, by period (``2026-11``); and
what a person has called for in a minute."""

from typing import NamedTuple

from bot.domain.models import Project
from bot.storage import keys
from bot.storage.outage import is_away
from bot.storage.store import Store
from bot.storage.text import number, text


class Spend(NamedTuple):
    """What a new report is counted against, in the step that makes it: of whom, when, how many at
    most (0: any number)."""

    installation: int
    period: str
    cap: int


class Quotas(Store):
    """The quotas of every installation."""

    async def reports(self, installation: int, period: str) -> int:
        """New reports that were taken."""
        return number(await self._redis.hget(keys.reports_used(installation, period), "used"))

    async def refused(self, project: Project, period: str) -> dict[str, int]:
        """New reports of a project that were not taken, by source."""
        found = await self._redis.hgetall(keys.reports_used(project.installation, period))
        of = f"{project.id}:"
        counted = {text(name): number(count) for name, count in found.items()}
        return {n.removeprefix(of): c for n, c in sorted(counted.items()) if n.startswith(of)}

    async def fixes(self, installation: int, period: str) -> int:
        """Fix runs that opened a pull request."""
        return int(await self._redis.scard(keys.fixes_used(installation, period)))

    async def spend_fix(self, project: Project, period: str, run: int, cap: int) -> bool:
        """Count a run against the cap, once; False when the cap is reached. This is the write that
        binds: it stands right before the pull request is opened."""
        key = keys.fixes_used(project.installation, period)
        return bool(await self._scripts.run("spend", [key], [f"{project.id}:{run}", cap, 400]))

    async def call(self, who: str, kind: str, minute: str, call: str, cap: int) -> bool:
        """Count a call against the cap of a minute, once however often it comes again; False when
        the cap is reached. While Redis is away nobody is kept out."""
        try:
            key = keys.calls(who, kind, minute)
            return bool(await self._scripts.run("spend", [key], [call, cap, 1]))
        except Exception as error:
            if not is_away(error):
                raise
            return True

    async def refund_fix(self, project: Project, period: str, run: int) -> None:
        """Take a run off the count again: it opened no pull request after all."""
        await self._redis.srem(keys.fixes_used(project.installation, period), f"{project.id}:{run}")
