"""What a patch does where neither the suite nor the report looked: in real sandboxes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from test_prove import TEST, left, opened, tree

from bot.adapters.agents.mechanic import Mechanic
from bot.domain.fixes.patch import Entry
from bot.domain.models import Ran, Verdict
from bot.domain.ports import Differing
from workers.fixes.steps.context import Ended
from workers.fixes.steps.prove import prove
from workers.fixes.steps.repair import repair

BASE = tree(
    calc='''\
def pages(n, per=None):
    """How many pages.

    >>> pages(11)
    2
    """
    if per is not None:
        per = int(per)
    return n // (per or 10) + 1


def unread(n):
    """Nobody calls it."""
    return n + 1


def listed(some):
    """What a mapping or a list holds."""
    if isinstance(some, dict):
        for _ in some:
            found = list(some.items())
    else:
        for _ in some:
            found = list(some)
    found.sort()
    return found
''',
    old="from calc import pages\n\n\ndef test_old():\n    assert pages(21, per=10) == 3\n",
)
SOURCE = BASE["calc.py"].data.decode()
ONE = "from calc import pages\n\n\ndef test_made():\n    assert pages(20, per=10) == 2\n"
UNREAD = "from calc import unread\n\n\ndef test_made():\n    assert unread(1) == 3\n"
LISTED = "from calc import listed\n\n\ndef test_made():\n    assert listed({}) == []\n"
RIGHT = ("n // (per or 10) + 1", "-(-n // (per or 10))")


async def proved(
    tmp_path: Path,
    made: str,
    *changes: tuple[str, str],
    beside: Mapping[str, str] = {},
    reading: Differing | None = None,
    without: str = "",
) -> tuple[Verdict, list[tuple[str, str, str]]]:
    """The grade of a patch of ``calc.py``, with files ``beside`` and one less, and what changes
    elsewhere."""
    base = BASE | {path: Entry(data=text.encode()) for path, text in beside.items()}
    base = {path: entry for path, entry in base.items() if path != without}
    source = SOURCE
    for before, after in changes:
        assert before in source
        source = source.replace(before, after)
    async with opened(tmp_path, Mechanic()) as context:
        await context.put_tree("base", base)
        await left(context, made=made, fix={"calc.py": Entry(data=source.encode())}, base=base)
        await context.set(test_reason=None, reading=reading)
        await prove(context)
        assert context.run.test_path == TEST
        assert context.run.grade is not None
        return context.run.grade, [(one.call, one.one, one.other) for one in context.run.changes]


async def test_what_the_suite_holds_is_proved_and_says_what_changes(tmp_path: Path) -> None:
    grade, changes = await proved(tmp_path, ONE, RIGHT)
    assert grade is Verdict.PROVED
    assert ("pages(20)", "3", "2") in changes


async def test_a_default_call_that_breaks_is_worse(tmp_path: Path) -> None:
    turned = ("per is not None", "per is None")
    undocumented = (">>> pages(11)\n    2\n", "")
    with pytest.raises(Ended, match=r"`pages\(20\)` gave 3, now raises TypeError") as ended:
        await proved(tmp_path, ONE, RIGHT, turned, undocumented)
    assert ended.value.verdict is Verdict.NOT_REPAIRED


async def test_an_example_in_a_docstring_that_breaks_is_worse(tmp_path: Path) -> None:
    one_more = ("return -(-n", "return (per is None) - (-n")
    with pytest.raises(Ended, match=r"Worse elsewhere: \S*calc\.pages: failed") as ended:
        await proved(tmp_path, ONE, RIGHT, one_more)
    assert ended.value.verdict is Verdict.NOT_REPAIRED


async def test_what_another_patch_answers_otherwise_is_not_proved_by_one_example(
    tmp_path: Path,
) -> None:
    found, _ = await proved(tmp_path, ONE, RIGHT, reading=Differing("pages(30)", "3", "4"))
    assert found is Verdict.ON_ONE_EXAMPLE


# As pytest-ruff, pytest-isort and pytest-flake8 do: an item beside the tests of each file.
LINTER = """\
import pytest


class Item(pytest.Item):
    def runtest(self):
        assert self.path.name != "test_made.py", "D103 Missing docstring"


class File(pytest.File):
    def collect(self):
        yield Item.from_parent(self, name="linter")


def pytest_collect_file(file_path, parent):
    return File.from_parent(parent, path=file_path) if file_path.suffix == ".py" else None
"""


async def test_what_a_linter_says_of_the_new_test_is_no_failure(tmp_path: Path) -> None:
    linted = {"conftest.py": LINTER}
    grade, _ = await proved(tmp_path, ONE, RIGHT, beside=linted)
    assert grade is Verdict.PROVED
    more = f"{ONE}\n\ndef test_more():\n    assert pages(10, per=10) == 2\n"
    with pytest.raises(Ended, match="still fails"):
        await proved(tmp_path, more, RIGHT, beside=linted)


@pytest.mark.parametrize(
    "text",
    [
        "def test_x():\n    assert 0\n",
        "import calc\n\nassert calc.unread(1) == 2\n\n\ndef test_x():\n    pass\n",
    ],
    ids=["fails before, too", "can't be imported where the function is broken"],
)
async def test_what_ends_before_the_test_that_notices_hides_it_not(
    tmp_path: Path, text: str
) -> None:
    """Once something is broken on purpose, the suite is run up to the first new failure only."""
    changes = (RIGHT, ("return n + 1\n", "return n.__add__(1)\n"))
    found, _ = await proved(tmp_path, ONE, *changes, beside={"tests/test_a.py": text})
    assert found is Verdict.PROVED


@pytest.mark.parametrize(
    ("made", "grade"),
    [
        (UNREAD, Verdict.ON_ONE_EXAMPLE),
        (UNREAD + "    assert unread(2) == 4\n", Verdict.PROVED),
        (UNREAD + "    assert unread(1) < 4\n", Verdict.ON_ONE_EXAMPLE),
        (
            UNREAD + "\n\ndef test_unread_as_before_1():\n    assert str(unread(1))\n",
            Verdict.ON_ONE_EXAMPLE,
        ),
        (UNREAD + "\n\ndef test_unread_as_before_1():\n    assert unread(1)\n", Verdict.PROVED),
    ],
    ids=["one", "two", "the same twice", "right before, whatever comes", "right before"],
)
async def test_what_no_earlier_test_holds_needs_two_examples(
    tmp_path: Path, made: str, grade: Verdict
) -> None:
    found, _ = await proved(tmp_path, made, ("return n + 1\n", "return n + 2\n"))
    assert found is grade


async def test_what_is_right_before_holds_in_a_test_case_too(tmp_path: Path) -> None:
    case = "import unittest\n\nimport calc\n\n\nclass Case(unittest.TestCase):\n    def test_"
    made = f"{case}made(self):\n        self.assertEqual(calc.unread(1), 3)\n"
    made += "\n    def test_unread_as_before_1(self):\n        self.assertTrue(calc.unread(1))\n"
    old = {"tests/test_old.py": f"{case}old(self):\n        self.assertTrue(calc.pages(1))\n"}
    change = ("return n + 1\n", "return n + 2\n")
    found, _ = await proved(tmp_path, made, change, beside=old, without="conftest.py")
    assert found is Verdict.PROVED


async def test_a_function_that_modules_call_when_they_are_imported_is_broken_in_tests_alone(
    tmp_path: Path,
) -> None:
    called = "import calc\n\nFIRST = calc.unread(1).bit_length()\n"
    held = f"{called}\n\ndef test_x():\n    assert calc.unread(3) > 3\n"
    for text, grade in ((held, Verdict.PROVED), (called, Verdict.ON_ONE_EXAMPLE)):
        changes = ("return n + 1\n", "return n + 2\n")
        found, _ = await proved(tmp_path, UNREAD, changes, beside={"tests/test_a.py": text})
        assert found is grade


@pytest.mark.parametrize(
    "more",
    ["(n < 30)", "(n in (20, 25))"],
    ids=["another bound does as well", "names its examples"],
)
async def test_what_the_tests_do_not_tell_from_its_neighbours_is_not_proved(
    tmp_path: Path, more: str
) -> None:
    two = UNREAD.replace("unread(1) == 3", "unread(20) == 22\n    assert unread(25) == 27")
    found, _ = await proved(tmp_path, two, ("return n + 1\n", f"return n + 1 + {more}\n"))
    assert found is Verdict.ON_ONE_EXAMPLE


@pytest.mark.parametrize(
    ("made", "change"),
    [
        (
            ONE.replace("per=10) == 2", "per=2.5) == 9"),
            ("    if per is not None:\n        per = int(per)\n", ""),
        ),
        (UNREAD, ("return n + 1\n", "return 3\n")),
        (LISTED, ("    found.sort()", "    found = list(some.items())\n    found.sort()")),
    ],
    ids=["lines are gone", "a constant stands for it", "what was worked out is overwritten"],
)
async def test_a_patch_that_works_out_less_is_not_proved_by_one_example(
    tmp_path: Path, made: str, change: tuple[str, str]
) -> None:
    held = "import calc\n\n\ndef test_unread():\n    assert calc.unread(2) == 3\n"
    held += "    assert calc.listed({1: 2}) == [(1, 2)]\n"
    found, _ = await proved(tmp_path, made, change, beside={"tests/test_unread.py": held})
    assert found is Verdict.ON_ONE_EXAMPLE


async def test_another_patch_that_changes_more_is_no_doubt(tmp_path: Path) -> None:
    """The one that follows the old behaviour elsewhere wins."""
    reading = Differing("pages(11)", "gave 2", "gave 3")
    found, _ = await proved(tmp_path, ONE, RIGHT, reading=reading)
    assert found is Verdict.PROVED


async def mended(tmp_path: Path, calc: str, made: str) -> tuple[str, Differing | None]:
    """``calc.py`` as the search leaves it, and where another repair gives something else."""
    base = tree(calc=calc)
    async with opened(tmp_path, Mechanic()) as context:
        await context.put_tree("base", base)
        await left(context, made=made, base=base)
        await context.set(red=Ran(command=f"python -m pytest {TEST}", exit_code=1, seconds=1))
        await repair(context)
        patch, reading = await context.patch("fix"), context.run.reading
    (change,) = patch.changes
    assert change.after is not None
    return change.after.data.decode(), reading


async def test_two_readings_of_one_example_are_both_told(tmp_path: Path) -> None:
    calc = "def total(prices):\n    return sum(prices[1:])\n"
    made = "from calc import total\n\n\ndef test_made():\n    assert total([5]) == 5\n"
    found, reading = await mended(tmp_path, calc, made)
    assert "return sum(prices)\n" in found
    assert reading is not None
    assert reading.call.startswith("total([")
    assert reading.one != reading.other


HELD = "import calc\n\n\ndef test_x():\n    assert calc.listed({1: 2}) == [(1, 2)]\n"


async def test_an_error_that_is_wanted_may_come_of_anything(tmp_path: Path) -> None:
    made = "import calc\nimport pytest\n\n\ndef test_made():\n    with pytest.raises(ValueError):\n"
    made += "        calc.unread(-1)\n"
    held = "import calc\n\n\ndef test_x():\n    assert calc.unread(0) == 1\n"
    change = ("return n + 1\n", "if n < 0:\n        raise ValueError\n    return n + 1\n")
    found, _ = await proved(tmp_path, made, change, beside={"tests/test_x.py": held})
    assert found is Verdict.ON_ONE_EXAMPLE


async def test_another_name_is_no_repair_that_one_example_proves(tmp_path: Path) -> None:
    made = "import calc\n\n\ndef test_made():\n    assert calc.listed('ab') == ['b', 'a']\n"
    change = ("found.sort()", "found.reverse()")
    found, _ = await proved(tmp_path, made, change, beside={"tests/test_x.py": HELD})
    assert found is Verdict.ON_ONE_EXAMPLE
