# ruff: noqa: E501 (a table reads best with a row a line)
"""Forms in which reports tell a bug: where its pieces stand, and how they come together."""

import pytest
from test_reproduction import CART, fence, offered, tree

from bot.domain.fixes.reproduction import graded
from bot.domain.fixes.reproduction.records import Reason

TRACE = 'File "a.py", line 1, in f\n    use(x)\n  File "shop/cart.py", line 33, in first\n    return items[0]\nIndexError: no items'

FORMS = [
    (fence("first([1])  # 1, ok\nfirst([2])  # 4 ?!") + "\nso this must be `2`", "assert first([2]) == 2"),
    (fence("print(first([1]))  # 4\nprint(first([2]))  # 5") + "\nShould be `1` and `2`.", "assert first([1]) == 1"),
    (fence("print(first([1]))\n# <h1>a</h1>") + "\nIt is no heading, it should stay a paragraph:\n`<p>a\\nb</p>`.", "assert str(first([1])).strip() == '<p>a\\nb</p>'"),
    (fence("text = 'a b'\nprint(slug(text))") + "\nThe text should come back unchanged.", "assert slug(text) == text"),
    (fence("first([1])  # hangs here"), "first([1])"),
    (fence("print('a', first([1]))\nprint(2)") + "\nIt prints `a 2`, and should print `a 3`.", r"""assert "a 3" in output.getvalue().strip('\n').splitlines()"""),
    (fence("c = Cart('ana')") + "\nwith that\n" + fence(">>> first(c)\n1") + "\nShould be 2.", "assert first(c) == 2"),
    ("`first([1])` is 5 and `first([2])` is 6; the first should be 1 and the second should be 2.", "assert [first([1]), first([2])] == [1, 2]"),
    ("`first(items)` hangs with an items of `[3]`.", "first(items)"),
    ("`Cart('ana')` is made, but on first use (`.total()`):\n\n" + fence(TRACE, ""), 'Cart("ana").total()'),
    ("I gave `[]` to `first` and expected EmptyCart:\n\n" + fence(TRACE, ""), "with pytest.raises(EmptyCart):"),
    ("from shop.cart import first\nfirst([1])  # gives 2, should be 1", "assert first([1]) == 1"),
    ("As you see:\n\n>>> first([1])\n1\n>>> first([2])\n-1\n>>> first([2, 3])\n2\n\nShould be 0 in the second call.", "assert first([2]) == 0"),
    ("`cat` was -1 there:\n\n" + fence('  File "b.py", line 2, in use\n    return f"{basket.add(cat)} in all"\n' + TRACE, ""), "Cart().add(cat)"),
    ("Today it was empty.\n\n" + fence('  File "b.py", line 2, in use\n    return list(first(parts))\n' + TRACE, ""), "parts = []"),
    ("I call it with a list of two items and the places 0 and 5:\n\n" + fence('  File "b.py", line 2, in use\n    rows = total(rows, *chosen)\n' + TRACE, ""), "chosen = [0, 5]"),
    ("Some are like `data:,x`.\n\n" + fence(TRACE, "") + "\nIf it were invalid I'd have expected ValueError.", 'first("data:,x")'),
    ("A page\n\n    <a href=x>\n\nCall `first()` with it and, say, `x://y`.\n\n**Expected:** `x://a`\n\n**Actual:** `x://b`", 'assert str(first("<a href=x>", "x://y")) == "x://a"'),
    ("The type is `tuple[int, str]`, of a `Cart()`:\n\n" + fence('  File "shop/cart.py", line 33, in add\n    y\nKeyError: 3', ""), "Cart().add(tuple[int, str])"),
    (">>> first([1])\n'<i alt=\"a  b\">'\n\nThe other tool gives `alt=\"a b\"`.", "assert 'alt=\"a b\"' in first([1])"),
    (fence("print(first([1]))") + "\n### Expected\n\n" + fence("a, b", "") + "\n### Actual\n\n" + fence("KeyError: 3", ""), 'assert str(first([1])).strip() == "a, b"'),
    (">>> first([1, 2])\n[1]\n>>> first([1], 2)\n[3]\n\nI'd expect it to give the same as a list, i.e.\n\n>>> first([1, 2])\n[1, 2]", "assert first([1, 2]) == [1, 2]"),
    (fence("from shop.cart import first\nfirst([1])") + "\n\n> TypeError: no list\n\nI'd expect `Bob` to be ignored.", "first([1])"),
    (fence("print(first([1]))\n# {'a': 1} but should be {'a': 2}"), 'assert first([1]) == {"a": 2}'),
    ("### Expected\n\n" + fence("first(x)") + "\nshould give\n\n" + fence("[1]", "") + "\n### Actual\n\nThe `one` is missing:\n\n" + fence("[2]", "") + "\n### Steps\n\n" + fence("x = [1, 2]\nprint(first(x))"), "assert first(x) == [1]"),
    ("`slug('a b')` crashes with KeyError, it should be left alone, so \"a :b:\"", 'slug("a b")'),
    ("| word | `slug(word)` | correct |\n|---|---|---|\n| panic | panick | panics |", 'assert slug("panic") == "panics"'),
    ("`slug('a')` should raise OSError but gives 1.", "with pytest.raises(OSError):"),
    (fence("first([1])\nfirst([2])  # the end") + "\n\nThe second `first` should raise `EmptyCart` but gives `Cart(lines=[<x>])`.", "first([2])"),
    (fence("first([1])  # -> None, should be datetime(2023, 1, 2)"), "assert first([1]) == datetime(2023, 1, 2)"),
    ("With 2024-03-15 `first(datetime(2024, 3, 15))` gives 2024-01-29 00:00:00, it should be 2024-02-29 00:00:00.", "assert first(datetime(2024, 3, 15)) == datetime(2024, 2, 29, 0, 0)"),
    (">>> first([1])\n'<a><b x=1></a>'\n\nInstead it should be `<b x=2>`.", 'assert "<b x=2>" in first([1])'),
    (">>> first([1])\n'a'\n>>> first([2])\n'b'\n>>> first([3])\n'c'\n\nI'd expect `'x'` for the second too and `'y'` for the last one.", 'assert first([2]) == "x"'),
    (">>> first([1])\n'a'\n>>> first([2])\n'b'\n>>> first([3])\n'c'\n\nI'd expect `'x'` for the second too and `'y'` for the last one.", 'assert first([3]) == "y"'),
    ("`first([1])` is None (ok, that is the value)\n- `first([2])` crashes with KeyError, I'd expect 5", "assert first([2]) == 5"),
    ("`first([1])` gives 2, I'd expect an empty list for it: `[[]]`, as above.", "assert first([1]) == [[]]"),
    (">>> first([1, 2])\n[1]\n\nShoud be `[2]`", "assert first([1, 2]) == [2]"),
    (fence("first([1])\n# -> [1]\n# should be [2]"), "assert first([1]) == [2]"),
    (fence("print(first([1]))\nprint(first([2]))") + "\nOutput:\n\n" + fence("[1]\n[3]", "") + "\nExpected output (as others have it):\n\n" + fence("[2]\n[3]", ""), r"""assert output.getvalue().strip('\n').splitlines() == ['[2]', '[3]']"""),
    ("For\n\n" + fence("print(first(['b', 1]))") + "\nthat would be\n\n" + fence("b|\n1|", ""), r"""assert str(first(["b", 1])).strip() == 'b|\n1|'"""),
    (fence("first([1])  # 40063813   ok\nfirst([2])  # 40063812   <-- not ok") + "\nThe last one should give 40063815.", 'assert str(first([2])) == "40063815"'),
    ("`first()` is wrong there:\n\n| input | result | wanted |\n|---|---|---|\n| `x/#a=1` | `x/#a%3D1` | `x/#a=1` |\n| `x` | `x` | same |", 'assert first("x/#a=1") == "x/#a=1"'),
    ("What `slug()` gives:\n\n- `a b` -> `a_b`, should be `a-b`\n- `c` -> `c`", 'assert slug("a b") == "a-b"'),
    (fence("c = Cart('ana')\nc.total()") + "\n### Expected\n\n`c.total()` should be `5`, and the output is `[7]`.", "assert c.total() == 5"),
    (fence("c = Cart('ana')\nc.total()") + "\n### Expected\n\nWith `Cart` the result should be `5`.", "assert c.total() == 5"),
    ("`first([1])` returns 2 instead of raising KeyError.", "with pytest.raises(KeyError):"),
    ('`first([])` crashes with "KeyError: no item", I\'d expect `None`.', "assert first([]) is None"),
    (fence("import time\nprint(first([time.time()]))") + "\nShould print `2`.", "assert first([time.time()]) == 2"),
    (fence("import os\nos.environ['A'] = 'b'\nprint(slug('$A'))  # 'c', should be 'b'"), 'monkeypatch.setenv("A", "b")'),
]  # fmt: skip


@pytest.mark.parametrize(("body", "line"), FORMS, ids=range(len(FORMS)))
def test_the_pieces_of_a_report_come_together(body, line):
    lines = {each.strip() for one in offered(body) for each in one.source.splitlines()}
    assert line in lines, lines


NONE = [
    # said of a part of what is shown
    ">>> first([1, 2])\n[[1], [2, 3]]\n>>> first([1])\n[[1]]\n\nThe parts after the first have the wrong length (3 instead of 2).",
    # a parameter, not what is printed
    "### Expected\n\n`size` limits what is shown, as in the docs.\n\n### Steps\n\n" + fence("print(first([1]))\nprint(first([2]))"),
    # what the report calls so
    fence("a = first([1])\nb = first([2])\nprint(max(a, b))\nprint(a)") + "\nThe first must print `a`.",
    fence("a = 'x'\nprint(first([a]))") + "\n### Expected\n\n`a` is later than `b`.\n### Actual\n\nIt prints `b`.",
    # nobody says of which line, and none shows a name alone
    fence("print(first([1]))\nprint(first([2]))") + "\n### Expected\n\nIt gives just `u1`.",
    fence("print([first([1])])\nprint([2])") + "\n### Expected\n\nIt gives just `u1`.\n### Actual\n\nI get `['u1', 'u3']`.",
    # its parts, another call, a case with an option
    fence("first([1])") + "\n### Expected\n\nIt is read; the result has one event and its `size` is `'json'`.\n### Actual\n\n`1`",
    "`first([1])` has `start` None, it should be `datetime.datetime(2022, 2, 1)`.",
    fence("c = Cart('ana')\nc.add(1)") + "\n### Expected\n\nAfter that `c.parsed([3])` should give `[3]`.\n### Actual\n\nIt is `None`.",
    "`first([1])` gives 2.\n\n`strict=True` does not help. I'd expect `3` for the number.",
    # no cart equals a list
    "A cart: `Cart('ana')`. That should be [1, 2].",
    # a sentence with inputs of its own
    "My call is `first([3])`. It's the same when only one has more (base [1], next [2]; that should be [1, 2]).",
    # each block shows what one of the lines should print
    "### Expected\n\n" + fence("a\nb", "") + "\nand\n\n" + fence("c", "") + "\n### Steps\n\n" + fence("print(first([1]))\nprint(first([2]))"),
    # said of several, and of those that show nothing
    ">>> first([1])\n1\n>>> first([2])\n\nThe first two are right, the others return None and should be 90, 91 and -20.",
    ">>> first([1])\n1\n>>> first([2])\n3\n\nThe first is right, the others return None and should be 90.",
    # another error comes, and holds it
    "`first([1])` should raise EmptyCart (inside of the exception group) but returns 1.",
    # counted, and told without backticks
    ">>> first([1])\n1\n>>> first([2])\n2\n\nI'd expect 4 for the first and 5 for the last.",
    # the same error, in other words
    "It has just one reason:\n\n    first([1])\n\nfails with\n\n    EmptyCart: first([1]) has no\n    Missing: b\n\nbut should say\n\n    EmptyCart: first([1]) has no\n    Missing: a\n    Missing: b\n",
    # what came is no question
    "- `0xff` gives `Line(0xff)`, I expected 255",
    # a value is no question
    "Now `datetime.datetime(2021, 5, 1, tzinfo=Line('Z'))` comes, it should be `datetime.datetime(2021, 5, 1)`.",
]  # fmt: skip


@pytest.mark.parametrize("body", NONE, ids=range(len(NONE)))
def test_what_is_said_of_something_else_is_no_expectation(body):
    assert offered(body) == []


def test_what_a_class_makes_is_not_the_one_true():
    alike = "\n\nclass Alike:\n    def __eq__(self, other):\n        return True\n"
    files = tree(**{"shop/cart.py": CART + alike})
    assert offered("`Alike()` should be True.", files=files) == []
    assert offered("`Alike()` should be 5.", files=files)


def test_a_value_told_elsewhere_is_of_what_the_report_says_came():
    lines = fence("print(first([1]))  # True, fine\nprint(first([2]))  # False ???")
    told = "\nI can't use `first([3])` there either.\n\nIt must be True."
    assert not any("first([3])" in one.source for one in offered(lines + told))
    alone = "\nI use `first([3])`.\n\nIt must be True."
    assert any("assert first([3]) is True" in one.source for one in offered(alone))


LONG = "E   assert ['<a href=...'] == ['<b']\nE     At index {} diff: {} != '<b'"


@pytest.mark.parametrize(
    ("at", "came", "is_it"),
    [(0, "'<a href=1>'", True), (1, "'<i>'", True), (1, "'<a href=1>'", False), (0, "'x'", False)],
)
def test_of_long_lists_the_log_shows_where_they_differ(at, came, is_it):
    reason = Reason(exception="AssertionError", actual="['<a href=1>', '<i>']")
    red = f"test_first_as_reported\n{LONG.format(at, came)}"
    assert bool(graded(red, "test_first_as_reported", reason)) is is_it
    cut = Reason(exception="AssertionError", actual="['<a href=1>', '<i")
    assert bool(graded(red, "test_first_as_reported", cut)) is ("a href" in came)


def test_what_a_sentence_asks_anew_and_what_came_there_are_not_said_of_the_script():
    script = (
        fence("from shop.cart import first, total\ntotal([2])\nfirst([1])")
        + "\n\n"
        + fence(TRACE, "")
    )
    told = "Smaller: `first(first(Cart()))` should be `[3]`, and that fails with `TypeError: no`."
    lines = [one.source.splitlines() for one in offered(f"{script}\n\n{told}")]
    assert lines
    assert not [each for each in lines if "    assert first([1]) == [3]" in each]
    assert not [each for each in lines if any("TypeError" in line for line in each)]


def test_a_sentence_that_calls_something_else_says_nothing_of_a_session():
    told = "Same story with a cart, `first(Cart(l=[2])).x` dies on `.x`, it should be 2."
    sources = [one.source for one in offered(f">>> first([1])\n1\n>>> first([2])\n3\n\n{told}")]
    assert not [each for each in sources if "first([2]) == 2" in each]


def test_of_a_session_that_ends_in_an_error_that_is_what_is_wrong():
    session = ">>> from shop.cart import first, total\n>>> first([1])\n0\n>>> total([2])\nTraceback (most recent call last):\nKeyError: 2"
    best = offered(f"Here I'd expect 60:\n\n{session}")[0]
    assert "assert total([2]) == 60" in best.source
    assert best.reason.exception == "KeyError"


def test_an_error_that_is_only_named_is_not_wanted():
    told = "# KeyError from first() / EmptyCart\n\n" + fence(
        "from shop.cart import first\nfirst([1])  # KeyError"
    )
    sources = [one.source for one in offered(f"{told}\n\nThe text of EmptyCart is long.")]
    assert not [each for each in sources if "EmptyCart" in each]


def test_what_is_made_of_a_class_equals_no_list_either():
    said = "An order: `Order('ana')`. That should be [1, 2]."
    for base, equal in (("Cart", False), ("list", True), ("Cart, list", True)):
        files = tree(
            **{"shop/order.py": f"from shop.cart import Cart\n\n\nclass Order({base}):\n    pass\n"}
        )
        assert bool(offered(said, files=files)) is equal


def test_an_argument_of_an_object_is_not_what_came():
    reason = Reason(exception="AssertionError", actual='"too short"')
    red = "test_first_as_reported\nE   AssertionError: assert Or(int, error='too short') == 'a'"
    assert graded(red, "test_first_as_reported", reason) is None
    came = red.replace("Or(int, error='too short')", "'too short'")
    assert graded(came, "test_first_as_reported", reason) == "as reported"


def test_no_list_is_as_many_as_its_parts():
    reason = Reason(exception="AssertionError", actual="[[1], [2]]")
    red = "test_first_as_reported\nE   AssertionError: assert [[1], [2]] == 2"
    assert graded(red, "test_first_as_reported", reason) is None
    assert graded(red.replace("== 2", "== [2]"), "test_first_as_reported", reason)


PICKLES = [
    "import pickle\nassert first(pickle.loads(pickle.dumps(1) and b'x')) == 1",
    "import pickle as p\nassert first(p.loads(b'x')) == 1",
    "from pickle import loads\nassert first(loads(b'x')) == 1",
    "import pickle\nassert first(pickle.loads(b'x')) == 1",
    "import pickle\nx = [pickle]\nassert first(x[0].loads(b'x')) == 1",
    "import pickle\nf = pickle.loads\nassert first(f(b'x')) == 1",
]


@pytest.mark.parametrize("code", PICKLES)
def test_a_pickle_is_read_only_where_it_is_written(code):
    assert offered(fence(code)) == []
    assert offered(fence("import pickle\nassert first(pickle.loads(pickle.dumps(1))) == 1"))


def test_a_text_told_as_an_answer_is_not_what_it_is_asked_with():
    body = (
        "A page `<p>`.\n\nCall `first()` with it: `x://b`.\n\n**Expected:** `x://a`\n\n**Actual:** "
    )
    told = [line for one in offered(f"{body}`x://b`") for line in one.source.splitlines()]
    assert not any("first(" in line and "x://b" in line for line in told)
    assert (
        offered("Call `first()` with `x://b`.\n\n**Expected:** `x://a`\n\n**Actual:** `None`") == []
    )
