"""The small repository that the policy's table tests patch."""

from bot.domain.fixes.patch import Entry, diff
from bot.domain.fixes.policy import Rules, judge

CART = '''"""The cart."""

from shop.money import Money


def total(items):
    """Sum of prices.

    >>> total([])
    0
    """
    result = 0
    for item in items:
        result += item.price * item.count
    return result


def add(items, item):
    items.append(item)
    return items
'''

TEST_CART = """import pytest

from shop import cart
from shop.cart import add, total

CASES = [(1, 1), (2, 2)]


class Item:
    def __init__(self, price, count=1):
        self.price = price
        self.count = count


@pytest.fixture
def items():
    return [Item(2), Item(3)]


def test_total(items):
    result = total(items)
    assert result == 5
    assert result > 0


@pytest.mark.parametrize(("given", "expected"), [(1, 1), (2, 2), (3, 3)])
def test_many(given, expected):
    assert total([Item(given)]) == expected


def test_raises():
    with pytest.raises(AttributeError):
        total([None])


class TestAdd:
    def test_add(self, items):
        assert len(add(items, Item(1))) == 3

    def test_add_keeps_order(self, items):
        for index, price in enumerate([2, 3]):
            assert items[index].price == price
"""

TEST_UNITTEST = """import unittest

from shop.cart import total


class TotalTest(unittest.TestCase):
    def setUp(self):
        self.items = []

    def test_empty(self):
        self.assertEqual(total(self.items), 0)
        self.assertTrue(total([]) == 0)

    def test_bad(self):
        with self.assertRaises(AttributeError):
            total([None])
"""

PROOF = """from shop.cart import total


def test_reported():
    assert total([4711, "voucher"]) == 4242
"""

TEST_JS = """import { total } from "../src/cart.js";

describe("total", () => {
  it("adds", () => {
    expect(total([1, 2])).toBe(3);
  });
});
"""

TEST_GO = """package cart

import "testing"

func TestTotal(t *testing.T) {
	if got := Total(1, 2); got != 3 {
		t.Fatalf("got %d", got)
	}
}
"""

LIB_RS = """pub fn total(a: u32, b: u32) -> u32 {
    a + b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds() {
        assert_eq!(total(1, 2), 3);
    }
}
"""

FILES: dict[str, str] = {
    "README.md": "# Shop\n\nA shop.\n",
    "shop/__init__.py": "",
    "shop/cart.py": CART,
    "shop/money.py": "class Money:\n    pass\n",
    "shop/cli.py": "import argparse\nimport sys\n\n\ndef main():\n    return 0\n",
    "shop/fetch.py": "import requests\n\n\ndef get(url):\n    return requests.get(url)\n",
    "shop/dos.py": "ONE = 1\r\nTWO = 2\r\nTHREE = 3\r\n",
    "shop/long.py": "".join(f"value_{n} = {n}\n" for n in range(900)),
    "tests/test_cart.py": TEST_CART,
    "tests/test_unit.py": TEST_UNITTEST,
    "tests/test_soulcaster_c12.py": PROOF,
    "tests/conftest.py": "import pytest\n\n\n@pytest.fixture\ndef shop():\n    return {}\n",
    "tests/data/expected.json": '{"total": 5}\n',
    "src/cart.js": "export const total = (xs) => xs.reduce((a, b) => a + b, 0);\n",
    "test/cart.test.js": TEST_JS,
    "migrations/0000.sql": "create table shop (id int);\n",
    "cart/cart.go": "package cart\n\nfunc Total(a, b int) int {\n\treturn a + b\n}\n",
    "cart/cart_test.go": TEST_GO,
    "rust/lib.rs": LIB_RS,
    "pyproject.toml": "[project]\nname = 'shop'\n",
    "package.json": "{}\n",
    "bin/run.sh": "#!/bin/sh\nexec shop\n",
    "docs/guide.md": "Guide.\n",
}
PROOF_TESTS = ("tests/test_soulcaster_c12.py",)


def _entry(content: str | bytes | Entry) -> Entry:
    if isinstance(content, Entry):
        return content
    return Entry(data=content.encode() if isinstance(content, str) else content)


TREE = {path: _entry(text) for path, text in FILES.items()} | {
    "bin/run.sh": Entry(mode=0o100755, data=FILES["bin/run.sh"].encode()),
    "latest": Entry(mode=0o120000, data=b"docs"),
    "logo.png": Entry(data=b"\x89PNG\0\1"),
    "shop/latin.py": Entry(data="# -*- coding: latin-1 -*-\nNAME = 'é'\n".encode("latin-1")),
}


def edit(path: str, old: str, new: str) -> dict[str, str]:
    """``FILES[path]`` with one replacement; the old text must be there."""
    assert old in FILES[path], (path, old)
    return {path: FILES[path].replace(old, new)}


def findings(changes, rules=None):
    """What the judge says of replacing ``changes``; None deletes."""
    after = dict(TREE)
    for path, content in changes.items():
        if content is None:
            del after[path]
        else:
            after[path] = _entry(content)
    patch = diff(TREE, after)
    return judge(patch, rules or Rules(), proof_tests=PROOF_TESTS, tree=TREE)
