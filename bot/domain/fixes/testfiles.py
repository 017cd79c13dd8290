"""Which files of a repository are its tests, by the conventions of each language."""

import re
from collections.abc import Collection

from bot.domain.fixes.patch import Tree, text_of

_FOLDERS = frozenset({"test", "tests", "testing", "__tests__", "spec", "specs", "__snapshots__"})
_NAMES = re.compile(
    r"test_.*\.py|.*_tests?\.py|tests?\.py|conftest\.py"
    r"|.*\.(test|spec|cy|e2e)\.[cm]?[jt]sx?|.*\.snap"
    r"|.*_test\.(go|rs|rb|exs|cc|cpp|dart)|.*_spec\.rb|test_.*\.(rb|c|cc|cpp|lua|sh)"
    r"|([A-Z]\w*)?(Test|Tests|TestCase|IT|Spec)\.(java|kt|scala|groovy|cs|php|swift)"
    r"|Test[A-Z]\w*\.(java|kt)"
)
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


def part_near(tree: Tree, suspects: Collection[str]) -> list[str]:
    """The few files of tests that name the modules of ``suspects`` most often."""
    stems = {re.escape(path.rpartition("/")[2].partition(".")[0]) for path in suspects}
    named = re.compile(rf"\b({'|'.join(sorted(stems - {'__init__'})) or '(?!)'})\b")
    tests = sorted(filter(is_collected_by_pytest, tree))
    counts = {path: len(named.findall(text_of(tree[path]))) for path in tests}
    near = sorted(filter(counts.get, tests), key=lambda path: -counts[path])
    return (near or tests)[:10]
