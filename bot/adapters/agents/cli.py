"""A CLI in the sandbox: one of the table, its model behind a gateway of ours, or any the operator
names. No key is in the sandbox: a token is, good for this run's requests, dollars and seconds. What
the gateway counts is what is told; what the CLI says of cost or success is not believed."""

import re
import shlex
import time
from collections.abc import Callable
from pathlib import Path

from bot.adapters.agents.briefing import FOLDER, TASK_JSON, TASK_MD, write_task
from bot.adapters.agents.lines import Listener, Misbehaved, plain, relay
from bot.adapters.agents.rows import Row, Way
from bot.adapters.gateway import Cap, Gateway
from bot.domain.errors import ConfigError
from bot.domain.ports import Budget, Finished, Heard, Outcome, RepairTask, Sandbox, Tell, Worked

PROBE_SECONDS = 60.0
ENVIRONMENT = f"{FOLDER}/agent.env"
# A .env of the checkout sets what is not set, and some CLIs go by it.
_NO_PROXY = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), "")
_LINE_BYTES = 2_000  # the beginning of an event says what it is, and output has a cap
_VERSION = re.compile(r"\d+\.\d+\.\d+[\w.-]*")

OpenGateway = Callable[[Cap], Gateway]


class CliAgent:
    """``open_gateway`` makes the gateway of one run to ``model`` of ``vendor``. ``folder`` is where
    this machine has it installed; else it is on the sandbox's path. It is ended after ``silence``
    seconds without a line; notes given after its start do not reach it."""

    def __init__(
        self,
        row: Row,
        open_gateway: OpenGateway,
        *,
        model: str,
        vendor: str,
        folder: Path,
        silence: float = 420,  # a model may be quiet for 300, and slow machines start slowly
        every: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._row, self._open_gateway = row, open_gateway
        self._model, self._vendor = model, vendor
        self._path = f'PATH="$PATH":{shlex.quote(str(folder / "bin"))}'
        self._silence, self._every, self._clock = silence, every, clock

    @property
    def name(self) -> str:
        return self._row.name

    async def work(
        self, task: RepairTask, sandbox: Sandbox, *, budget: Budget, tell: Tell, heard: Heard
    ) -> Worked:
        """Run it to its end; a step is one request to the model. Raises ConfigError where the
        sandbox is not made for it, and Unavailable."""
        began = self._clock()
        notes = list(dict.fromkeys([*task.steering, *await heard()]))
        await self._check_version(sandbox)
        cap = Cap(requests=budget.steps, dollars=budget.dollars, seconds=budget.seconds)
        async with self._open_gateway(cap) as gateway:
            url = await sandbox.reach(gateway.socket)
            try:
                if not url:
                    url = await gateway.listen()
                    await self._check_reach(sandbox, url)
                if not gateway.priced:
                    await tell(f"no price is known for {self._model}: the money is not limited")
                await write_task(task, sandbox, notes)
                way = Way(url, gateway.token, self._model, self._vendor, task)
                left = max(1.0, budget.seconds - (self._clock() - began))
                outcome, note = await self._run(way, sandbox, gateway, left, tell)
                await tell(_traffic(gateway))
            finally:
                await sandbox.reach("")
            return Worked(
                outcome=outcome,
                note=note[:2_000],
                steps=gateway.requests,
                seconds=self._clock() - began,
                dollars=gateway.dollars,
            )

    async def _run(
        self, way: Way, sandbox: Sandbox, gateway: Gateway, seconds: float, tell: Tell
    ) -> tuple[Outcome, str]:
        environment, command = self._row.start(way)
        # In a file, since an environment would pass through a command line of this machine.
        given = {**_NO_PROXY, **environment, "SOULCASTER_TOKEN": way.token}
        exports = "".join(f"export {name}={shlex.quote(given[name])}\n" for name in given)
        await sandbox.write(ENVIRONMENT, exports.encode())
        line = (
            f'. {ENVIRONMENT}; export {self._path} SOULCASTER_TASK="$PWD/{TASK_MD}"\n'
            f"cd {shlex.quote(way.task.root)} || exit 1\n"
            f"{{ {command}; }} < /dev/null"
            f" | LC_ALL=C grep --line-buffered -aoE '^.{{1,{_LINE_BYTES}}}'\n"
            "exit ${PIPESTATUS[0]}"
        )
        listener = Listener(self._row.read, tell, every=self._every, clock=self._clock)
        try:
            finished = await relay(
                sandbox, line, timeout=seconds, silence=self._silence, on_line=listener.hear
            )
        except Misbehaved as error:
            return "broken", str(error)
        return _ended(finished, listener, gateway)

    async def _check_version(self, sandbox: Sandbox) -> None:
        found = await sandbox.run(f"{self._path} {self.name} --version", timeout=PROBE_SECONDS)
        version = _VERSION.search(found.stdout)
        there = version[0] if version and not found.exit_code else ""
        if there != self._row.version:
            raise ConfigError(
                f"The sandbox needs {self.name} {self._row.version} and has "
                f"{there or 'none'}: `make agents ARGS={self.name}` on this machine, or "
                f"{self._row.package} in the template of SOULCASTER_E2B_TEMPLATE."
            )

    async def _check_reach(self, sandbox: Sandbox, url: str) -> None:
        address = shlex.quote(f"{url}/open")
        there = await sandbox.run(f"curl -fsS -m 20 {address}", timeout=PROBE_SECONDS)
        if there.exit_code:
            raise ConfigError(
                f"The sandbox cannot reach the model's gateway at {url} (by curl): set "
                "SOULCASTER_GATEWAY_URL to an address of this worker that it can reach, and name "
                "that host under fix.egress in .github/soulcaster.yml; or use ~loop or ~mechanic, "
                "which need no network."
            )


def _traffic(gateway: Gateway) -> str:
    used = gateway.used
    said = (
        f"{gateway.requests} requests to the model, {used.prompt:,} tokens in "
        f"({used.cached:,} cached), {used.output:,} out, ${gateway.dollars:.2f}"
    )
    refused = " ".join(list(gateway.refused)[:5])
    return f"{said}; refused: {refused}" if refused else said


def _ended(finished: Finished, listener: Listener, gateway: Gateway) -> tuple[Outcome, str]:
    if gateway.used_up:
        return "limit reached", gateway.used_up
    if finished.timed_out:
        return "limit reached", f"{finished.seconds:.0f} seconds are used up"
    if finished.exit_code or listener.error:
        why = listener.error or listener.last or "it said nothing"
        return "broken", f"it ended with exit code {finished.exit_code}: {why}"
    return "done", listener.answer or "It ended well and said nothing."


NOT_FOUND = 127
_TAIL = 500


class CommandAgent:
    """``template`` is a shell command line; it starts in the checkout, without a terminal. It finds
    the task at ``$SOULCASTER_TASK`` (Markdown) and ``$SOULCASTER_TASK_JSON``. Exit code 0 says that
    it believes it is done. It is ended after ``silence`` seconds without output; notes given after
    its start do not reach it. What it says is told at most once in ``every`` seconds."""

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
