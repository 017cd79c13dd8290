# ruff: noqa: E501 (a table reads best with a row a line)
"""From what people write to a failing test; and what they can't smuggle into it."""

import ast
import json
import re

import pytest
from steps import growth

from bot.domain.fixes.patch import Entry
from bot.domain.fixes.reproduction import BugReport, attempts, graded
from bot.domain.fixes.reproduction.records import Reason
from bot.domain.models import Frame

FAILED = "Traceback (most recent call last):\n  ...\nIndexError: x"

CART = """
from dataclasses import dataclass

LIMIT = 10


class EmptyCart(LookupError):
    pass


@dataclass
class Line:
    name: str
    count: int = 1


class Cart:
    def __init__(self, owner=""):
        self.lines = []
        self.saved = []

    def add(self, line):
        self.lines.append(line)

    def total(self):
        return 0


def total(items, tax=0):
    return 0


def first(items):
    return items[0]


def greeting(name, number=1):
    return ""
"""
TREE = {
    "shop/__init__.py": "from shop.cart import Cart\n",
    "shop/cart.py": CART,
    "shop/text.py": "import os\n\n\ndef slug(text):\n    return text\n\n\ndef total(words):\n    return 0\n",
    "shop/cli.py": "def main():\n    return 0\n",
    "tests/test_cart.py": 'from shop.cart import first\n\n\ndef test_first():\n    assert first(["a"]) == "a"\n',
    "pyproject.toml": "[project]\nname = 'shop'\n[project.scripts]\nshopctl = 'shop.cli:main'\n[tool.pytest.ini_options]\n",
}


def tree(**more):
    files = TREE | more
    return {path: Entry(data=text.encode()) for path, text in files.items()}


def offered(body, title="", files=None, frames=()):
    report = BugReport(number=3, title=title, body=body, frames=frames)
    return attempts([report], files or tree(), name="C-12").tests


def fence(code, language="python"):
    return f"```{language}\n{code}\n```"


CRASHED = """```
Traceback (most recent call last):
  File "run.py", line 3, in <module>
    print(first([]))
  File "shop/cart.py", line 33, in first
    return items[0]
IndexError: list index out of range
```"""
# (what somebody wrote, the line that must be asked first, the reason: exception and what came)
TELLING = [
    ("`first([1, 2])` returns 2, expected 1.", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    ("`first([1, 2])` returned `2`; expected `1`", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    ("Calling `first([1, 2])` gives 2 instead of 1.", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    ("`first([1, 2])` should return 1 but returns 2.", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    ("`first([1, 2])` should be 1, but it is 2", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    ("I expected 1 from `first([1, 2])`, got 2", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    ("expected `first([1, 2])` to be 1, but got 2", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    ("I expect `first([1, 2])` to return 1, actually it returns 2", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    ("first([1, 2]) returns 2, not 1", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    ("`shop.cart.first([1])` returns None, expected 1", "assert first([1]) == 1", ("AssertionError", "None")),
    ("`cart.first([1])` returns None, expected 1", "assert first([1]) == 1", ("AssertionError", "None")),
    ("`first(['a'])` should give `'a'` but gives `'b'`", 'assert first(["a"]) == "a"', ("AssertionError", "'b'")),
    ("`first([])` should return None, it raises IndexError", "assert first([]) is None", ("IndexError", "")),
    ("calling `first('')` raises IndexError", 'first("")', ("IndexError", "")),
    ("`first([])` fails with `IndexError: list index out of range`", "first([])", ("IndexError", "")),
    ("`first([])` should raise EmptyCart but raises IndexError", "with pytest.raises(EmptyCart):", ("IndexError", "")),
    ("`first([])` should raise `shop.cart.EmptyCart`, instead it returns None", "with pytest.raises(EmptyCart):", ("DID NOT RAISE", "")),
    ("`first([[]])` returns None, should be an empty list", "assert first([[]]) == []", ("AssertionError", "None")),
    ("`first([True])` returns False, expected True", "assert first([True]) is True", ("AssertionError", "False")),
    ("`first([0.3])` returns 0.1, expected 0.3", "assert first([0.3]) == pytest.approx(0.3)", ("AssertionError", "0.1")),
    ("`Cart('ana').total()` returns 0, expected 5", 'assert Cart("ana").total() == 5', ("AssertionError", "0")),
    ("`len(Cart().saved)` is 2, expected 0", "assert len(Cart().saved) == 0", ("AssertionError", "2")),
    ("`first([1, 2])  # => 1 but got 2`", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    (fence("from shop.cart import first\n\nfirst([1, 2])  # => 1 but got 2"), "assert first([1, 2]) == 1", ("AssertionError", "2")),
    (fence("from shop.cart import first\nfirst([1, 2])  # returns 2, should be 1"), "assert first([1, 2]) == 1", ("AssertionError", "2")),
    (fence("first([1, 2])  # expected 1, got 2"), "assert first([1, 2]) == 1", ("AssertionError", "2")),
    (fence("first([])  # raises IndexError"), "first([])", ("IndexError", "")),
    (fence("print(first([1, 2]))  # prints 2, should be 1"), "assert first([1, 2]) == 1", ("AssertionError", "2")),
    (fence("first([1, 2])") + "\n\nExpected: 1\nActual: 2", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    (fence("first([1, 2])") + "\n\n**Expected:** `1`\n\n**Actual:** `2`", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    (fence("first([1, 2])") + "\n\n### Expected behavior\n\n`1`\n\n### Actual behavior\n\n`2`", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    (fence("first([1, 2])") + "\n\n## Expected\n" + fence("1", "") + "\n## Actual\n" + fence("2", ""), "assert first([1, 2]) == 1", ("AssertionError", "2")),
    ("### Steps\n" + fence("c = Cart('ana')\nc.add(Line('mug', 2))\nc.total()") + "\n### Expected\nIt should be 2.\n### Actual\nIt is 0.", "assert c.total() == 2", ("AssertionError", "0")),
    (fence("first([])") + "\n" + fence('Traceback (most recent call last):\n  File "a.py", line 1, in <module>\nIndexError: list index out of range', ""), "first([])", ("IndexError", "")),
    (fence("first([])") + "\nExpected: `None`\n" + fence('Traceback (most recent call last):\n  File "a.py", line 1, in <module>\nIndexError: no', ""), "assert first([]) is None", ("IndexError", "")),
    (fence("assert first([1, 2]) == 1"), "assert first([1, 2]) == 1", ("", "")),
    (fence("x = [1, 2]\nassert first(x) == 1, 'broken'"), "assert first(x) == 1", ("", "")),
    (fence(">>> first([1, 2])\n2", "pycon") + "\nExpected 1.", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    (fence(">>> first([1, 2])\n1", "pycon") + "\nBut it prints `2`.", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    (">>> from shop.cart import first\n>>> first([1, 2])\n2\n\nshould be 1", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    (fence(">>> first([])\nTraceback (most recent call last):\n  ...\nIndexError: x", "pycon"), "first([])", ("IndexError", "")),
    (fence(">>> first([])\nTraceback (most recent call last):\n  ...\nIndexError: x", "pycon") + "\nExpected: `None`", "assert first([]) is None", ("IndexError", "")),
    (fence(">>> first([])\nTraceback (most recent call last):\n  ...\nIndexError: x", "pycon") + "\nI would expect None.", "assert first([]) is None", ("IndexError", "")),
    (fence(">>> print(first(['a b']))\na c", "pycon") + "\nExpected: `a b`", 'assert str(first(["a b"])).strip() == "a b"', ("AssertionError", "a c")),
    (fence(">>> Line('mug')\n<Line mug>", "pycon") + "\nIt prints `Line(name='mug', count=1)`.", 'assert repr(Line("mug")) == "<Line mug>"', ("AssertionError", "Line(name='mug', count=1)")),
    ('```\nTraceback (most recent call last):\n  File "run.py", line 3, in <module>\n    print(first([]))\n  File "shop/cart.py", line 33, in first\n    return items[0]\nIndexError: list index out of range\n```', "first([])", ("IndexError", "")),
    ("The docs:\r\n\r\n```\r\n>>> first([1, 2])\r\n1\r\n```\r\nprints 2", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    ("slug('a b') returns 'a b', expected 'a-b'", 'assert slug("a b") == "a-b"', ("AssertionError", "'a b'")),
    ("`shop.text.total(['a'])` returns 0, expected 1", 'assert total(["a"]) == 1', ("AssertionError", "0")),
    ("`total([1])` from shop/text.py returns 0, expected 1", "assert total([1]) == 1", ("AssertionError", "0")),
    # how another thing does it is how it should be, of all that the line asks
    (fence(">>> Cart('me').saved[-4]\n'x'", "pycon") + "\nA list raises IndexError here, and so should Cart.", 'Cart("me").saved[-4]', ("DID NOT RAISE", "")),
    (fence(">>> first(slug('a'))\n'a'", "pycon") + "\nThat is no list. I would expect `TypeError` to be raised.", 'first(slug("a"))', ("DID NOT RAISE", "")),
    # what is told to compare with is not asked, and what follows is not said of it
    ("`first([3, None])` fails with `TypeError: no`. For strings it works: `first(['b', 'a'])` gives `'b'`. So for numbers I would expect `[3]`.", "first([3, None])", ("TypeError", "")),
    # what should come instead of a crash is said of the reporter's own call
    (CRASHED + "\nIt should stop at the end. Then I'd get `[]`.", "assert first([]) == []", ("IndexError", "")),
    (fence(">>> first([1, 2])\n2", "pycon") + "\nI would have thought I get `1`, since that is first.", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    # a version is no value
    (fence("first([1, 2])") + "\n\n**Expected** of it, as it was with 7.x:\n\n" + fence("1", "") + "\n\n**Actual**\n\n" + fence("2", ""), "assert first([1, 2]) == 1", ("AssertionError", "2")),
    (CRASHED + "\nThe page should show 4.", "first([])", ("IndexError", "")),
    (CRASHED + "\nAs a workaround `first([0])` gives 0. It should return None.", "first([])", ("IndexError", "")),
    # who says it knows how it should be
    ("The docs say that `first([1, 2])` returns 1, but I get 2.", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    ("Why does `first([1, 2])` give 2? Shouldn't that be 1?", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    ("`first([])` should not raise IndexError.", "first([])", ("IndexError", "")),
    ("`first([])` raises `IndexError: no`, I would expect `ValueError('empty')`.", "with pytest.raises(ValueError):", ("IndexError", "")),
    ("**To reproduce**\n\n1. `from shop.cart import first`\n2. `first([1, 2])`\n\n**Expected behavior**\nIt returns `1`.\n\n**Actual behavior**\nIt returns `2`.", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    (CRASHED + "\nIt is not sorted, so I expect the list back as it was.", "assert first([]) == []", ("IndexError", "")),
    (fence(">>> min([1, 2])\n1\n>>> first([1, 2])\n2", "pycon") + "\nBoth should be the same.", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    (CRASHED + "\nI'd be happy with `[]`.", "assert first([]) == []", ("IndexError", "")),
    (CRASHED + "\nNothing is in there, so None would be right.", "assert first([]) is None", ("IndexError", "")),
    ("`first([1, 2])` returns 2. The correct number is 1.", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    # another input, and then what should come
    ("`first([])` should be the same as for `[5]`, so `3`.\n\n" + CRASHED, "assert first([]) == 3", ("IndexError", "")),
    (fence(">>> first([1, 2])\n2\n>>> first([3, 4])\n4\n>>> first([5])\n5", "pycon") + "\nThe first one should be `1` and the second `3`.", "assert first([1, 2]) == 1", ("AssertionError", "2")),
    # a value that is nearly what one line shows is said of it, and not of the one that fails
    (fence(f">>> d = first([{{'a': 1}}])\n>>> d\n{{'a': 1, 'b': None}}\n>>> first([])\n{FAILED}", "pycon") + "\nI'd expect `{'a': 1, 'b': ''}`.", 'assert d == {"a": 1, "b": ""}', ("AssertionError", "{'a': 1, 'b': None}")),
    ("With `first({'a': 1})` it is even a `TypeError: no`. That should be an `EmptyCart` as well.", "with pytest.raises(EmptyCart):", ("TypeError", "")),
    # what came is as it was printed, so what should come is, too
    (r"""`slug('a"')` gives `"\\""`, I would expect `"\""`.""", r"""assert str(slug('a"')) == '"\\""'""", ("AssertionError", r'"\\""')),
    # a heading that goes on says what of
    (fence("first([1, 2])") + "\n\n**Expected** for `'x y'`:\n\n" + fence("1", "") + "\n\n**Actual**\n\n" + fence("2", ""), "assert first([1, 2]) == 1", ("AssertionError", "2")),
    # what is printed of an error
    (fence("from shop.cart import EmptyCart\ntry:\n    first([])\nexcept EmptyCart as e:\n    print(e)") + "\n\n**Expected**\n\n" + fence("no\nitem", "") + "\n\n**Actual**\n\n" + fence("no", ""), "except EmptyCart as e:", ("AssertionError", "['no']")),
    (fence("$ export CART='a=1, b'\n$ python run.py\n" + CRASHED.replace("[]", "'CART'").strip("`\n"), ""), 'monkeypatch.setenv("CART", "a=1, b")', ("IndexError", "")),
]  # fmt: skip


@pytest.mark.parametrize(("body", "line", "reason"), TELLING, ids=range(len(TELLING)))
def test_what_people_write(body, line, reason):
    found = offered(body)
    assert found, "nothing was found"
    best = found[0]
    assert line in [each.strip() for each in best.source.splitlines()], best.source
    assert (best.reason.exception, best.reason.actual) == reason
    assert best.path == "tests/test_soulcaster_c12.py"
    assert best.items == (3,)
    ast.parse(best.source)


@pytest.mark.parametrize(
    "body",
    [
        # what came is told, and it is not what the session shows
        fence(f">>> first([1])\n1\n>>> first([])\n{FAILED}", "pycon")
        + "\nIt's the same the other way: decoding `0603` should give me `'3'`, now I get `'4'`.",
        "`first([])` should be the same as for `3`.\n\n" + CRASHED,
        # one line of several
        fence(">>> print(slug('a'))\na [2]\nb [4]", "pycon") + "\na should be the same, `a [3]`.",
        fence(">>> slug('b')\n'b'\n>>> print(slug('a'))\na [2]\nb [4]", "pycon")
        + "\nThe last one should be `a [3]`.",
        # inputs and what comes of them, of another call than the only one of the block
        fence("cart = first([1, 2])") + "\n* one, `3` -> `3` (I'd expect EmptyCart)",
        # asked of Python's own
        fence(">>> min([2, 3])\n2", "pycon") + "\nThat should be `Line(3)`.",
    ],
)
def test_what_is_told_of_something_else(body):
    found = [one.source for one in offered(body)]
    assert not [source for source in found if re.search(r"== .*3|raises", source)]


def test_a_module_and_a_function_of_one_name():
    files = tree(
        **{"scan.py": "def scan(text):\n    return 1\n\n\ndef build(text):\n    return 2\n"}
    )
    session = ">>> import scan\n>>> scan.scan('a')\n1\n>>> scan.build('a')\n2\n"
    best = offered(fence(session, "pycon") + "\nThe last should be 1.", files=files)[0].source
    assert "import scan\n" in best
    assert "from scan" not in best
    assert 'assert scan.build("a") == 1' in best


def test_a_module_of_pythons_own_and_a_function_of_one_name():
    files = tree(**{"check.py": "def uuid(value):\n    return 1\n"})
    script = fence("import uuid\nimport check\n\nprint(check.uuid(uuid.UUID(int=0)))")
    best = offered(f"{script}\nThis prints 1, it should be 2.", files=files)[0].source
    assert "import uuid\n\nimport check\n" in best
    assert "assert check.uuid(uuid.UUID(int=0)) == 2" in best


def test_a_value_in_a_line_of_its_own_is_of_the_session_above_it():
    first = "Out of one come two:\n\n>>> first([1])\n[1, 2]\n\n"
    told = "There shouldn't be a 2 as well, the 1 is all there is:\n\n[1]\n\n"
    body = f"{first}{told}The same for another:\n\n>>> first([3])\n[3, 4]\n"
    (one,) = offered(body)
    assert "assert first([1]) == [1]" in one.source
    assert one.reason.actual == "[1, 2]"


def test_two_errors_apart_from_the_call_are_none():
    either = CRASHED + "\n`Line` should raise `EmptyCart` here (as `KeyError`, by way of `first`)."
    assert not [one for one in offered(either) if "raises" in one.source]
    assert "raises(EmptyCart)" in offered(either.replace(" (as `KeyError`", " (as usual"))[0].source


def test_the_title_counts():
    assert offered("Please fix.", title="first([1, 2]) returns 2, expected 1")


def test_a_title_that_the_body_repeats_is_no_heading():
    title = "first returns an old value"
    body = f"# {title}\n\n" + fence("first([1, 2])") + "\nThis gives 2, I expect 1."
    assert "assert first([1, 2]) == 1" in offered(body, title=title)[0].source


def test_the_whole_file():
    body = (
        fence("from shop import cart\nc = cart.Cart()\nc.add(cart.Line('a'))\nc.total()")
        + "\nExpected: 1\nActual: 0"
    )
    (one,) = offered(body)
    assert one.source == (
        '"""As reported in I-3: shop.cart.Line."""\n\n'
        "from shop import cart\n\n\n"
        "def test_line_as_reported():\n"
        "    c = cart.Cart()\n"
        '    c.add(cart.Line("a"))\n'
        "    assert c.total() == 1\n"
    )


def test_the_repository_s_style():
    case = "import unittest\n\n\nclass A(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual('a', 'a')\n"
    files = {
        path: text
        for path, text in TREE.items()
        if path not in ("tests/test_cart.py", "pyproject.toml")
    }
    files["checks/test_cart.py"] = case
    found = offered(
        "`first(['x'])` returns 2, expected 1",
        files={p: Entry(data=t.encode()) for p, t in files.items()},
    )
    assert found[0].path == "checks/test_soulcaster_c12.py"
    assert found[0].source == (
        '"""As reported in I-3: shop.cart.first."""\n\n'
        "import unittest\n\n"
        "from shop.cart import first\n\n\n"
        "class AsReported(unittest.TestCase):\n\n"
        "    def test_first_as_reported(self):\n"
        '        self.assertEqual(first(["x"]), 1)\n'
    )


def test_a_file_of_that_name_is_not_overwritten():
    files = tree(**{"tests/test_soulcaster_c12.py": ""})
    assert (
        offered("`first([1])` returns 2, expected 1", files=files)[0].path
        == "tests/test_soulcaster_c12_2.py"
    )


def test_a_source_layout_and_plain_scripts():
    files = {
        "src/pkg/__init__.py": "",
        "src/pkg/a.py": "def inc(x):\n    return x\n",
        "tests/test_a.py": "def test(): pass\n",
    }
    found = offered(
        "`inc(1)` returns 1, expected 2",
        files={p: Entry(data=t.encode()) for p, t in files.items()},
    )
    assert "from pkg.a import inc" in found[0].source
    files = {
        "programs/inc.py": "def inc(x):\n    return x\n",
        "programs/test_inc.py": "from inc import inc\n",
    }
    found = offered(
        "`inc(1)` returns 1, expected 2",
        files={p: Entry(data=t.encode()) for p, t in files.items()},
    )
    assert "from inc import inc" in found[0].source
    assert found[0].path == "programs/test_soulcaster_c12.py"


def test_reports_of_one_thing_are_one_candidate():
    reports = [
        BugReport(number=9, body="`first([1, 2])` returns 2, expected 1"),
        BugReport(number=4, title="first([1, 2]) should be 1", body="but it is 2"),
        BugReport(number=5, body="`slug('a')` returns 'b', expected 'a'"),
    ]
    found = attempts(reports, tree(), name="C-12").tests
    assert [one.items for one in found] == [(4, 9), (5,)]
    assert found[0].source.startswith('"""As reported in I-4, I-9: shop.cart.first."""\n')


def test_what_no_test_asks_for_is_known():
    """A second case told of the first one's call is not read, and a repair of the first is not all."""
    one = "`first([3, 1])` returns 3, expected 1."
    two = f"{one} With a list of two tuples it gives the same 3 instead of 2."
    reports = [BugReport(number=number, body=body) for number, body in enumerate((one, two))]
    more = "I expect `first([3, 1])` to be `1`, `first([4])` to be `(2, first)`, instead of `7`."
    reports.append(BugReport(number=2, body=more))
    reports.append(BugReport(number=3, body=f"{one[:-1]} (a `None` key is nothing to write)."))
    wanted = {0: "", 1: "2", 2: "(2, first)", 3: ""}
    assert attempts(reports, tree(), name="C-12").beyond == wanted


@pytest.mark.parametrize(
    ("text", "beyond"),
    [
        ("`total([3])` ends the same way.", "total([3])"),
        ("The same with `print(Cart().total)`.", "Cart().total"),
        ("`slug`, too.", "slug"),
        ("With `total` I get `NameError: 'x' is not defined` where I'd expect `5`.", "5"),
        ("`print(first([3, 1]))` says the same.", ""),
        ("`total([3])` is right.", ""),
        ("I also see that in `production`.", ""),
        ("Ten times too fast is what `total` counts.", ""),
        ("`{}.pop(9, None)` of a dict does it, too.", ""),
        ("The same with `EmptyCart()`.", "EmptyCart()"),
    ],
)
def test_what_is_said_to_do_it_as_well_is_asked_by_no_test(text, beyond):
    body = f"`first([3, 1])` returns 3, expected 1. {text}"
    report = BugReport(number=1, body=body)
    assert attempts([report], tree(), name="C-12").beyond == {1: beyond}


def test_what_a_variable_gives_is_called_by_nobody():
    """``tidy`` is a bound method here: a call of what it gives would fail as the call of it does."""
    files = tree(
        **{
            "shop/tidy.py": "class Tidy:\n    def all(self, text):\n        return text\n\n\ntidy = Tidy().all\n"
        }
    )
    body = "`tidy(b' x')` ends with\n\n    TypeError: no bytes here\n\nI'd expect `b'x'`."
    found = attempts([BugReport(number=1, body=body)], files, name="C-12").tests
    assert 'assert tidy(b" x") == b"x"' in found[0].source
    assert not [one.source for one in found if "thing = " in one.source]


def test_a_decorator_and_an_error_are_nothing_to_call_with():
    body = "Used as `@retry(wait=first)`, `Cart(1)` ends with\n\n    TypeError: first() got none\n"
    found = attempts([BugReport(number=1, body=body)], tree(), name="C-12").tests
    assert not [one.source for one in found if "thing(" in one.source]


def test_names_in_frames():
    """One of the reporter's own is no function of the checkout, and a module's variable is none."""
    own = 'Traceback (most recent call last):\n  File "/srv/run.py", line 3, in greeting\n    first([])\nIndexError: no'
    assert {one.subject for one in offered(fence(own, "") + "\nIt was `[7]`.")} == {
        "shop.cart.first"
    }
    inner = own.replace("/srv/run.py", "/lib/shop/text.py").replace("first([])", "slug({})")
    assert offered(fence(inner.format("first"), "")) == []
    assert offered(fence(inner.format("total"), ""))


def test_frames_with_their_call():
    frames = (
        Frame(path="run.py", function="<module>", code="print(first([]))"),
        Frame(path="shop/cart.py", function="first", code="return items[0]"),
    )
    found = offered("", title="IndexError: list index out of range", frames=frames)
    assert [one.kind for one in found] == ["traceback"]
    assert "    first([])" in found[0].source
    assert found[0].reason.exception == "IndexError"


def test_plainer_reports_come_first():
    body = "`first([7])` should be 8. `slug('a')` returns `'b'`, expected `'a'`."
    assert [one.says for one in offered(body)] == [
        "shop.text.slug should give 'a', gives 'b'",
        "shop.cart.first should give 8",
    ]


COMMANDS = [
    ("$ python -m shop.cli --count 3\n2", '[sys.executable, "-m", "shop.cli", "--count", "3"]'),
    ("$ python shop/cli.py a 'b c'\n2", '[sys.executable, "shop/cli.py", "a", "b c"]'),
    ("$ shopctl list\n2", '"import sys; from shop.cli import main; sys.exit(main())", "list"]'),
]


@pytest.mark.parametrize(("session", "argv"), COMMANDS)
def test_command_lines(session, argv):
    found = offered(fence(session, "console") + "\n\nExpected: `3`")
    assert [one.kind for one in found] == ["command line"]
    assert argv in found[0].source
    assert 'assert done.stdout.strip() == "3", done.stderr' in found[0].source
    assert found[0].reason.actual == "2"


def test_a_command_that_ends_with_a_traceback():
    session = '$ python -m shop.cli\nTraceback (most recent call last):\n  File "x", line 1, in <module>\nKeyError: 1'
    found = offered(fence(session, ""))
    one = next(one for one in found if one.kind == "command line")
    assert 'assert "Traceback" not in done.stderr' in one.source


HOSTILE = [
    "`first(uuid.os.environ)` returns 1, expected 0",
    "`first(shop.cart.dataclass)` returns 1, expected 0",
    "`first(lambda: __import__('os'))` returns 1, expected 0",
    "`first([open(x) for x in ('/etc/passwd',)])` returns 1, expected 0",
    "`first(f'{open(1)}')` returns 1, expected 0",
    "`first(x.__class__ for x in (1,))` returns 1, expected 0",
    fence("import uuid\nfirst(uuid.os.getcwd())  # => 1 but got 2"),
    fence("import uuid as u\nfirst(u.os.getcwd())  # => 1 but got 2"),
    fence("from uuid import os\nfirst(os.getcwd())  # => 1 but got 2"),
    fence("from collections import _sys\nfirst(_sys.modules)  # => 1 but got 2"),
    fence("from shop.text import os\nfirst(os.getcwd())  # => 1 but got 2"),
    fence("from shop import text\nfirst(text.os.getcwd())  # => 1 but got 2"),
    fence("import shop.text as t\nfirst(t.os.getcwd())  # => 1 but got 2"),
    fence("class A:\n    def f(self):\n        return open('x')\nassert first([A()]) == 2"),
    fence("for x in [1]:\n    open(x)\nassert first([1]) == 2"),
    fence("def test_it():\n    import os\n    assert first([1]) == 2"),
    fence("def test_it():\n    assert first([eval('1')]) == 2"),
    fence("import pytest\ndef test_it():\n    pytest.skip('x')\n    assert first([1]) == 2"),
    "`__import__('os').system('id')` returns 1, expected 0",
    "`first(__import__('os').environ)` returns 1, expected 0",
    "`eval('1')` returns 1, expected 0",
    "`first(open('/etc/passwd'))` returns 1, expected 0",
    "`first.__globals__['os']` returns 1, expected 0",
    "`first([].__class__.__base__.__subclasses__())` returns 1, expected 0",
    "`first((y := 1))` returns 1, expected 0",
    "`first(getattr(first, 'x'))` returns 1, expected 0",
    "`first(2 ** 2 ** 99)` returns 1, expected 0",
    "`first(_x=1)` returns 1, expected 0",
    "`unknown_thing(1)` returns 1, expected 0",
    "`first(unknown)` returns 1, expected 0",
    fence("import os\nos.system('id')\nfirst([1])  # => 1 but got 2"),
    fence("from subprocess import run\nrun('id')\nassert first([1]) == 2"),
    fence("import socket\nassert first([1]) == 2"),
    fence("def f():\n    import os\nassert first([1]) == 2"),
    fence("exec('1')\nassert first([1]) == 2"),
    fence("first.__code__ = 1\nassert first([1]) == 2"),
    fence("while True: pass\nassert first([1]) == 2"),
    fence("with first([1]): pass\nassert first([1]) == 2"),
    fence("try:\n    open('x')\nexcept OSError as e:\n    print(e)\nassert first([1]) == 2"),
    fence("try:\n    first([1])\nexcept open('x') as e:\n    print(e)\nassert first([1]) == 2"),
    fence("del first\nassert first([1]) == 2"),
    fence(">>> import os; os.system('id')\n>>> first([1])\n2", "pycon") + "\nexpected 1",
    fence("$ rm -rf /\n2", "console") + "\nExpected: 3",
    fence("$ python -c 'import os'\n2", "console") + "\nExpected: 3",
    fence("$ python -m shop.cli; id\n2", "console") + "\nExpected: 3",
    fence("$ python -m shop.cli $(id)\n2", "console") + "\nExpected: 3",
    fence("$ python -m http.server\n2", "console") + "\nExpected: 3",
    fence("$ python ../../etc/x.py\n2", "console") + "\nExpected: 3",
]


@pytest.mark.parametrize("body", HOSTILE)
def test_what_is_not_plain_is_not_let_in(body):
    assert offered(body) == []


INJECTED = [
    '`first([\'"""; import os; os.system(1)\'])` returns 1, expected 0',
    '`first(["\\n\\nimport os\\nos.system(1)"])` returns 1, expected 0',
    fence("$ python -m shop.cli '\"]); import os #'\n2", "console")
    + '\nExpected: `"""; import os`',
]


@pytest.mark.parametrize("body", INJECTED)
def test_text_stays_text(body):
    for one in offered(body, title='"""\nimport os\nos.system("id")\n"""'):
        module = ast.parse(one.source)
        imported = {
            alias.name
            for node in ast.walk(module)
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        allowed = {"os", "subprocess", "sys"} if one.kind == "command line" else set()
        assert imported <= allowed
        calls = {ast.unparse(node.func) for node in ast.walk(module) if isinstance(node, ast.Call)}
        assert calls <= {"first", "subprocess.run", "os.pathsep.join", "done.stdout.strip"}


SILENT = [
    fence(">>> print(first([1]))\n2", "pycon") + "\nI'd expect `size` to come out as it was.",
    "",
    "It does not work.",
    "The total is wrong, I paid 5 and expected 3.",
    "`first([1, 2])` is broken",
    fence("some output\nof a program", ""),
    fence("function total() { return 1 }", "js"),
    "Expected: 3\nActual: 4",
    "![image](https://example.org/first([1]))",
]


@pytest.mark.parametrize("body", SILENT)
def test_nothing_to_go_by(body):
    assert offered(body) == []


@pytest.mark.parametrize(
    "text",
    ["expected ", "is ", "`", "first(", "(", "[", "- ", "a.", ">>> first([1])\n1\n", "**", "is\n" * 2, "~~~\n", "$ python -m shop.cli\n"],
)  # fmt: skip
def test_a_hostile_report_cannot_keep_us_busy(text):
    def read(size):
        offered((text * size)[:size])

    assert growth(read, 2_000) < 2.5
    read(70_000)


def test_deep_nesting():
    for text in (
        "(" * 90 + ")" * 90,
        "-" * 5000 + "1",
        "first(" * 80 + ")" * 80,
        "a" + ".b" * 3000,
    ):
        offered(f"`first({text})` returns 1, expected 0")


PYTEST_RED = """
____ test_first_as_reported ____
tests/test_soulcaster_c12.py:7: in test_first_as_reported
    assert first([1, 2]) == 1
E   assert 2 == 1
E    +  where 2 = first([1, 2])
=== short test summary info ===
FAILED tests/test_soulcaster_c12.py::test_first_as_reported - assert 2 == 1
"""


# unittest leaves out of its first line what both have.
UNITTEST_RED = """
FAIL: test_first_as_reported (t.AsReported)
AssertionError: Lists differ: [1, 'man[6 chars], 2] != [1]

First list contains 2 additional elements.
First extra element 1:
'many words'

+ [1]
- [1,
-  'many words',
-  2]
"""


def one(body="`first([1, 2])` returns 2, expected 1"):
    return offered(body)[0]


@pytest.mark.parametrize(
    ("body", "log", "right"),
    [
        ("`first([1, 2])` returns 2, expected 1", PYTEST_RED, True),
        ("`first([1, 2])` returns 3, expected 1", PYTEST_RED, False),
        ("`first([1, 2])` returns 2, expected 1", "1 passed", False),
        ("`first([1, 2])` returns 2, expected 1", PYTEST_RED.replace("test_first", "test_other"), False),
        ("`first([1, 2])` returns 2, expected 1", PYTEST_RED.replace("E   assert 2 == 1", "E   NameError: name 'first'"), False),
        ("`first([1, 2])` returns 2, expected 1", "ImportError while importing test module test_first_as_reported\nE   ModuleNotFoundError: x", False),
        ("`first([1, 2])` returns 2, expected 1", "test_first_as_reported\nE   TypeError: first() takes 1 positional argument but 2 were given", False),
        ("`first([])` raises IndexError", "test_first_as_reported\nE   IndexError: list index out of range", True),
        ("`first([])` raises IndexError", "test_first_as_reported\nE   KeyError: 1", False),
        ("`first([])` returns 1, expected 2", "test_first_as_reported\nE   SyntaxError: no", False),
        ("`first([])` should raise EmptyCart but raises IndexError", "test_first_as_reported\nE   IndexError: x", True),
        ("`first([])` should raise EmptyCart, it returns None", "test_first_as_reported\nE   Failed: DID NOT RAISE <class 'shop.cart.EmptyCart'>", True),
        ("`first([])` should return None, it raises EmptyCart", "test_first_as_reported\nE   shop.cart.EmptyCart: x", True),
        ("`first([1, 2])` returns 2, expected 1", "FAIL: test_first_as_reported (t.AsReported)\nTraceback (most recent call last):\nAssertionError: 2 != 1\nRan 1 test", True),
        ("`first([1])` returns [1, 'many words', 2], expected [1]", UNITTEST_RED, True),
        ("`first([1])` returns [1, 'other words', 2], expected [1]", UNITTEST_RED, False),
        ("`first([1])` should be 3", "test_first_as_reported\nE   AssertionError: assert 'a' == 3", False),
        ("`first([1])` should be 3", "test_first_as_reported\nE   AssertionError: assert 4 == 3", True),
        ("`first([1])` should be 3", "test_first_as_reported\nE   ValueError: no", True),
        ("`first([1])` returns 'a', expected 3", "test_first_as_reported\nE   AssertionError: assert 'a' == 3", True),
        ("`first([1])` fails with `IndexError: no`", "test_first_as_reported\nE   IndexError: another", False),
        ("`first([1])`\n\n### Expected\n\n```\n<a b c d e>\n<f>2</f>\n```\n\n### Actual\n\n```\n<a b c d e>\n<f>3</f>\n```", "test_first_as_reported\nE   AssertionError: assert '<a b c d e...>\\n<f>3</f>' == '<a b c d e...>\\n<f>2</f>'", True),
        ("`first([1])` returns 'a', expected 'b'", "test_first_as_reported\nE   AssertionError: assert 'a' == 'b'", True),
        ("`first([1])` fails with `RecursionError: maximum recursion depth exceeded`", "test_first_as_reported\nE   RecursionError: maximum recursion depth exceeded in comparison", True),
        ("`first([1])` fails with `RecursionError: maximum recursion depth exceeded while calling a Python object`", "test_first_as_reported\nE   RecursionError: maximum recursion depth exceeded in comparison", True),
        # the order of a dict is nobody's report
        ("`first([1])` returns {'a': 1, 'b': 2}, expected {}", "test_first_as_reported\nE   AssertionError: assert {'b': 2, 'a': 1} == {}", True),
        ("`first([1])` returns {'a': 1, 'b': 2}, expected {}", "test_first_as_reported\nE   AssertionError: assert {'b': 3, 'a': 1} == {}", False),
        ("`first([1])` returns {'name': 'web', 'more': [1, 'local']}, expected {'name': 'web'}", "test_first_as_reported\nE   AssertionError: assert {'name': 'web... 'local', 1]} == {'name': 'web'}", True),
        ("`first([1])` returns {'name': 'web', 'more': [1, 'local']}, expected {'name': 'web'}", "test_first_as_reported\nE   AssertionError: assert {'name': 'web... 'other', 1]} == {'name': 'web'}", False),
    ],
)  # fmt: skip
def test_red_for_the_reason(body, log, right):
    told = one(body)
    assert (graded(log, told.test, told.reason) is not None) is right


def test_an_error_that_ends_like_pythons_is_the_checkouts_own():
    reason = Reason(exception="SelectorSyntaxError", message="no")
    log = "test_it\nE   css.SelectorSyntaxError: {}"
    assert graded(log.format("no"), "test_it", reason) == "as reported"
    assert graded(log.format("yes"), "test_it", reason) is None


def test_candidates_are_the_same_every_time():
    reports = [BugReport(number=n, body=body) for n, (body, _, _) in enumerate(TELLING)]
    first = [one.model_dump() for one in attempts(reports, tree(), name="C-12").tests]
    again = [one.model_dump() for one in attempts(reports, tree(), name="C-12").tests]
    assert json.dumps(first) == json.dumps(again)
