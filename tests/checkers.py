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


def github_errors(shared: Path, record: Path) -> list[str]:
    """What GitHub would have refused of a recording, by the permissions that ``app.yml`` asks for.

    The checker leaves its files open, so it runs as a process of its own.
    """
    permissions = yaml.safe_load((ROOT / "app.yml").read_text())["default_permissions"]
    checker = shared / "conformance" / "check_github_http.py"
    checked = subprocess.run(
        [sys.executable, str(checker), "--permissions", json.dumps(permissions), str(record)],
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line for line in checked.stdout.splitlines() if ": ERROR " in line]
    return found or ([checked.stderr] if checked.returncode else [])
