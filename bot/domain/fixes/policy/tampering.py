"""Tests may gain, never lose: an existing test keeps every statement, an added one is its own."""

import re
import sys
from collections import Counter
from collections.abc import Collection, Iterator

from bot.domain.fixes.patch import Change, Patch, Tree, text_of
from bot.domain.fixes.policy.intruders import intruders, overridden, switched_off
from bot.domain.fixes.policy.kept import lost
from bot.domain.fixes.policy.rules import Finding, Rules, refuse
from bot.domain.fixes.policy.syntax import facts_of
from bot.domain.fixes.python import parsed
from bot.domain.fixes.testfiles import is_collected_by_pytest, is_test_file

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


_SKIPS = re.compile(
    r"\b(xit|xdescribe|xtest|xcontext|fit|fdescribe)\(|\.(skip|only|todo|failing|skipIf|runIf)\b\(?"
    r"|\bt\.Skip(f|Now)?\(|//go:build|// \+build|#\[ignore|@(Disabled|Ignore)\b"
    r"|assume(True|False)\(|^\s*(skip|pending)\b|#\[cfg\(not\(test|markTestSkipped|\bthis\.skip\(|XCTSkip|@unittest"
)
_SWITCHES_OFF = re.compile(
    r"^\s*(/\*|=begin|#if\s+0|return;?\s*$|return\s*\(?\)?;?\s*$)|\bif\s*\(?\s*(false|0)\s*\)?\s*[{:]"
    r"|process\.exit\(|os\.Exit\(|System\.exit\(|process::exit\(|jest\.mock\(|vi\.mock\("
)
_RUST_TESTS = re.compile(r"#\[cfg\(test\)\]")


def of_tests(
    patch: Patch, rules: Rules, proof_tests: Collection[str], tree: Tree
) -> Iterator[Finding]:
    """What a patch takes from the tests."""
    for change in patch.changes:
        path = change.path
        if path in proof_tests:
            yield refuse(
                "proof test", path, "is the test that proves this fix; a fix may not edit it"
            )
        elif rules.allows(path) and path in rules.allow:
            continue  # named word for word, not by a pattern
        elif path.endswith(".py"):
            yield from _python(change, patch)
        elif is_test_file(path):
            yield from _text(change)
        elif path.endswith(".rs"):
            yield from _rust(change)
    yield from _shadows(patch, tree)


def _finding(path: str, complaint: str) -> Finding:
    return Finding(rule="test tampering", path=path, message=f"{path}: {complaint}")


def _python(change: Change, patch: Patch) -> Iterator[Finding]:
    path = change.path
    if not is_test_file(path):
        for complaint in lost_examples(change):
            message = f"{path}: {complaint}"
            yield Finding(rule="doctest", path=path, message=message, severity="flag")
        return
    if change.after is None:
        if not _moved(change, patch):
            yield _finding(path, "is deleted")
        return
    before, after = text_of(change.before), change.after.text
    if after is None:
        yield _finding(path, "is no longer UTF-8 text")
        return
    is_new = change.before is None and not path.endswith("conftest.py")
    for complaint in complaints(before, after, is_new=is_new):
        yield _finding(path, complaint)


def _moved(change: Change, patch: Patch) -> bool:
    """Whether a deleted test file lives on elsewhere in the patch, and is still collected."""
    old = text_of(change.before)
    for other in patch.changes:
        new = text_of(other.after)
        if other.before is None and new and is_test_file(other.path):
            was, now = (is_collected_by_pytest(each.path) for each in (change, other))
            if (now or not was) and not complaints(old, new, is_new=False):
                return True
    return False


def _text(change: Change) -> Iterator[Finding]:
    """Tests in other languages, and the files that lie among tests."""
    path = change.path
    if change.before is not None and change.after is None:
        if change.before.data.strip():
            yield _finding(path, "is deleted")
        return
    removed, added = (Counter(b"".join(line.split()) for line in lines) for lines in change.lines)
    lost = [line for line in (removed - added) if line and not line.startswith((b"//", b"#", b"*"))]
    if change.before is not None and (lost or change.is_binary):
        yield _finding(path, f"{len(lost) or 'some'} existing lines are changed or gone")
    for raw in change.lines[1]:
        line = raw.decode("utf-8", "replace")
        found = _SKIPS.search(line) or (change.before and _SWITCHES_OFF.search(line))
        if found:
            yield _finding(path, f"switches a test off: {line.strip()[:60]}")


def _rust(change: Change) -> Iterator[Finding]:
    """Rust keeps unit tests at the end of the file they test."""
    before, after = text_of(change.before), text_of(change.after)
    parts = _RUST_TESTS.split(before, maxsplit=1)
    if len(parts) < 2:
        return
    kept = Counter(line.strip() for line in after.splitlines())
    kept_tests = "".join(_RUST_TESTS.split(after, maxsplit=1)[1:])
    lost = Counter(line.strip() for line in parts[1].splitlines() if line.strip()) - kept
    if lost or not kept_tests:
        yield _finding(change.path, f"{sum(lost.values())} lines of its tests are gone")
    added = Counter(kept_tests.splitlines()) - Counter(parts[1].splitlines())
    for line in added:
        if _SKIPS.search(line):
            yield _finding(change.path, f"switches a test off: {line.strip()[:60]}")


def _shadows(patch: Patch, tree: Tree) -> Iterator[Finding]:
    """New modules that would be imported in place of what runs the tests."""
    for change in patch.changes:
        if change.before is None and change.path.endswith(".py"):
            name = shadowed(change.path, tree)
            if name:
                yield refuse("shadowing", change.path, f"would be imported in place of {name}")
