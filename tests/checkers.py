"""The checkers of the shared folder as modules."""

from __future__ import annotations

import gc
import importlib.util
import json
import subprocess
import sys
import warnings
from pathlib import Path
from types import ModuleType

import yaml

ROOT = Path(__file__).parents[1]
# As in conftest: jsonschema would build a grammar that none of its schemas asks for.
_PROGRAM = (
    "import runpy, sys; sys.modules['rfc3987_syntax'] = None; del sys.argv[0];"
    " runpy.run_path(sys.argv[0], run_name='__main__')"
)


def load_checker(shared: Path, name: str) -> ModuleType:
    """Import ``conformance/{name}.py``. They leave their data files open, which is not our bug."""
    spec = importlib.util.spec_from_file_location(name, shared / "conformance" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        spec.loader.exec_module(module)
        gc.collect()
    return module


def run_checker(shared: Path, name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run ``conformance/{name}.py`` to its end: they leave their files open, so by itself."""
    checker = shared / "conformance" / f"{name}.py"
    command = [sys.executable, "-c", _PROGRAM, str(checker), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def asked_for() -> str:
    """The permissions that ``app.yml`` asks for, as JSON."""
    return json.dumps(yaml.safe_load((ROOT / "app.yml").read_text())["default_permissions"])


def github_errors(shared: Path, record: Path) -> list[str]:
    """What GitHub would have refused of a recording, by the permissions that we ask for."""
    checked = run_checker(shared, "check_github_http", "--permissions", asked_for(), record)
    found = [line for line in checked.stdout.splitlines() if ": ERROR " in line]
    return found or ([checked.stderr] if checked.returncode else [])
