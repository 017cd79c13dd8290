"""Which files of a repository are its tests, by the conventions of each language."""

import ast
import re
from collections.abc import Collection

from bot.domain.fixes.patch import Tree, text_of
from bot.domain.fixes.python import parsed

_FOLDERS = frozenset({"test", "tests", "testing", "__tests__", "spec", "specs", "__snapshots__"})
_NAMES = re.compile(
    r"test_.*\.py|.*_tests?\.py|tests?\.py|conftest\.py"
    r"|.*\.(test|spec|cy|e2e)\.[cm]?[jt]sx?|.*\.snap"
    r"|.*_test\.(go|rs|rb|exs|cc|cpp|dart)|.*_spec\.rb|test_.*\.(rb|c|cc|cpp|lua|sh)"
    r"|([A-Z]\w*)?(Test|Tests|TestCase|IT|Spec)\.(java|kt|scala|groovy|cs|php|swift)"
    r"|Test[A-Z]\w*\.(java|kt)"
)
_AROUND = re.compile(r"^tests?_|(_tests?)?\.py$")
_SOURCE_OF_TESTS = re.compile(r"src/(test|androidTest|integrationTest)/")


def is_test_file(path: str) -> bool:
    """Whether ``path`` is a test, or lies among tests: fixtures, snapshots, expected output."""
    *folders, name = path.split("/")
    return (
        any(folder.lower() in _FOLDERS for folder in folders)
        or _NAMES.fullmatch(name) is not None
        or _SOURCE_OF_TESTS.search(path) is not None
    )


def is_collected_by_pytest(path: str) -> bool:
    """Whether pytest would look for tests in ``path`` without being told to."""
    return re.fullmatch(r"test_.*\.py|.*_test\.py", path.rpartition("/")[2]) is not None


def part_near(tree: Tree, paths: Collection[str], names: Collection[str]) -> list[str]:
    """The few files of tests that speak most of these modules and names, a rare one the more."""
    stems = {path.rpartition("/")[2].partition(".")[0] for path in paths}
    tests = {path: text_of(tree[path]) for path in sorted(tree) if is_collected_by_pytest(path)}
    worth = {path: float(_AROUND.sub("", path.rpartition("/")[2]) in stems) for path in tests}
    for word in sorted({*stems, *names} - {"__init__"}):
        naming = [path for path in tests if re.search(rf"\b{re.escape(word)}\b", tests[path])]
        for path in naming:
            worth[path] += 1 / len(naming)
    near = sorted(filter(worth.get, worth), key=lambda path: (-worth[path], path.count("/")))
    return (near or [*tests])[:8]


def tests_in(source: str) -> list[str]:
    """The functions and classes of a file that pytest takes for tests, by its defaults."""
    nodes = (parsed(source) or ast.Module([], [])).body
    functions = [each for each in nodes if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    cases = [
        each
        for each in nodes
        if isinstance(each, ast.ClassDef)
        and (each.name.startswith("Test") or "TestCase" in "".join(map(ast.unparse, each.bases)))
    ]
    return [
        *(each.name for each in functions if each.name.startswith("test")),
        *(c.name for c in cases),
    ]
