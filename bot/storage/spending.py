"""What models have taken, by project, month, run and model: money and tokens. What a call may take
at most is counted before it is made, in the step that compares it with the caps, and corrected
afterwards: however many ask at once, no cap is passed, and a call whose end nobody saw stays
counted as dear as it could be."""

import math
from collections.abc import Mapping, Sequence

from bot.domain.errors import CapReached
from bot.domain.metering import Usage
from bot.domain.models import Record
from bot.storage import keys
from bot.storage.scripts import Scripts
from bot.storage.text import number, text

_KEPT_DAYS = 400
_MICRO = 1_000_000


class Caps(Record):
    """The most of a project in a month, and of one of its runs; 0 is any number."""

    dollars: float = 0
    tokens: int = 0
    run_dollars: float = 0


class Spent(Record):
    """What was taken; of ``unpriced`` tokens nobody knows what they cost."""

    dollars: float = 0
    tokens: int = 0
    unpriced: int = 0

    def told(self, caps: Caps) -> str:
        """``$0.12 of $20.00, 1,100 tokens``."""
        dollars = f"${self.dollars:,.2f}" + (f" of ${caps.dollars:,.2f}" if caps.dollars else "")
        most = f" of {caps.tokens:,}" if caps.tokens else ""
        unknown = f", the price of {self.unpriced:,} unknown" if self.unpriced else ""
        return f"{dollars}, {self.tokens:,}{most} tokens{unknown}"


class Spending:
    """Every project's."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    async def month(self, project: int, month: str) -> dict[str, Spent]:
        """What was taken in a month (``2026-11``): ``""`` all of it, ``run:7``, ``model:NAME``."""
        sums: dict[str, dict[str, int]] = {}
        for field, value in (await self._scripts.redis.hgetall(keys.spent(project, month))).items():
            of, _, what = text(field).rpartition("|")
            sums.setdefault(of, {})[what] = number(value)
        return {
            of: Spent(
                dollars=found.get("micros", 0) / _MICRO,
                tokens=found.get("tokens", 0),
                unpriced=found.get("unpriced", 0),
            )
            for of, found in sums.items()
        }

    async def add(
        self, project: int, month: str, caps: Sequence[object], sums: Mapping[str, int]
    ) -> str:
        """Add to sums, unless it would pass one of the ``caps`` (a field, its most, ...): that."""
        added = [part for pair in sums.items() for part in pair]
        arguments = [_KEPT_DAYS, len(caps) // 2, *caps, *added]
        return text(await self._scripts.run("reserve", [keys.spent(project, month)], arguments))


class ProjectMeter:
    """The meter of one project, and of a ``run`` of its where that is not 0, in one month."""

    def __init__(self, spending: Spending, project: int, month: str, caps: Caps, run: int) -> None:
        self._spending, self._where = spending, (project, month)
        self._caps, self._run = caps, f"run:{run}|" if run else ""

    async def reserve(self, model: str, most: Usage, dollars: float | None) -> None:
        caps = self._caps
        limits = {
            "|micros": (math.floor(caps.dollars * _MICRO), f"${caps.dollars:.2f} of this month"),
            "|tokens": (caps.tokens, f"{caps.tokens:,} tokens of this month"),
            f"{self._run}micros": (
                math.floor(caps.run_dollars * _MICRO) if self._run else 0,
                f"${caps.run_dollars:.2f} of this run",
            ),
        }
        told = [
            part for name, (most_of, _) in limits.items() if most_of for part in (name, most_of)
        ]
        sums = self._sums(model, most, dollars)
        if passed := await self._spending.add(*self._where, told, sums):
            raise CapReached(f"{model} was not asked: it might pass the {limits[passed][1]}.")

    async def settle(
        self, model: str, most: Usage, used: Usage, reserved: float | None, dollars: float | None
    ) -> None:
        before, after = self._sums(model, most, reserved), self._sums(model, used, dollars)
        sums = {name: after.get(name, 0) - count for name, count in before.items()}
        await self._spending.add(*self._where, (), {n: count for n, count in sums.items() if count})

    def _sums(self, model: str, used: Usage, dollars: float | None) -> dict[str, int]:
        tokens = used.prompt + used.output
        sums = {"tokens": tokens}
        if dollars is None:
            sums["unpriced"] = tokens
        else:
            sums["micros"] = math.ceil(dollars * _MICRO)
        whose = ["|", f"model:{model}|", *filter(None, [self._run])]
        return {f"{of}{what}": count for of in whose for what, count in sums.items()}
