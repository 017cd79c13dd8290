"""The ``Agent`` port over the engine: upload, run, relay, report."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from typing import Any, Literal

from bot.adapters.agents.mechanic.archive import engine_archive
from bot.adapters.agents.mechanic.words import in_words
from bot.domain.ports import Budget, Differing, Finished, Heard, RepairTask, Sandbox, Tell, Worked
from bot.domain.secrets import redact

_ARCHIVE = ".soulcaster/mechanic.pyz"
_TASK = ".soulcaster/mechanic.json"
_RUN = f'"$(command -v python3 || command -v python)" {_ARCHIVE} {_TASK}'
_MARGIN = 20.0  # seconds the sandbox waits beyond the engine's own deadline

Outcome = Literal["done", "gave up", "limit reached", "broken"]
_OUTCOMES: tuple[Outcome, ...] = ("done", "gave up", "limit reached", "broken")


class Mechanic:
    """Repairs simple Python bugs by search; deterministic, costs no money, hears nothing.

    ``jobs`` is how many edits are tried at the same time; ``max_tries`` bounds the search
    besides the budget's seconds (0: only the seconds do). ``environment`` is added to that of
    the tests, as the caller does when it runs them itself.
    """

    name = "mechanic"

    def __init__(
        self, *, jobs: int = 2, max_tries: int = 0, environment: Mapping[str, str] | None = None
    ) -> None:
        self._jobs, self._max_tries = jobs, max_tries
        self._environment = dict(environment or {})

    async def work(
        self, task: RepairTask, sandbox: Sandbox, *, budget: Budget, tell: Tell, heard: Heard
    ) -> Worked:
        """Search until a repair holds or the budget's seconds are used.

        Steering notes that came before the start count as hints to places; a step is an edit
        that was tried. Raises Unavailable when the sandbox is gone.
        """
        notes = [*task.steering, *await heard()]
        await sandbox.write(_ARCHIVE, engine_archive())
        await sandbox.write(_TASK, self._task(task, notes, budget))
        events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        lines = _Lines(events)
        run = asyncio.create_task(
            sandbox.run(
                _RUN,
                timeout=budget.seconds + _MARGIN,
                env=self._environment,
                on_output=lines.feed,
            )
        )
        last: dict[str, Any] = {}
        try:
            async for event in _until_finished(events, run):
                last = event
                said = in_words(event)
                if said:
                    await tell(said)
            finished = await run
        finally:
            run.cancel()
        return _worked(last, finished)

    def _task(self, task: RepairTask, notes: list[str], budget: Budget) -> bytes:
        limits = {"seconds": budget.seconds, "jobs": self._jobs, "max_tries": self._max_tries}
        return json.dumps({**asdict(task), "steering": notes, **limits}).encode()


class _Lines:
    """Cuts output into lines and queues those that are events."""

    def __init__(self, events: asyncio.Queue[dict[str, Any]]) -> None:
        self._events, self._rest = events, ""

    def feed(self, text: str) -> None:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            event = _event(line)
            if event is not None:
                self._events.put_nowait(event)


def _event(line: str) -> dict[str, Any] | None:
    """A line as an event; what the sandbox prints is data, and may be anything."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None


async def _until_finished(
    events: asyncio.Queue[dict[str, Any]], run: asyncio.Task[Finished]
) -> AsyncIterator[dict[str, Any]]:
    while not (run.done() and events.empty()):
        waiting = asyncio.create_task(events.get())
        await asyncio.wait({waiting, run}, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            yield waiting.result()
        else:
            waiting.cancel()


def _worked(last: dict[str, Any], finished: Finished) -> Worked:
    seconds = finished.seconds
    if last.get("event") != "done":
        if finished.timed_out:
            return Worked("limit reached", "the time was used up", 0, seconds)
        tail = (finished.stderr or finished.stdout).strip().splitlines()[-1:]
        note = f"the engine ended with exit code {finished.exit_code}: {' '.join(tail)}"
        return Worked("broken", note[:500], 0, seconds)
    outcome: Outcome = next((o for o in _OUTCOMES if o == last.get("outcome")), "broken")
    tried = last.get("tried")
    return Worked(
        outcome=outcome,
        note=str(last.get("note", ""))[:500],
        steps=tried if isinstance(tried, int) else 0,
        seconds=seconds,
        reading=_reading(last.get("reading")),
    )


def _reading(said: Any) -> Differing | None:
    """What the sandbox says, which may be anything."""
    whole = isinstance(said, list) and len(said) == 3
    return Differing(*(redact(str(each))[:200] for each in said)) if whole else None
