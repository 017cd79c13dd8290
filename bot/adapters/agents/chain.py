"""Agents one after the other: the next hears what those before it have found out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.domain.ports import Agent, Budget, Heard, RepairTask, Sandbox, Tell, Worked

_LINES = 30


class Chain:
    """The free one stands first. Of the time that is left each may take an equal share."""

    def __init__(
        self, agents: Sequence[Agent], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._agents, self._clock = tuple(agents), clock

    @property
    def name(self) -> str:
        """Its agents' names, with commas."""
        return ",".join(agent.name for agent in self._agents)

    async def work(
        self, task: RepairTask, sandbox: Sandbox, *, budget: Budget, tell: Tell, heard: Heard
    ) -> Worked:
        """Until one is done, in the same checkout. The dollars are one budget, too."""
        began = self._clock()
        worked = Worked("gave up", "There is no agent.")
        steps, dollars = 0, 0.0
        for number, agent in enumerate(self._agents):
            left = budget.seconds - (self._clock() - began)
            share = replace(
                budget,
                seconds=max(1.0, left / (len(self._agents) - number)),
                dollars=max(0.0, budget.dollars - dollars),
            )
            said: list[str] = []
            await tell(f"~{agent.name} begins")

            async def note(words: str, said: list[str] = said) -> None:
                said.append(words)
                await tell(words)

            worked = await agent.work(task, sandbox, budget=share, tell=note, heard=heard)
            steps, dollars = steps + worked.steps, dollars + worked.dollars
            if worked.outcome == "done":
                break
            learnt = [f"~{agent.name} {worked.outcome}: {worked.note}", *said[-_LINES:]]
            task = replace(task, learnt="\n".join(filter(None, (task.learnt, *learnt))))
        return replace(
            worked,
            steps=steps,
            dollars=dollars,
            seconds=self._clock() - began,
            by=worked.by or agent.name,
        )
