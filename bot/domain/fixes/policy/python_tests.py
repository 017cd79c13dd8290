"""What became of the tests in a Python file.

Every statement of the old file, with all that encloses it, must still be there or have become
stronger. What is new must not switch off, shadow or replace what was.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator

from bot.domain.fixes.patch import Change, Tree
from bot.domain.fixes.policy.intruders import intruders, overridden, switched_off
from bot.domain.fixes.policy.kept import lost
from bot.domain.fixes.policy.syntax import facts_of
from bot.domain.fixes.python import parsed

_RUNNERS = frozenset({"pytest", "_pytest", "pluggy", "py", "hypothesis", "nose", "coverage"})


def complaints(before: str, after: str, *, is_new: bool) -> list[str]:
    """What ``after`` took from the tests in ``before``, a clause each; none of a good edit."""
    old_tree, new_tree = parsed(before), parsed(after)
    if new_tree is None:
        return ["is no longer Python that parses"]
    if old_tree is None:
        return []  # it never ran
    old, new = facts_of(old_tree), facts_of(new_tree)
    found = [*lost(old, new), *switched_off(old_tree, new_tree, is_new)]
    if not is_new:
        found += [*overridden(old, new), *intruders(old, new)]
    return list(dict.fromkeys(found))


def lost_examples(change: Change) -> Iterator[str]:
    """Doctest lines of ordinary source that are gone."""
    removed, added = (
        Counter(line.strip() for line in lines if line.strip().startswith(b">>>"))
        for lines in change.lines
    )
    for line in removed - added:
        yield f"loses the example `{line.decode('utf-8', 'replace')[:60]}`"


def shadowed(path: str, tree: Tree) -> str:
    """The well-known module that a new file at ``path`` hides; empty for none."""
    folder, _, name = path.rpartition("/")
    module = name.removesuffix(".py")
    if module == "__init__":
        folder, _, module = folder.rpartition("/")
    known = module in _RUNNERS or module in sys.stdlib_module_names
    inside_package = f"{folder}/__init__.py" in tree if folder else False
    return module if known and not inside_package else ""
