"""Imports of the checkout led to a private copy of it."""

from __future__ import annotations

import os
import sys


def lead_imports(root: str, tree: str) -> None:
    """Whatever would come from below ``root`` comes from ``tree``: paths and editable installs."""

    def led(path: str) -> str:
        inside = path == root or path.startswith(root + os.sep)
        return tree + path[len(root) :] if inside else path

    sys.path[:] = [led(path) if os.path.isabs(path) else path for path in sys.path]
    for finder in sys.meta_path:
        module = sys.modules.get(getattr(finder, "__module__", "") or "")
        mapping = getattr(module, "MAPPING", None)
        if isinstance(mapping, dict):
            mapping.update({name: led(path) for name, path in mapping.items()})
