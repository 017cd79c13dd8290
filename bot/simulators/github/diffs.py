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
    """The unified diff from one tree or commit to another, by full SHA."""
    return (await _compared(git, base, head))[1]


async def changed_files(git: GitRepository, base: str, head: str) -> list[ChangedFile]:
    """Every file that differs between two trees or commits, in git's order (by path)."""
    facts, diff = await _compared(git, base, head)
    words = iter(facts.split("\0"))
    rows: list[tuple[str, str, str, str | None]] = []
    number = ""
    for word in words:
        if not word.startswith(":"):  # the raw records end where the counts begin
            number = word
            break
        _, _, old, new, letter = word.lstrip(":").split()
        path, previous = next(words), None
        if letter[0] in "RC":
            path, previous = next(words), path
        rows.append((path, letter[0], new if new != NOTHING else old, previous))
    patches = re.split(r"^diff --git ", diff, flags=re.MULTILINE)[1:]
    files = []
    for (path, letter, sha, previous), chunk in zip(rows, patches, strict=True):
        added, deleted, _ = number.split("\t")
        if previous is not None:  # both names follow the counts as words of their own
            next(words), next(words)
        number = next(words, "")
        start = re.search(r"^@@ ", chunk, re.MULTILINE)
        files.append(
            ChangedFile(
                path=path,
                status=_STATES.get(letter, "changed"),
                sha=sha,
                additions=int(added) if added != "-" else 0,
                deletions=int(deleted) if deleted != "-" else 0,
                patch=chunk[start.start() :].rstrip("\n") if start else "",
                previous=previous,
            )
        )
    return files


async def _compared(git: GitRepository, base: str, head: str) -> tuple[str, str]:
    """Raw records and counts (words that end in NUL), and the unified diff."""
    options = ("-r", "-M", "-z", "--raw", "--numstat", "-p", "--full-index", "--no-abbrev")
    _, output = await git.fixed("diff-tree", *options, base, head)
    facts, _, diff = output.decode(errors="replace").partition("\0\0")
    return facts, diff


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
