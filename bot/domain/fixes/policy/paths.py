"""Paths that no patch may use."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from bot.domain.fixes.patch import Patch, Tree
from bot.domain.fixes.policy.rules import Finding, refuse
from bot.domain.fixes.policy.steering import folded

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|.{1,6}~\d+)(\..*)?", re.IGNORECASE)
_GIT_FOLDER = re.compile(r"\.git|git~\d", re.IGNORECASE)
MAX_PATH = 400  # bytes


def unsafe(patch: Patch, tree: Tree) -> Iterator[Finding]:
    """Paths that mean another file on some machine."""
    for change in patch.changes:
        reason = _unsafe(change.path)
        if reason and change.after is not None:
            message = f"the path {change.path!a} {reason}"
            yield Finding(rule="path", path=change.path, message=message)
    yield from _collisions(patch, tree)


def _unsafe(path: str) -> str:
    parts = path.split("/")
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return "is absolute"
    if ".." in parts or "." in parts or "" in parts:
        return "leaves its folder"
    if any(folded(char) != char and set("./\\:~") & set(folded(char)) for char in path):
        return "holds a look-alike of a dot or slash"
    if "\\" in path:
        return "holds a backslash"
    if any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in path):
        return "holds invisible characters"
    if any(_GIT_FOLDER.fullmatch(part.rstrip(". ")) for part in parts):
        return "reaches into .git"
    if any(part != part.strip(" ") or part.endswith(".") for part in parts):
        return "ends in a space or dot"
    if ":" in path or any(_RESERVED.fullmatch(part) for part in parts):
        return "has another meaning on Windows"
    return "is too long" if len(path.encode()) > MAX_PATH else ""


def _collisions(patch: Patch, tree: Tree) -> Iterator[Finding]:
    """New paths that some file system can't tell from another, or that are file and folder."""
    deleted = {change.path for change in patch.changes if change.after is None}
    added = [change.path for change in patch.changes if change.before is None]
    kept = tree.keys() - deleted
    known: dict[str, str] = {}
    for whole in sorted({*kept, *_folders(kept)}):
        known.setdefault(folded(whole), whole)
    folders = {folded(folder) for folder in _folders([*kept, *added])}
    for path in sorted(added):
        for whole in (path, *_folders([path])):
            other = known.setdefault(folded(whole), whole)
            if other != whole:
                yield refuse("path", path, f"and {other} are one file where case does not count")
                break
        if folded(path) in folders:
            yield refuse("path", path, "is also the name of a folder")


def _folders(paths: Iterable[str]) -> set[str]:
    """Every folder above one of ``paths``, without the top one."""
    found: set[str] = set()
    for path in paths:
        while (path := path.rpartition("/")[0]) and path not in found:
            found.add(path)
    return found
