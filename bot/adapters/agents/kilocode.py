"""The Kilo CLI in the sandbox. https://kilo.ai/docs/code-with-ai/platforms/cli

Its model is asked through a gateway of ours, opened for this run: no key is in the sandbox, only
a token with a cap. The checkout's own Kilo settings are not read: a stranger may have written
them.
"""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import Callable, Mapping

from bot.adapters.agents.briefing import FOLDER, TASK_MD, write_task
from bot.adapters.agents.relay import FellSilent, relay
from bot.adapters.gateway import Cap, Gateway
from bot.domain.errors import ConfigError
from bot.domain.ports import Budget, Finished, Heard, Outcome, RepairTask, Sandbox, Tell, Worked

VERSION = "7.7.7"
CONFIG = f"{FOLDER}/kilo.json"
PROBE_SECONDS = 60.0
_NAME = "soulcaster"
_EVENT_BYTES = 2_000
# Nothing is fetched, shared or updated, and no other settings or plugins are read.
QUIET: Mapping[str, str] = dict.fromkeys(
    (
        *("KILO_DISABLE_MODELS_FETCH", "KILO_DISABLE_AUTOUPDATE", "KILO_DISABLE_SHARE"),
        *("KILO_DISABLE_SESSION_INGEST", "KILO_DISABLE_LSP_DOWNLOAD", "KILO_PURE"),
        *("KILO_DISABLE_DEFAULT_PLUGINS", "KILO_DISABLE_PROJECT_CONFIG"),
        *("KILO_DISABLE_EXTERNAL_SKILLS", "KILO_DISABLE_CLAUDE_CODE"),
    ),
    "1",
) | {"KILO_TELEMETRY_LEVEL": "off"}
_PROMPT = (
    f"Repair this checkout. {TASK_MD} says what to reach, and what was reported. Read it first."
)

OpenGateway = Callable[[Cap], Gateway]


class KiloCode:
    """``open_gateway`` makes the gateway of one run to ``model``.

    ``executable`` and ``version`` are what the sandbox's template holds; ``silence`` is after how
    many seconds without an event it is ended. Notes given after its start do not reach it.
    """

    name = "kilocode"

    def __init__(
        self,
        open_gateway: OpenGateway,
        *,
        model: str,
        executable: str = "kilo",
        version: str = VERSION,
        silence: float = 240,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_gateway, self._model = open_gateway, model
        self._executable, self._version = shlex.quote(executable), version
        self._silence, self._clock = silence, clock

    async def work(
        self, task: RepairTask, sandbox: Sandbox, *, budget: Budget, tell: Tell, heard: Heard
    ) -> Worked:
        """Run it to its end; a step is one request to the model.

        Raises ConfigError where the template or the network is not made for it, and Unavailable.
        """
        began = self._clock()
        notes = list(dict.fromkeys([*task.steering, *await heard()]))
        await self._check_version(sandbox)
        cap = Cap(requests=budget.steps, dollars=budget.dollars, seconds=budget.seconds)
        async with self._open_gateway(cap) as gateway:
            await _check_reach(sandbox, gateway.url)
            if not gateway.priced:
                await tell(f"no price is known for {self._model}: the money is not limited")
            await write_task(task, sandbox, notes)
            # In a file, since an environment would pass through a command line of this machine.
            await sandbox.write(CONFIG, _config(gateway, self._model))
            events = _Events(tell)
            try:
                finished = await relay(
                    sandbox,
                    self._command(task.root),
                    timeout=max(1.0, budget.seconds - (self._clock() - began)),
                    silence=self._silence,
                    on_line=events.hear,
                    env=QUIET,
                )
                outcome, note = _ended(finished, events, gateway)
            except FellSilent as error:
                outcome, note = "broken", str(error)
            return Worked(
                outcome=outcome,
                note=note[:2_000],
                steps=gateway.requests,
                seconds=self._clock() - began,
                dollars=gateway.dollars,
            )

    async def _check_version(self, sandbox: Sandbox) -> None:
        found = await sandbox.run(f"{self._executable} --version", timeout=PROBE_SECONDS)
        version = found.stdout.strip().splitlines()[-1:] or [""]
        if found.exit_code or version[0] != self._version:
            there = f"{version[0]!r}" if found.exit_code == 0 else "none"
            raise ConfigError(
                f"The sandbox needs Kilo {self._version} and has {there}: put `npm install -g "
                f"@kilocode/cli@{self._version}` into its template (SOULCASTER_E2B_TEMPLATE)."
            )

    def _command(self, root: str) -> str:
        """Events a line, each cut: the beginning says what it is, and output has a cap."""
        return (
            f'export KILO_CONFIG="$PWD/{CONFIG}"; cd {shlex.quote(root)} || exit 1\n'
            f"{self._executable} run --auto --format json -m {_NAME}/{shlex.quote(self._model)} "
            f"{shlex.quote(_PROMPT)} < /dev/null"
            f" | LC_ALL=C grep --line-buffered -oE '^.{{1,{_EVENT_BYTES}}}'\n"
            "exit ${PIPESTATUS[0]}"
        )


class _Events:
    """What Kilo reports. Lines are cut and untrusted, so fields are picked out, not parsed."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self.last_said = self.last_text = self.last_error = ""

    async def hear(self, line: str) -> None:
        """Tell what an event means to a reader."""
        said = ""
        match _field(line, "type"):
            case "tool_use":
                what = next(
                    (f for name in _TELLING if (f := _field(line, name, after='"input"'))), ""
                )
                said = f"{_field(line, 'tool')}: {what}".removesuffix(": ")
            case "text":
                said = self.last_text = _field(line, "text", after='"type":"text","')
            case "error":
                said = self.last_error = _field(line, "message") or _field(line, "name")
            case "":
                said = line  # no event: what the shell or the CLI itself says
            case _:
                pass
        if said.strip():
            self.last_said = said
            await self._tell(said)


_TELLING = ("command", "filePath", "pattern", "path", "description")


def _field(line: str, name: str, *, after: str = "") -> str:
    """The first string called ``name``, also of a line that is cut within it."""
    start = line.rfind(after) if after else 0
    found = re.search(rf'"{name}":"((?:[^"\\]|\\.)*)', line[max(start, 0) :])
    if not found:
        return ""
    try:
        return str(json.loads(f'"{found[1]}"'))
    except ValueError:  # cut within an escape
        return found[1]


def _config(gateway: Gateway, model: str) -> bytes:
    """Kilo's settings: one provider, one model. https://app.kilo.ai/config.json"""
    name = f"{_NAME}/{model}"
    provider = {
        "npm": "@ai-sdk/google",
        "name": "Soulcaster",
        "options": {"baseURL": f"{gateway.url}/v1beta", "apiKey": gateway.token},
        "models": {
            model: {
                "name": model,
                "tool_call": True,
                "limit": {"context": 1_000_000, "output": 32_000},
            }
        },
    }
    config = {
        "$schema": "https://app.kilo.ai/config.json",
        "model": name,
        "small_model": name,
        "enabled_providers": [_NAME],
        "provider": {_NAME: provider},
        "autoupdate": False,
        "share": "disabled",
        "permission": {"webfetch": "deny", "websearch": "deny"},
    }
    return json.dumps(config, indent=2).encode()


async def _check_reach(sandbox: Sandbox, url: str) -> None:
    """Raises ConfigError when the sandbox does not reach the gateway."""
    address = shlex.quote(f"{url}/open")
    there = await sandbox.run(
        f"if command -v curl; then curl -fsS -m 20 {address}; "
        f"elif command -v wget; then wget -qO- -T 20 {address}; "
        f"else python3 -c 'import sys, urllib.request as r; "
        f"print(r.urlopen(sys.argv[1], timeout=20).read())' {address}; fi",
        timeout=PROBE_SECONDS,
    )
    if there.exit_code:
        raise ConfigError(
            f"The sandbox cannot reach the model's gateway at {url}: Kilo needs a sandbox with "
            "a network. Use E2B, set SOULCASTER_GATEWAY_URL to an address of this worker that it "
            "can reach, and name that host under fix.egress in .github/soulcaster.yml; or use "
            "~gemini or ~mechanic, which need no network."
        )


def _ended(finished: Finished, events: _Events, gateway: Gateway) -> tuple[Outcome, str]:
    if gateway.used_up:
        return "limit reached", gateway.used_up
    if finished.timed_out:
        return "limit reached", f"{finished.seconds:.0f} seconds are used up"
    if finished.exit_code or (events.last_error and not events.last_text):
        why = events.last_error or events.last_said or "it said nothing"
        return "broken", f"it ended with exit code {finished.exit_code}: {why}"
    return "done", events.last_text or "It ended well and said nothing."
