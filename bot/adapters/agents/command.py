"""Any CLI the operator names, run in the sandbox."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable

from bot.adapters.agents.briefing import TASK_JSON, TASK_MD, write_task
from bot.adapters.agents.lines import Listener, Misbehaved, plain, relay
from bot.domain.errors import ConfigError
from bot.domain.ports import Budget, Finished, Heard, RepairTask, Sandbox, Tell, Worked

NOT_FOUND = 127
_TAIL = 500


class CommandAgent:
    """``template`` is a shell command line; it starts in the checkout, without a terminal.

    It finds the task at ``$SOULCASTER_TASK`` (Markdown) and ``$SOULCASTER_TASK_JSON``. Exit code 0
    says that it believes it is done. It is ended after ``silence`` seconds without output; notes
    given after its start do not reach it. What it says is told at most once in ``every`` seconds.
    """

    name = "command"

    def __init__(
        self,
        template: str,
        *,
        silence: float = 300,
        every: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not template.strip():
            raise ConfigError(
                "The agent ~command has no command: set SOULCASTER_AGENT_COMMAND, such as "
                '`my-agent --yes --task "$SOULCASTER_TASK"`.'
            )
        self._template, self._silence, self._every, self._clock = template, silence, every, clock

    async def work(
        self, task: RepairTask, sandbox: Sandbox, *, budget: Budget, tell: Tell, heard: Heard
    ) -> Worked:
        """Run it to its end. Steps and money are its own affair; seconds are not."""
        began = self._clock()
        await write_task(task, sandbox, list(dict.fromkeys([*task.steering, *await heard()])))
        listener = Listener(plain, tell, every=self._every, clock=self._clock)
        try:
            finished = await relay(
                sandbox,
                self._line(task.root),
                timeout=budget.seconds,
                silence=min(self._silence, budget.seconds + 5),
                on_line=listener.hear,
            )
        except Misbehaved as error:
            return Worked("broken", str(error), 1, self._clock() - began)
        return _worked(finished, self._clock() - began, listener.last)

    def _line(self, root: str) -> str:
        """The paths are made absolute before the folder is changed."""
        return (
            f'export SOULCASTER_TASK="$PWD/{TASK_MD}" SOULCASTER_TASK_JSON="$PWD/{TASK_JSON}"\n'
            f"cd {shlex.quote(root)} || exit 1\n{self._template}"
        )


def _worked(finished: Finished, seconds: float, last: str) -> Worked:
    if finished.timed_out:
        return Worked("limit reached", f"{seconds:.0f} seconds are used up", 1, seconds)
    if finished.exit_code == 0:
        return Worked("done", last[-_TAIL:] or "It ended well and said nothing.", 1, seconds)
    hint = " (is it in the sandbox's template?)" if finished.exit_code == NOT_FOUND else ""
    note = f"it ended with exit code {finished.exit_code}{hint}: {last[-_TAIL:]}"
    return Worked("broken", note, 1, seconds)
