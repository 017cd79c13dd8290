"""Whatever a report is put together from: it gives tests that parse, or none, and no error."""

import ast
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_reproduction import TREE

from bot.domain.fixes.patch import Entry
from bot.domain.fixes.reproduction import BugReport, attempts

_FILES = {path: Entry(data=text.encode()) for path, text in TREE.items()}
_CALLS = [
    "total([1, 2], tax=3)", "first([])", "first(iter([]))", "greeting('Bo')[0]", "cart.total()",
    "Cart('me').add(Line('tea', 2))", 'f"{first([1])!r:>{9}}"', "f'''{'''\n'''}'''", "*[1]",
    "slug('a  b')", "first", "first()", "shop.cart.total(range(3))", "[first(x) for x in 'ab']",
    "lambda: 0", "not " * 40 + "first([])", "f(" * 70 + ")" * 70, "raise EmptyCart('none')", "",
]  # fmt: skip
_VALUES = [
    "3", "-1", "`'Hi, Bo'`", "`[]`", "an empty list", "None", "`EmptyCart`", "ValueError: no",
    "`", '"0-9/2 * is not valid"', "[1, ...]", "unchanged", "3 lines", "`*[1]`", "`{`", "inf",
]  # fmt: skip
_WORDS = [
    "returns", "should be", "expected", "instead of", "->", "is", "valid and accepted", "rejected",
    "should give an error, as", "hangs", "So does", "was", "when calling", "the second", "```",
    "**Expected**", "### Actual", "Output:", "\n", "\n\n", "    ", ">>> ", "... ", "$ shopctl", "#",
]  # fmt: skip
_FRAME = 'File "/app/shop/cart.py", line 3, in '
_ASKED = st.sampled_from(_CALLS)
_PIECES = st.one_of(
    _ASKED.map("`{}` ".format),
    _ASKED.map(">>> {}\n".format),
    _ASKED.map("```python\nitems = {}\nprint(items)\n```\n".format),
    st.builds(f"```\n  {_FRAME}{{}}\n    return {{}}\n{{}}\n```\n".format,
              st.sampled_from(["first", "<module>"]), _ASKED, st.sampled_from(_VALUES)),
    st.sampled_from([f"{each} " for each in _VALUES]),
    st.sampled_from([f"{each} " for each in _WORDS]),
)  # fmt: skip
_REPORTS = st.lists(_PIECES, min_size=1, max_size=14).map("".join)


@given(_PIECES, _REPORTS)
@settings(max_examples=40, deadline=None)
def test_any_report_is_read(title, body):
    found = attempts([BugReport(number=1, title=title, body=body)], _FILES, name="C-1")
    for one in (*found.tests, *found.observed):
        ast.parse(one.source)


UNWRITABLE = [
    # wanted, and told without a class
    '`first` says "is no entry" of `*/5`, which should be valid. What is wrong should be rejected.',
    ">>> *[first(1)]\n[1]\n\nIt should be [2].",
    # an f-string may hold a backslash since 3.12
    *["""```python\nprint(f"{first('\u200b')}")\n```\n\nExpected: 2\n\nActual: 3"""]
    * (sys.version_info < (3, 12)),
    "```python\nprint(1)\n" + "".join(f"{' ' * n}if {n}:\n" for n in range(98)) + " " * 98
    + "print(first(1))\n```\n\nExpected:\n\n```\n3\n4\n```",
]  # fmt: skip


@pytest.mark.parametrize("body", UNWRITABLE, ids=range(len(UNWRITABLE)))
def test_what_cannot_be_written_again(body):
    assert attempts([BugReport(number=1, body=body)], _FILES, name="C-1").tests == []
