# ruff: noqa: E501 (a table reads best with a row a line)
"""Forms in which reports tell a bug: where its pieces stand, and how they come together."""

import pytest
from test_reproduction import fence, offered

TRACE = 'File "a.py", line 1, in f\n    use(x)\n  File "shop/cart.py", line 33, in first\n    return items[0]\nIndexError: no items'

FORMS = [
    (fence("first([1])  # 1, ok\nfirst([2])  # 4 ?!") + "\nso this must be `2`", "assert first([2]) == 2"),
    (fence("print(first([1]))  # 4\nprint(first([2]))  # 5") + "\nShould be `1` and `2`.", "assert first([1]) == 1"),
    (fence("print(first([1]))\n# <h1>a</h1>") + "\nIt is no heading, it should stay a paragraph:\n`<p>a\\nb</p>`.", "assert str(first([1])) == '<p>a\\nb</p>'"),
    (fence("text = 'a b'\nprint(slug(text))") + "\nThe text should come back unchanged.", "assert slug(text) == text"),
    (fence("first([1])  # hangs here"), "first([1])"),
    (fence("print('a', first([1]))\nprint(2)") + "\nShould print `a 3`.", 'assert "a 3" in output.getvalue().splitlines()'),
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
    (fence("import os\nos.environ['A'] = 'b'\nprint(slug('$A'))  # 'c', should be 'b'"), 'monkeypatch.setenv("A", "b")'),
]  # fmt: skip


@pytest.mark.parametrize(("body", "line"), FORMS, ids=range(len(FORMS)))
def test_the_pieces_of_a_report_come_together(body, line):
    lines = {each.strip() for one in offered(body) for each in one.source.splitlines()}
    assert line in lines, lines


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
