"""Files that are nobody's source: what tools leave behind, and what ``.gitignore`` names."""

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from bot.domain.fixes.patch.tree import Tree, text_of

DROPPING_FOLDERS = frozenset(
    (
        *(".git", ".hg", ".svn", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"),
        *(".hypothesis", ".tox", ".nox", ".venv", ".eggs", ".nyc_output", ".gradle"),
        *("node_modules", ".soulcaster"),
    )
)
DROPPING_FILES = re.compile(
    r".*\.py[cod]|\.coverage(\..*)?|coverage\.(xml|json|lcov)|lcov\.info|.*\.egg-info"
    r"|\.DS_Store|Thumbs\.db|\.soulcaster.*"
)
# Beyond these a pattern is not honest, and slow to match: it names nothing.
MAX_STARS = 4
MAX_DEPTH = 50


def is_dropping(path: str) -> bool:
    """Whether a tool leaves this behind; such files are never part of a patch."""
    return any(
        part in DROPPING_FOLDERS or DROPPING_FILES.fullmatch(part) for part in path.split("/")
    )


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Whether a path is named by ``patterns``, written as in ``.gitignore``."""
    specs = [("", _spec(patterns))]
    return lambda path: _is_ignored(path, specs)


def unwanted(before: Tree) -> Callable[[str], bool]:
    """Which paths a patch on ``before`` leaves out: droppings, and what it ignores and tracks not.
    The rules are those of ``before``: an agent can't hide a file by editing ``.gitignore``."""
    files = [path for path in before if path.rpartition("/")[2] == ".gitignore"]
    # The deepest file that says something about a path decides.
    specs = [
        (path.removesuffix(".gitignore"), _spec(text_of(before[path]).splitlines()))
        for path in sorted(files, key=lambda path: -path.count("/"))
    ]
    return lambda path: is_dropping(path) or (path not in before and _is_ignored(path, specs))


def _spec(lines: Iterable[str]) -> GitIgnoreSpec:
    patterns = []
    for line in lines:
        # A folder is not among what lies in it, which pathspec takes it to be.
        line = re.sub(r"/\*\*$", "/**/*", line)
        if len(re.findall(r"\*+", line)) <= MAX_STARS:
            with suppress(ValueError, re.error):  # git, too, passes over what is no pattern
                patterns.append(GitIgnoreSpecPattern(line))
    return GitIgnoreSpec(patterns, backend="simple")


def _is_ignored(path: str, specs: Sequence[tuple[str, GitIgnoreSpec]]) -> bool:
    """A folder that is ignored hides all it holds, whatever a later rule takes back."""
    ends = [place for place, char in enumerate(path, start=1) if char == "/"]
    if len(ends) >= MAX_DEPTH:
        return False
    return any(_is_named(path[:end], specs) for end in [*ends, len(path)])


def _is_named(path: str, specs: Sequence[tuple[str, GitIgnoreSpec]]) -> bool:
    for folder, spec in specs:
        if path.startswith(folder) and path != folder:
            said = spec.check_file(path.removeprefix(folder)).include
            if said is not None:
                return said
    return False
