"""Files that are nobody's source: what tools leave behind, and what ``.gitignore`` names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.domain.fixes.patch.tree import Tree

DROPPING_FOLDERS = frozenset(
    [
        ".git",
        ".hg",
        ".svn",
        "__pycache__",
        ".pytest_cache",
        ".mypy_cache",
        ".ruff_cache",
        ".hypothesis",
        ".tox",
        ".nox",
        ".venv",
        ".eggs",
        ".nyc_output",
        ".gradle",
        "node_modules",
        ".soulcaster",
    ]
)
DROPPING_FILES = re.compile(
    r".*\.py[cod]|\.coverage(\..*)?|coverage\.(xml|json|lcov)|lcov\.info|.*\.egg-info"
    r"|\.DS_Store|Thumbs\.db|\.soulcaster.*"
)
MAX_STARS = 10  # a pattern with more is not honest, and slow to match


def is_dropping(path: str) -> bool:
    """Whether a tool leaves this behind; such files are never part of a patch."""
    return any(
        part in DROPPING_FOLDERS or DROPPING_FILES.fullmatch(part) for part in path.split("/")
    )


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Whether a path is named by ``patterns``, written as in ``.gitignore``."""
    rules = [rule for rule in (_rule(line, folder="") for line in patterns) if rule]
    return lambda path: _is_ignored(path, rules)


def unwanted(before: Tree) -> Callable[[str], bool]:
    """Which paths a patch on ``before`` leaves out: droppings, and what it ignores and tracks not.

    The rules are those of ``before``: an agent can't hide a file by editing ``.gitignore``.
    """
    rules = _rules(before)
    return lambda path: is_dropping(path) or (path not in before and _is_ignored(path, rules))


@dataclass(frozen=True, slots=True)
class _Rule:
    folder: str  # "" or ends in "/"
    pattern: re.Pattern[str]
    negated: bool
    folders_only: bool

    def matches(self, path: str, is_folder: bool) -> bool:
        if not path.startswith(self.folder) or (self.folders_only and not is_folder):
            return False
        return self.pattern.fullmatch(path[len(self.folder) :]) is not None


def _rules(tree: Tree) -> list[_Rule]:
    """Every rule of the tree, the deepest file last, since the last that matches decides."""
    files = [path for path in tree if path.rpartition("/")[2] == ".gitignore"]
    rules: list[_Rule] = []
    for path in sorted(files, key=lambda path: (path.count("/"), path)):
        for line in (tree[path].text or "").splitlines():
            rule = _rule(line, folder=path.removesuffix(".gitignore"))
            if rule:
                rules.append(rule)
    return rules


def _rule(line: str, folder: str) -> _Rule | None:
    """One line of https://git-scm.com/docs/gitignore#_pattern_format."""
    line = re.sub(r"(?<!\\) +$", "", line)
    if not line or line.startswith("#") or line.count("*") > MAX_STARS:
        return None
    negated, line = line.startswith("!"), line.removeprefix("!")
    folders_only, line = line.endswith("/"), line.removesuffix("/")
    if not line:
        return None
    anywhere = "/" not in line
    pattern = ("(?:.*/)?" if anywhere else "") + _translate(line.removeprefix("/"))
    try:
        return _Rule(folder, re.compile(pattern, re.DOTALL), negated, folders_only)
    except re.error:
        return None


_TOKEN = re.compile(
    r"(?P<deep>(?:^|(?<=/))\*\*/)|(?P<below>(?<=/)\*\*$)|(?P<any>\*+)|(?P<one>\?)"
    r"|\[(?P<no>[!^]?)(?P<set>\]?[^\]]*)\]|\\(?P<escaped>.)|(?P<plain>.)",
    re.DOTALL,
)


def _translate(glob: str) -> str:
    out = []
    for token in _TOKEN.finditer(glob):
        match token.lastgroup:
            case "deep":
                out.append("(?:.*/)?")
            case "below":
                out.append(".+")
            case "any":
                out.append("[^/]*")
            case "one":
                out.append("[^/]")
            case "set":
                inside = re.sub(r"([\\\[&~|])", r"\\\1", token["set"])
                inside = inside.replace("]", r"\]") if inside.startswith("]") else inside
                out.append(f"(?!/)[{'^' if token['no'] else ''}{inside}]")
            case "escaped":
                out.append(re.escape(token["escaped"]))
            case _:
                out.append(re.escape(token[0]))
    return "".join(out)


def _is_ignored(path: str, rules: list[_Rule]) -> bool:
    """A folder that is ignored hides all it holds, whatever a later rule takes back."""
    parts = path.split("/")
    for depth in range(1, len(parts) + 1):
        ignored = False
        for rule in rules:
            if rule.matches("/".join(parts[:depth]), is_folder=depth < len(parts)):
                ignored = not rule.negated
        if ignored:
            return True
    return False
