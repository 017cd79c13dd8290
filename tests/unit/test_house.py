"""The house rules: what is written about the code is what the code says."""

import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from documents import ROOT as PROJECT
from documents import SCHEMA, TABLES, environment_example, file_schema

from bot.settings import Settings
from bot.storage import keys
from bot.storage.schema import KINDS, Kind

LONGEST = 350


def test_env_example_lists_every_setting() -> None:
    assert (PROJECT / ".env.example").read_text() == environment_example()
    assert (PROJECT / SCHEMA).read_text() == file_schema()


@pytest.mark.parametrize(("path", "name", "table"), TABLES)
def test_the_tables_are_those_of_the_code(path: str, name: str, table: Callable[[], str]) -> None:
    assert table() in (PROJECT / path).read_text(), "run: .venv/bin/python tests/documents.py"


def test_the_slack_manifest_asks_for_what_is_heard_and_no_more() -> None:
    from handlers.slack import forms
    from handlers.slack.heard import EVENTS

    manifest = yaml.safe_load((PROJECT / "docs" / "slack-manifest.yml").read_text())
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert {event.partition(".")[0] for event in events} == {*EVENTS, "message"}
    called = {each["callback_id"] for each in manifest["features"]["shortcuts"]}
    assert called == {forms.ANYTHING, forms.REPORT}


def test_every_place_runs_the_processes_of_the_procfile() -> None:
    from handlers.stack import PROCESSES

    wanted = {name: " ".join(words) for name, words in PROCESSES.items()}
    compose = yaml.safe_load((PROJECT / "compose.yaml").read_text())["services"]
    assert {name: one["command"] for name, one in compose.items() if name != "redis"} == wanted
    heroku = yaml.safe_load((PROJECT / "heroku.yml").read_text())["run"]
    run = {n: one if isinstance(one, str) else one["command"][0] for n, one in heroku.items()}
    assert {name: line.removeprefix("soulcaster ") for name, line in run.items()} == wanted
    app = json.loads((PROJECT / "app.json").read_text())
    assert set(app["formation"]) == set(wanted)
    known = {name.upper() for name in Settings.model_fields}
    assert set(app["env"]) <= known
    for name in ("compose.yaml", "Dockerfile", "docs/soulcaster.service"):
        named = set(re.findall(r"\bSOULCASTER_[A-Z_]+", (PROJECT / name).read_text()))
        assert named <= known, name


def test_no_file_is_too_long_to_read() -> None:
    rooms = [p for room in ("bot", "workers", "handlers") for p in (PROJECT / room).rglob("*.py")]
    ours = [p for p in rooms if "shop" not in p.parts]
    long = {str(p): n for p in ours if (n := len(p.read_text().splitlines())) > LONGEST}
    assert not long


def test_every_room_says_its_law() -> None:
    for room in ("bot", "workers", "handlers", "bot/domain", "bot/adapters", "bot/storage"):
        assert '"""' in (PROJECT / room / "__init__.py").read_text()


def test_every_verb_source_and_job_file_is_on_its_roster() -> None:
    from bot.sources import SOURCES
    from workers.commands import verbs

    rostered = {run.__module__.rsplit(".", 1)[1] for run in verbs.VERBS.values()}
    files = {p.stem for p in (PROJECT / "workers/commands/verbs").glob("*.py")} - {"__init__"}
    assert not files - rostered, "these verbs are not in workers/commands/verbs/__init__.py"
    assert not rostered - files
    for path in (PROJECT / "bot/sources").glob("*.py"):
        module = importlib.import_module(f"bot.sources.{path.stem}")
        source = getattr(module, "SOURCE", module if hasattr(module, "prove") else None)
        if source is not None:
            assert source in SOURCES.values(), f"{path.stem} is on no roster"


@pytest.mark.parametrize("alone", ["bot.simulators", "bot.adapters.agents.mechanic.engine"])
def test_what_stands_alone_is_kept_from_every_module_beside_it(alone: str) -> None:
    """import-linter holds the rest; here only that no new neighbour is forgotten."""
    config = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]
    [kept_from] = [
        set(contract["forbidden_modules"])
        for contract in config["contracts"]
        if contract.get("source_modules") == [alone]
    ]
    beside = {"workers", "handlers"}
    *packages, name = alone.split(".")
    for depth, mine in enumerate([*packages[1:], name], start=1):
        inside = ".".join(packages[:depth])
        found = pkgutil.iter_modules([str(PROJECT.joinpath(*packages[:depth]))])
        beside |= {f"{inside}.{module.name}" for module in found if module.name != mine}
    assert kept_from == beside


def test_every_job_leads_to_what_does_it() -> None:
    from bot.jobs import Job
    from workers import jobs

    declared = {name: job for name, job in vars(jobs).items() if isinstance(job, Job)}
    assert declared
    for name, job in declared.items():
        assert job.name == name
        assert next(iter(inspect.signature(job.function).parameters)) == "ctx"
        assert inspect.iscoroutinefunction(job.function)
    asked = {
        name
        for path in (PROJECT / "workers").rglob("*.py")
        for name in re.findall(r"(?<![.\w])jobs\.(\w+)", path.read_text())
    }
    assert asked <= {*declared, "load"}


def test_the_web_process_imports_no_sdk_it_does_not_use() -> None:
    program = (
        "import sys, handlers.web;"
        "heavy = {'google.genai', 'e2b', 'obstore', 'onnxruntime', 'slack_bolt'};"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_key_kind_has_an_owner_and_nobody_else_uses_it() -> None:
    made = {name for name, each in vars(keys).items() if isinstance(each, Kind)}
    assert made == set(KINDS)
    files = {"jobs": "bot/jobs.py"}
    texts = {
        str(path.relative_to(PROJECT)): path.read_text()
        for room in ("bot", "workers", "handlers")
        for path in (PROJECT / room).rglob("*.py")
    }
    # Who lets go of what is old, or of a project, lets go of what others own.
    leaving = {"bot/storage/retention.py", "bot/storage/erasure.py"}
    for name, kind in KINDS.items():
        assert kind.owners, name
        owners = {files.get(owner, f"bot/storage/{owner}.py") for owner in kind.owners} | leaving
        users = {path for path, text in texts.items() if f"keys.{name}(" in text}
        assert users, f"nobody uses {kind.pattern}"
        assert users <= owners, f"{kind.pattern} is used by {users - owners}"


def _files_with(pattern: str) -> list[str]:
    """Files of the product in which a pattern is found."""
    return [
        str(path.relative_to(PROJECT))
        for room in ("bot", "workers", "handlers")
        for path in (PROJECT / room).rglob("*.py")
        if re.search(pattern, path.read_text())
    ]


def test_keys_are_made_in_one_place() -> None:
    assert _files_with(r"[\"']sc:") == []


def test_settings_are_read_in_one_place() -> None:
    readers = [
        str(path.relative_to(PROJECT))
        for room in ("bot", "workers", "handlers")
        for path in (PROJECT / room).rglob("*.py")
        if "shop" not in path.parts
        # Passing the environment on to a child reads no setting, nor does where programs are.
        and re.search(r"os\.(getenv|environ(\[|\.get\((?!\"PATH\")|\}))", path.read_text())
    ]
    # The stage passes PATH and the like on by name; the engine runs in the sandbox.
    allowed = {"bot/settings.py", "handlers/demo/stage.py"}
    assert {r for r in readers if "mechanic/engine" not in r} <= allowed


def test_every_setting_says_what_it_is() -> None:
    assert not [name for name, field in Settings.model_fields.items() if not field.description]


def _locked(name: str) -> dict[str, str]:
    """Requirements of a lock file with what follows each: its hashes."""
    text = re.sub(r"^#.*\n", "", (PROJECT / name).read_text(), flags=re.M)
    blocks = re.split(r"\n(?=\S)", text.strip())
    return dict(block.split(" \\\n", 1) for block in blocks)


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_file_pins_everything(name: str) -> None:
    locked = _locked(name)
    assert any(requirement.startswith("setuptools==") for requirement in locked)
    for requirement, hashes in locked.items():
        assert re.match(r"[a-z0-9.-]+(\[[a-z,-]+\])?==\S+( ; |$)", requirement)
        assert all(
            re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line)
            for line in hashes.splitlines()
        ), requirement


def test_developers_run_what_is_run() -> None:
    def versions(name: str) -> set[tuple[str, str]]:
        # A tool of developers' may want an extra of the same package.
        return {(re.sub(r"\[.*?\]", "", one), hashes) for one, hashes in _locked(name).items()}

    assert versions("requirements.lock") <= versions("requirements-dev.lock")


def test_root_is_the_project() -> None:
    assert (PROJECT / "pyproject.toml").exists()
    assert Path(__file__).is_relative_to(PROJECT)


def test_the_documents_name_what_is_there() -> None:
    for document in (PROJECT / "docs").glob("*.md"):
        for path, name in re.findall(
            r"`([\w/]+/[\w/]+\.(?:py|lua))(?::(\w+))?`", document.read_text()
        ):
            assert (PROJECT / path).is_file(), f"{document.name} names {path}"
            assert not name or re.search(
                rf"\b(?:def|class) {name}\b|^{name}\b", (PROJECT / path).read_text(), re.M
            ), f"{document.name} names {path}:{name}"


def test_only_the_shell_makes_an_operator() -> None:
    assert _files_with(r"Person\([^)]*operator=") == ["handlers/shell.py"]
