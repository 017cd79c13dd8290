"""The checkout as files: private copies to work in, and putting it back exactly."""

from __future__ import annotations

import os
import shutil
import stat
from typing import Any

_SKIPPED = {
    ".git", ".hg", ".svn", ".tox", ".nox", ".venv", "venv", "env", "node_modules",
    "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".soulcaster",
}  # fmt: skip
_LINKED = {".venv", "venv", "env", "node_modules"}


def files_of(root: str) -> dict[str, tuple[Any, ...]]:
    """Every file and link under ``root`` by relative path, without caches and environments.

    A file maps to its mode, size and mtime in ns; a link to its mode and target.
    """
    found: dict[str, tuple[Any, ...]] = {}
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in _SKIPPED)
        for name in sorted(files) + [n for n in names if os.path.islink(os.path.join(folder, n))]:
            path = os.path.join(folder, name)
            facts = os.lstat(path)
            key = os.path.relpath(path, root).replace(os.sep, "/")
            if stat.S_ISLNK(facts.st_mode):
                found[key] = (facts.st_mode, os.readlink(path))
            elif stat.S_ISREG(facts.st_mode):
                found[key] = (facts.st_mode, facts.st_size, facts.st_mtime_ns)
    return found


def copy_tree(root: str, target: str) -> None:
    """A private copy of ``root``; environments in it are linked, caches and history left out."""
    os.makedirs(target)
    for path in files_of(root):
        source, copy = os.path.join(root, path), os.path.join(target, path)
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        shutil.copy2(source, copy, follow_symlinks=False)
    for folder, names, _ in os.walk(root):
        kept = os.path.join(target, os.path.relpath(folder, root))
        for name in names:
            if name in _LINKED and not os.path.lexists(os.path.join(kept, name)):
                os.makedirs(kept, exist_ok=True)
                os.symlink(os.path.join(folder, name), os.path.join(kept, name))
        names[:] = [name for name in names if name not in _SKIPPED]
        os.makedirs(kept, exist_ok=True)


class Snapshot:
    """Remembers a tree and puts back whatever running its tests changed in it."""

    def __init__(self, root: str, pristine: str) -> None:
        self.root, self.pristine = root, pristine
        self.stamps = files_of(root)
        self.caches = _caches(root)

    def restore(self, keep: frozenset[str] = frozenset()) -> None:
        """Undo every change since, except in the files named by ``keep``."""
        now = files_of(self.root)
        for path in set(now) - set(self.stamps) - keep:
            os.unlink(os.path.join(self.root, path))
            _prune(self.root, os.path.dirname(path), self.stamps)
        for path, stamp in self.stamps.items():
            if path not in keep and now.get(path) != stamp:
                target = os.path.join(self.root, path)
                os.makedirs(os.path.dirname(target), exist_ok=True)
                if os.path.lexists(target):
                    os.unlink(target)
                shutil.copy2(os.path.join(self.pristine, path), target, follow_symlinks=False)
        for cache in _caches(self.root) - self.caches:
            shutil.rmtree(cache, ignore_errors=True)


def _caches(root: str) -> set[str]:
    found = set()
    for folder, names, _ in os.walk(root):
        for name in ("__pycache__", ".pytest_cache"):
            if name in names:
                found.add(os.path.join(folder, name))
        names[:] = [name for name in names if name not in _SKIPPED]
    return found


def _prune(root: str, folder: str, stamps: dict[str, tuple[Any, ...]]) -> None:
    """Remove folders that a test left empty and that were not there before."""
    while folder and not any(path.startswith(folder + "/") for path in stamps):
        try:
            os.rmdir(os.path.join(root, folder))
        except OSError:
            return
        folder = os.path.dirname(folder)
