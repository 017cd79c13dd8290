# ruff: noqa: E501 (a table reads best with a row a line)
"""What prose says of a session, of a traceback's names, and what is only confirmed."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import examples
from test_reproduction import fence, offered, tree

from bot.domain.fixes.reproduction import BugReport, attempts, confirmed, graded

SESSION = ">>> from shop.cart import Cart, first\n>>> c = Cart('ana')\n>>> c.lines\n['a', 'b']\n>>> first([3, 4])\n{'size': 3, 'page': 4}\n\n"

# (what follows the session, the line that must be asked first, what came instead)
TOLD = [
    ("`c.lines` should be `['a']`.", "assert c.lines == ['a']", "['a', 'b']"),
    ("`c.lines` should be empty.", "assert len(c.lines) == 0", "2"),
    ("`c.lines` should have one element.", "assert len(c.lines) == 1", "2"),
    ("`c.lines` should have only 1 element.", "assert len(c.lines) == 1", "2"),
    ("`c.lines` should be the same as `sorted(c.saved)`.", "assert c.lines == sorted(c.saved)", "['a', 'b']"),
    ("`page` should be `3`, ..., `size` should be `4`.", "assert first([3, 4])['page'] == 3", "4"),
    ("`c.saved` should be `[1]`.", "assert c.saved == [1]", ""),
    ("I'd expect only the one pair `{'size': 3}`.", "assert first([3, 4]) == {'size': 3}", "{'size': 3, 'page': 4}"),
    ("It should give `{'size': 3}`.", "assert first([3, 4]) == {'size': 3}", "{'size': 3, 'page': 4}"),
    ("Nothing was put in, so nothing should come out: {}.", "assert first([3, 4]) == {}", "{'size': 3, 'page': 4}"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "actual"), TOLD)
def test_an_expectation_goes_to_the_question_that_it_names(text, line, actual):
    best = offered(SESSION + text)[0]
    assert line.replace("'", '"') in best.source.replace("'", '"'), best.source
    assert best.reason.actual == actual


def test_what_holds_and_prints_something_else():
    session = fence(">>> from shop.cart import first\n>>> first([3, 4])\n0", "pycon")
    best = offered(f"This should hold and prints `490` instead:\n\n{session}")[0]
    assert "assert first([3, 4]) == 0" in best.source
    assert best.reason.actual == "490"


SEVERAL = (
    ">>> from shop.cart import first, total\n>>> first(int, None)\n>>> first(str, None)\n'None'\n"
    ">>> first({'a': str}, {'a': None})\n{'a': 'None'}\n\n"
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("With `int` it is right, with `str` I'd expect None as well.", "first(str, None) is None"),
        ("It should be None.", "first(str, None) is None"),
        ("It should be `{'a': None}`.", 'first({"a": str}, {"a": None}) == {"a": None}'),
        ("With `str` I'd expect `'nothing'`.", 'first(str, None) == "nothing"'),
    ],
)
def test_of_several_answers_one_is_of_the_kind_of_what_should_come(text, line):
    best = offered(SEVERAL + text)[0]
    assert f"assert {line}\n" in best.source, best.source


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("I'd expect 0 for the empty list.", ""),
        ("It should be 0 when nothing is in there.", ""),
        ("I'd expect 0 for `first([])`.", "first([]) == 0"),
        ("I'd expect 0 for `[]`.", "first([]) == 0"),
        ("I'd expect 0 for 'bob'.", 'first(["bob"]) == 0'),
        ("I'd expect 0 for that.", "first([7]) == 0"),
    ],
)
def test_which_line_is_meant_may_stand_behind_the_value(text, line):
    session = ">>> from shop.cart import first\n>>> first(['bob'])\n1\n>>> first([])\n3\n>>> first([7])\n7\n"
    found = [one.source for one in offered(f"{session}\n{text}")]
    assert {f"assert {line}\n" in source for source in found} == ({True} if line else set())


def test_what_two_lines_name_is_told_of_neither():
    session = ">>> from shop.cart import first\n>>> first(str, 1)\n2\n>>> first(str, 3)\n4\n\n"
    assert offered(f"{session}With `str` I'd expect 5.") == []
    assert "assert first(str, 3) == 5" in offered(f"{session}I'd expect 5.")[0].source
    assert "assert first(str, 1) == 4" in offered(f"{session}With `str` I'd expect 4.")[0].source


SILENT = [
    "It must be the other way round.",
    "`c.lines` should not be empty.",
    "`c.lines` should not be the same as `sorted(c.saved)`.",
    "`c.lines` should behave the same as `list`.",
    "`total(2)` should be the same as before.",
    "The page should have 3 elements.",
    "This should work with 2 items too, I think.",
]


@pytest.mark.parametrize("text", SILENT)
def test_what_cannot_be_read_is_no_test_and_is_confirmed(text):
    report = BugReport(number=3, body=SESSION + text)
    found = attempts([report], tree(), name="C-12")
    assert found.tests == []
    says = [one.says for one in found.observed]
    assert says == ["`c.lines` gives ['a', 'b']", "`first([3, 4])` gives {'size': 3, 'page': 4}"]
    assert confirmed(found.observed[-1]) == (
        "Confirmed: `first([3, 4])` gives {'size': 3, 'page': 4}, as reported. What it should give "
        "is not said in a form that can be read: add a line such as: `first([3, 4])` returns "
        "{'size': 3, 'page': 4}, expected ..."
    )


def test_a_class_is_compared_as_it_shows_itself():
    shown = "Line(name='mug', count=1)"
    best = offered(f">>> Line('mug')\nLine(name='mug', count=2)\n\nIt should be {shown}.")[0]
    assert f'== "{shown}"' in best.source
    assert "repr(Line(" in best.source


MOMENTS = [
    ("gives 2024-12-30, it should be 2024-12-31", "date(2024, 12, 31)", "datetime.date(2024, 12, 30)"),
    ("returns 12:15 (should be 0:15)", "time(0, 15)", "datetime.time(12, 15)"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected", "actual"), MOMENTS)
def test_dates_and_times_are_values(text, expected, actual):
    best = offered(f"`first([3])` {text}.")[0]
    assert f"assert first([3]) == {expected}" in best.source
    assert best.reason.actual == actual
    log = f"{best.test}\nE   AssertionError: assert 'x' == datetime.{expected}"
    assert graded(log, best.test, best.reason.model_copy(update={"actual": ""})) is None


TRACEBACK = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    first(word, buf)\n  File "shop/cart.py", line 33, in first\n    return items[0]\nIndexError: no items\n'


@pytest.mark.parametrize(
    ("told", "setup"),
    [
        ("`word` is `''` and `buf` is an `io.BytesIO()`.", ['word = ""', "buf = BytesIO()"]),
        ("We have `label = 'mug'`, and `buf` is a `Cart()`.", ['word = "mug"', "buf = Cart()"]),
        ("`label` is empty (`[]`), with buf = [1]", ["word = []", "buf = [1]"]),
    ],
)
def test_names_of_a_traceback_are_those_of_the_report(told, setup):
    (one,) = offered(f"{told}\n\n{fence(TRACEBACK, '')}")[:1]
    lines = [line.strip() for line in one.source.splitlines()]
    assert {*setup, "first(word, buf)"} <= {*lines}
    assert (one.reason.exception, one.reason.message) == ("IndexError", "no items")


def test_names_that_nothing_defines_are_no_example():
    assert offered(fence(TRACEBACK, "")) == []


@pytest.mark.parametrize(
    "wanted",
    ["`first` should refuse it.", "I expected a proper error.", "An EmptyCart and no exception."],
)
def test_an_error_that_is_wanted_is_no_crash(wanted):
    body = fence("first([])") + f"\n{wanted}\n" + fence(TRACEBACK, "")
    found = attempts([BugReport(number=3, body=body)], tree(), name="C-12")
    assert found.tests == []
    assert {one.says for one in found.observed} == {"`first([])` raises IndexError"}
    assert offered(body.replace(wanted, "Please help."))


OUT = {"shop/out.py": "def show(text=None, file=None):\n    return text\n"}
CALL = st.sampled_from(
    ["show(chunk, file=buf)", "first(items)", "first(my_list, n=2)", "total(x)", "slug(path)"]
)


@given(
    CALL, st.sampled_from(["{} crashes", "`{}` raises IndexError", "{} of nothing fails: `b''`"])
)
@examples(60)
def test_a_call_is_never_made_without_its_arguments(call, title):
    name = call.partition("(")[0]
    trace = TRACEBACK.replace("first(word, buf)", call)
    body = f"`{name}()` raises IndexError.\n\n{fence(trace, '')}"
    for one in offered(body, title=title.format(f"{name}()"), files=tree(**OUT)):
        calls = [n for n in ast.walk(ast.parse(one.source)) if isinstance(n, ast.Call)]
        assert all(n.args for n in calls if ast.unparse(n.func) == name), one.source


def test_what_it_said_is_what_came_and_not_a_number_of_the_story():
    told = "The bill was 100.00. I typed\n\n    first([3, 4])\n\nand it said [3]. It should be [4]."
    assert [one.reason.actual for one in offered(told)] == ["[3]"]


PRINTED = (
    "```python\nfrom shop.cart import first, total\nprint(first([3]))\nprint(total([4]))\n```\n\n"
)


def test_of_what_a_script_prints_a_line_is_one_of_its_kind():
    shown = "```\n{'size': 3}\n{'size': 4}\n```\n\n"
    assert offered(f"{PRINTED}prints\n\n{shown}In line one I want `many`.") == []
    [one] = offered(f"{PRINTED}prints\n\n{shown}In line one I want `{{'size': 1}}`.")
    assert "assert \"{'size': 1}\" in output" in one.source


def test_what_is_left_alone_is_no_line_of_a_script():
    crash = 'Traceback (most recent call last):\n  File "u.py", line 2, in <module>\n    print(first([3]))\nTypeError: no'
    told = f"{PRINTED}{fence(crash, '')}\n\nI expected three to be left alone."
    assert offered(told), "that it raises is all it shows"
    assert not any("unchanged" in one.source for one in offered(told))


def test_what_is_left_alone_is_no_line_of_a_loop():
    loop = fence(
        ">>> from shop.cart import first\n>>> for each in ([3], [4]):\n...     print(first(each))\n3\n4",
        "pycon",
    )
    assert not any(
        "unchanged" in one.source for one in offered(f"{loop}\n\nThey should be left alone.")
    )


def test_a_block_of_another_call_says_nothing_of_this_one():
    told = "{}### Actual\n\n```\nAt 3\nAt 4\n```\n\n### Expected\n\nAs `{}` has it:\n\n```\nAt 9, and 1\n```"
    assert offered(told.format(PRINTED, "'x y'")) == []
    assert offered(told.format(PRINTED, "3"))


def test_a_part_of_a_list_stands_where_one_like_it_stood():
    told = ">>> from shop.cart import first\n>>> first([3])\n[('name', 'Name'), ('date', '')]\n\nExpected: `{}`."
    [one] = offered(told.format("('date', 'Date')"))
    assert 'assert first([3]) == [("name", "Name"), ("date", "Date")]' in one.source
    assert one.reason.actual == "[('name', 'Name'), ('date', '')]"
    assert offered(told.format("('other', 'Other')")) == []
