"""The checkers of the shared folder as modules."""

from __future__ import annotations

import gc
import importlib.util
import warnings
from pathlib import Path
from types import ModuleType


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
