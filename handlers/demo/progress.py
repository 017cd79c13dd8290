"""How far the demo's story is: steps that a page can watch."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bot.domain.models import RunState


@dataclass
class DemoStep:
    """One step. ``done`` of ``total`` items, where it counts any; times in seconds.

    ``place`` is where on the page it happens: ``issue/6``, ``tracking``.
    """

    name: str
    state: RunState = RunState.PENDING
    detail: str = ""
    place: str = ""
    done: int = 0
    total: int = 0
    started: float | None = None
    ended: float | None = None


class Progress:
    """The steps of the story, in order. Whoever watches sees every change, but may miss some of
    those that follow each other at once."""

    def __init__(
        self, names: Iterable[str] = (), *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._steps: dict[str, DemoStep] = {}
        self._version = 0
        self._changed = asyncio.Event()
        for name in names:
            self._step(name)

    def start(self, name: str, *, total: int = 0, detail: str = "") -> None:
        """The step begins."""
        step = self._step(name)
        step.state, step.started, step.ended = RunState.RUNNING, self._clock(), None
        step.total, step.done, step.detail = total or step.total, 0, detail
        self._tell()

    def advance(
        self, name: str, *, by: int = 1, detail: str | None = None, place: str | None = None
    ) -> None:
        """So many more items are done."""
        step = self._step(name)
        step.done += by
        step.place = step.place if place is None else place
        if detail is not None:
            step.detail = detail
        self._tell()

    def end(
        self, name: str, state: RunState = RunState.SUCCEEDED, *, detail: str | None = None
    ) -> None:
        """The step is over."""
        step = self._step(name)
        step.state, step.ended = state, self._clock()
        if step.started is None:
            step.started = step.ended
        if detail is not None:
            step.detail = detail
        self._tell()

    def snapshot(self) -> list[dict[str, Any]]:
        """Every step as JSON; ``seconds`` is None until it has started, and grows while it runs."""
        return [
            {
                "name": step.name,
                "state": step.state.value,
                "detail": step.detail,
                "place": step.place,
                "seconds": self._seconds(step),
                "done": step.done,
                "total": step.total,
            }
            for step in self._steps.values()
        ]

    async def watch(self) -> AsyncIterator[list[dict[str, Any]]]:
        """The snapshot now, and again after each change."""
        while True:
            seen, changed = self._version, self._changed
            yield self.snapshot()
            if seen == self._version:
                await changed.wait()

    def _step(self, name: str) -> DemoStep:
        if name not in self._steps:
            self._steps[name] = DemoStep(name)
        return self._steps[name]

    def _seconds(self, step: DemoStep) -> float | None:
        if step.started is None:
            return None
        return round((self._clock() if step.ended is None else step.ended) - step.started, 2)

    def _tell(self) -> None:
        self._version += 1
        self._changed.set()
        self._changed = asyncio.Event()
