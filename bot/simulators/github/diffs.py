"""What changed between two commits, file by file, and where a line is in a diff."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bot.simulators.github.git import NOTHING, GitRepository

_STATES = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied"}
_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One changed file. ``patch`` starts at the first hunk; empty for a binary file."""

    path: str
    status: str
    sha: str
    additions: int
    deletions: int
    patch: str
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a diff: its ``position``, and the hunk from its header down to that line."""

    position: int
    line: int
    side: Literal["LEFT", "RIGHT"]
    hunk: str


async def unified_diff(git: GitRepository, base: str, head: str) -> str:
    """The unified diff from one tree or commit to another."""
    _, output = await git.run("diff-tree", "-r", "-M", "-p", "--full-index", base, head)
    return output.decode(errors="replace")


async def mailbox(git: GitRepository, base: str, head: str) -> str:
    """The commits between two as ``git format-patch`` writes them."""
    _, output = await git.run("format-patch", "--stdout", f"{base}..{head}")
    return output.decode(errors="replace")


async def changed_files(git: GitRepository, base: str, head: str) -> list[ChangedFile]:
    """Every file that differs, in git's order (by path)."""
    _, raw = await git.run("diff-tree", "-r", "-M", "-z", "--raw", "--no-abbrev", base, head)
    _, counts = await git.run("diff-tree", "-r", "-M", "-z", "--numstat", base, head)
    words = iter(raw.decode(errors="replace").split("\0")[:-1])
    numbers = iter(counts.decode(errors="replace").split("\0")[:-1])
    patches = re.split(r"^diff --git ", await unified_diff(git, base, head), flags=re.MULTILINE)[1:]
    files = []
    for facts, chunk in zip(words, patches, strict=False):
        _, _, old, new, letter = facts.lstrip(":").split()
        path, previous = next(words), None
        if letter[0] in "RC":
            previous, path = path, next(words)
        added, deleted, inline = next(numbers).split("\t")
        if not inline:  # a rename: both names follow as words of their own
            next(numbers), next(numbers)
        start = re.search(r"^@@ ", chunk, re.MULTILINE)
        files.append(
            ChangedFile(
                path=path,
                status=_STATES.get(letter[0], "changed"),
                sha=new if new != NOTHING else old,
                additions=int(added) if added != "-" else 0,
                deletions=int(deleted) if deleted != "-" else 0,
                patch=chunk[start.start() :].rstrip("\n") if start else "",
                previous=previous,
            )
        )
    return files


def places(patch: str) -> list[Place]:
    """Every line of a file's patch on which a comment can stand.

    A context line is on both sides; it appears here as RIGHT, as GitHub's pages take it.
    """
    found: list[Place] = []
    hunk: list[str] = []
    old = new = 0
    for position, text in enumerate(patch.splitlines()):
        header = _HUNK.match(text)
        if header:
            old, new, hunk = int(header[1]), int(header[2]), [text]
            continue
        hunk.append(text)
        so_far = "\n".join(hunk)
        if text.startswith("-"):
            found.append(Place(position, old, "LEFT", so_far))
            old += 1
        elif text.startswith("+"):
            found.append(Place(position, new, "RIGHT", so_far))
            new += 1
        elif not text.startswith("\\"):
            found.append(Place(position, new, "RIGHT", so_far))
            old, new = old + 1, new + 1
    return found
