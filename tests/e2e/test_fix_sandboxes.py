"""From a report to a proved pull request through every kind of sandbox, and no credential in any.

E2B is reached by its own SDK; the server is ours. The secrets of the settings are the canaries.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path

import gemini_server as gemini
import pytest
import pytest_asyncio
from checkers import github_errors
from cryptography.fernet import Fernet
from e2b_wire import E2BWire
from e2e_kit import issue, reply
from fix_kit import LAST_PAGE, ask, configured, ended, no_sandbox, opened_once, reported
from forks import open_stage
from gemini_server import Body, GeminiServer, Reply

from bot.adapters import choose
from bot.adapters.sandboxes import processes
from bot.adapters.sandboxes.contents import QUIET
from bot.domain.fixes.run import FixRun
from bot.domain.fixes.testplan import PYTEST
from bot.simulators.github import Limits
from handlers.demo.stage import Stage
from handlers.web import serving

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECRETS = {
    "GEMINI_API_KEY": "AIza" + "SyCanaryOfGemini" * 2,
    "E2B_API_KEY": "e2b_" + "ca0a7e" * 7,
    "SOULCASTER_VAULT_KEYS": Fernet.generate_key().decode(),
}
# Every command and every test says what its environment holds.
SAYS = "env | sed 's/^/sandbox has /'"
CONFIG = f'fix: {{agents: [loop], tests: {{command: "{SAYS}; {PYTEST}"}}}}\n'
FIX = "sed -i 's/if rest > 1 else/if rest > 0 else/' src/shop/pagination.py"
# What bash sets by itself, what we set, and what is in the template.
HARMLESS = {
    *("HOME", "OLDPWD", "PATH", "PWD", "SHLVL", "TMPDIR", "USER", "_"),
    *QUIET,
    *("JAVA_TOOL_OPTIONS", "PYTEST_CURRENT_TEST", "PYTEST_DISABLE_PLUGIN_AUTOLOAD"),
    processes.MARK,
}
TEMPLATE = {
    "PATH": f"{Path(sys.prefix) / 'bin'}:/usr/bin:/bin",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
}


@dataclass
class Watch:
    """Reads every file of every sandbox while a run goes on: which were seen, and what leaked."""

    root: Path
    stage: Stage
    checkouts: set[str] = field(default_factory=set)
    leaks: set[str] = field(default_factory=set)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Until the block ends."""
        task = asyncio.create_task(self._look())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def _look(self) -> None:
        while True:
            await asyncio.to_thread(self._read, secrets_of(self.stage))
            await asyncio.sleep(0.1)

    def _read(self, secrets: Collection[str]) -> None:
        for folder, below, names in os.walk(self.root):
            below[:] = [name for name in below if not name.startswith(".gone-")]
            for path in (Path(folder, name) for name in names):
                with contextlib.suppress(OSError):  # it was ended meanwhile
                    data = b"" if path.is_symlink() else path.read_bytes()
                    self.leaks |= {f"{path}: {s}" for s in secrets if s.encode() in data}
                    if path.name == "AGENTS.md":
                        self.checkouts.add(path.relative_to(self.root).parts[0])


def secrets_of(stage: Stage) -> set[str]:
    """Everything our processes know and nobody else may: as it stands now."""
    names = ("GITHUB_WEBHOOK_SECRET", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", *SECRETS)
    key = Path(stage.environment["GITHUB_PRIVATE_KEY"]).read_text().splitlines()[1:-1]
    return {
        *(stage.environment[name] for name in names if stage.environment[name]),
        *(line for line in key if len(line) == 64),
        *(hook.secret for hook in stage.hooks.values()),
        *stage.github.world.tokens,
    }


@dataclass(frozen=True)
class Flow:
    """One fix, from its report to its end."""

    stage: Stage
    sandboxes: str
    issue: int
    run: FixRun
    record: Path
    watch: Watch
    model: GeminiServer
    wire: E2BWire | None

    def environment(self) -> Iterator[tuple[str, str]]:
        """Every variable that a sandbox said it has, and its value."""
        said = [part for asked in self.model.asked for part in asked.texts]
        said += [ran.tail for ran in (self.run.red, self.run.green) if ran]
        for line in "\n".join(said).splitlines():
            if line.startswith("sandbox has "):
                name, _, value = line.removeprefix("sandbox has ").partition("=")
                yield name, value


def repairer() -> gemini.Script:
    """A model that looks around, repairs, and is done; what else it is asked it refuses."""
    steps = [
        gemini.runs(f"{SAYS}; tr '\\0' '\\n' < /proc/self/environ | sed 's/^/sandbox has /'"),
        gemini.runs(FIX),
        gemini.done("A rest of one needs a page too."),
    ]

    def answer(body: Body) -> Reply:
        wanted = body["generationConfig"].get("responseJsonSchema", {}).get("properties", {})
        about_a_step = {"command", "done"} <= set(wanted)
        return steps.pop(0) if about_a_step else gemini.blocked()

    return answer


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=choose.SANDBOXES)
async def flow(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Flow]:
    folder = tmp_path_factory.mktemp(request.param)
    model = GeminiServer(repeat(repairer()))
    settings = {"SOULCASTER_EMBEDDER": "hashing", **SECRETS}
    wire = None
    async with AsyncExitStack() as stack:
        settings["GEMINI_BASE_URL"] = await stack.enter_async_context(
            serving(model.app(), "127.0.0.1", 0)
        )
        if request.param == "e2b":
            wire = E2BWire(folder / "machines", SECRETS["E2B_API_KEY"], template=TEMPLATE)
            stack.callback(wire.stop)
            url = await stack.enter_async_context(serving(wire.app(), "127.0.0.1", 0))
            settings |= {"E2B_API_URL": url, "E2B_SANDBOX_URL": url}
        else:
            settings["E2B_API_KEY"] = ""
        stage = await stack.enter_async_context(
            open_stage(folder / "stage", record=folder / "record", limits=Limits.none(), **settings)
        )
        watch = Watch(wire.folder if wire else folder / "stage/data/sandboxes", stage)
        await configured(stage, CONFIG)
        number, cluster = await reported(stage, *LAST_PAGE)
        async with watch.watching():
            asked = await ask(stage, number, "fix --agent=~loop", cluster)
            run = await ended(stage, asked.number)
        await stage.github.webhooks.settle()
        record = folder / "record/github.jsonl"
        yield Flow(stage, request.param, number, run, record, watch, model, wire)


async def test_a_report_becomes_a_proved_pull_request(flow: Flow) -> None:
    stage, run = flow.stage, flow.run
    pull = await opened_once(stage, run)
    assert stage.context.sandboxes.id == flow.sandboxes
    assert (pull["author"], pull["pull"]["draft"]) == ("soulcaster[bot]", True)
    assert {label["name"] for label in pull["labels"]} == {"soulcaster", "soulcaster: proved"}
    [check] = pull["pull"]["checks"]
    assert (check["name"], check["conclusion"]) == ("soulcaster/proof", "success")
    assert {file["path"] for file in pull["pull"]["files"]} == {
        "src/shop/pagination.py",
        run.test_path,
    }
    assert f"Closes #{flow.issue}." in pull["body"]
    codes = [ran and ran.exit_code for ran in (run.red, run.green, run.suite_before)]
    assert codes == [1, 0, 0]
    card = await reply(stage, flow.issue, f"run:{run.name}")
    assert f"[Pull request {run.pull_request}]({pull['html_url']})" in card
    assert (await issue(stage, flow.issue))["state"] == "open"
    await no_sandbox(stage)


async def test_github_understands_every_request(flow: Flow, shared: Path) -> None:
    lines = [json.loads(line) for line in flow.record.read_text().splitlines()]
    written = {line["url"].rpartition("/")[2] for line in lines if line["method"] == "POST"}
    assert written >= {"trees", "commits", "refs", "pulls", "check-runs", "labels"}
    assert await asyncio.to_thread(github_errors, shared, flow.record) == []


async def test_the_environment_of_a_sandbox_holds_no_credential(flow: Flow) -> None:
    held = list(flow.environment())
    assert {"HOME", "PATH", "CI"} <= {name for name, _ in held} <= HARMLESS
    secrets = secrets_of(flow.stage)
    assert len(secrets) > 20  # the key's lines, the doors, the app's tokens
    assert [name for name, value in held if any(s in value for s in secrets)] == []
    for ran in (flow.run.red, flow.run.green):
        assert ran is not None
        assert "sandbox has HOME=" in ran.tail


async def test_no_file_of_a_sandbox_holds_a_credential(flow: Flow) -> None:
    """Two that reproduce, one that repairs, three that prove; some may have been too quick."""
    assert len(flow.watch.checkouts) >= 4
    assert flow.watch.leaks == set()


async def test_the_model_was_told_no_credential(flow: Flow) -> None:
    said = json.dumps([asked.body for asked in flow.model.asked])
    assert "sandbox has PATH=" in said
    assert [s for s in secrets_of(flow.stage) if s in said] == []


async def test_e2b_was_told_no_credential(flow: Flow) -> None:
    """Its own key came in a header, which is where it belongs."""
    if flow.wire is None:
        pytest.skip("nothing leaves this machine")
    assert len(flow.wire.created) >= 6
    assert all(not asked.get("envVars") for asked in flow.wire.created)
    assert {name for asked in flow.wire.started for name in asked.get("envs", {})} <= set(QUIET)
    told = json.dumps([flow.wire.created, flow.wire.started])
    assert [s for s in secrets_of(flow.stage) if s in told] == []
