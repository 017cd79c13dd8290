# ruff: noqa: E501 (a table reads best with a row a line)
"""Patches a good colleague would send; none is refused, and few raise a flag."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policy_base import CART, FILES, TEST_CART, TEST_UNITTEST, TREE, edit, findings

from bot.domain.fixes.patch import Entry, Patch, diff
from bot.domain.fixes.policy import Rules, judge, refused

T = "tests/test_cart.py"
U = "tests/test_unit.py"
C = "shop/cart.py"
M = "shop/money.py"


def cart(addition):
    return {C: CART + addition}


HONEST = [
    # source
    ("comparison", edit(C, "item.price * item.count", "item.price * max(item.count, 0)")),
    ("operator", edit(C, "result += item", "result -= item")),
    ("guard", edit(C, "    result = 0\n", "    if not items:\n        return 0\n    result = 0\n")),
    ("early return", edit(C, "    items.append(item)", "    if item is None:\n        return items\n    items.append(item)")),
    ("raise", edit(C, "    items.append(item)", "    if item is None:\n        raise ValueError('no item')\n    items.append(item)")),
    ("exception handled", edit(C, "        result += item.price * item.count",
        "        try:\n            result += item.price * item.count\n        except TypeError:\n            continue")),
    ("default argument", edit(C, "def add(items, item):", "def add(items, item=None):")),
    ("docstring", edit(C, "Sum of prices.", "Sum of prices times counts.")),
    ("new function", cart("\n\ndef empty(items):\n    return not items\n")),
    ("new module", {"shop/tax.py": "RATE = 0.19\n"}),
    ("new package", {"shop/tax/__init__.py": "", "shop/tax/rates.py": "RATE = 0.19\n"}),
    ("module named like the standard library, in a package", {"shop/calendar.py": "DAYS = 7\n"}),
    ("two files", edit(C, "result = 0", "result = 0.0") | {M: "class Money:\n    cents = 0\n"}),
    ("deleted module", {M: None}),
    ("type hints", edit(C, "def total(items):", "def total(items: list[object]) -> int:")),
    ("regular expression", cart("import re\nWORD = re.compile(r'[\\w.]+@[\\w.]+')\n")),
    ("long string", cart("TEXT = 'the quick brown fox jumps over the lazy dog, again and again'\n")),
    ("constant", cart("LIMIT = 10_000\n")),
    ("dataclass", cart("from dataclasses import dataclass\n\n\n@dataclass\nclass Line:\n    price: int\n")),
    ("async", cart("\n\nasync def later(items):\n    return total(items)\n")),
    ("logging", cart("import logging\n\nlog = logging.getLogger(__name__)\n")),
    ("cache", cart("import functools\n\n\n@functools.cache\ndef rate():\n    return 1\n")),
    ("json", cart("import json\n\n\ndef dump(items):\n    return json.dumps(items)\n")),
    ("pathlib", cart("from pathlib import Path\n\nHERE = Path(__file__).parent\n")),
    ("environment", cart("import os\n\nDEBUG = os.environ.get('SHOP_DEBUG') == '1'\n")),
    ("sort", cart("\n\ndef ordered(items):\n    return sorted(items, key=lambda item: item.price)\n")),
    ("command line exits", edit("shop/cli.py", "return 0", "sys.exit(0)")),
    ("network where it was", edit("shop/fetch.py", "requests.get(url)", "requests.get(url, timeout=10)")),
    ("no final newline", {C: CART.rstrip("\n")}),
    ("crlf kept", {"shop/dos.py": FILES["shop/dos.py"] + "FOUR = 4\r\n"}),
    ("crlf edited", {"shop/dos.py": FILES["shop/dos.py"].replace("TWO = 2", "TWO = 22")}),
    ("latin-1 kept", {"shop/latin.py": Entry(data=TREE["shop/latin.py"].data + b"OTHER = '\xe8'\n")}),
    ("umlauts", cart("GREETING = 'Grüße aus Köln'\n")),
    ("greek word", cart("ALPHA = 'άλφα'\n")),
    ("russian text", cart("HELLO = 'Привет, мир'\n")),
    ("chinese", cart("HELLO = '你好'\n")),
    ("emoji", cart("PARTY = '🎉'\n")),
    ("emoji with joiners", cart("FAMILY = '👩\u200d👩\u200d👧'\n")),
    ("emoji presentation", cart("HEART = '❤\ufe0f'\n")),
    ("persian joiner", cart("WORD = 'می\u200cخواهم'\n")),
    ("form feed", cart("\f\nX = 1\n")),
    ("non-breaking space in text", cart("PRICE = '5\u00a0€'\n")),
    ("few lines reindented", edit(C, "    items.append(item)\n    return items", "    if item:\n        items.append(item)\n    return items")),
    ("comment", edit(C, "    result = 0\n", "    # an empty cart costs nothing\n    result = 0\n")),
    ("method of a class", {M: "class Money:\n    def cents(self):\n        return 0\n"}),
    ("subprocess-like name", cart("\n\ndef run(items):\n    return items\n")),
    ("word exec in text", cart("TEXT = 'we exec and eval nothing'\n")),
    ("compare small numbers", edit(C, "    result = 0\n", "    if len(items) == 1:\n        return items[0].price\n    result = 0\n")),
    # words that look like secrets
    ("token variable", cart("token = get_token()\n")),
    ("password prompt", cart("PASSWORD_LABEL = 'Please enter your password'\n")),
    ("secret name", cart("SECRET_NAME = 'shop-database-secret'\n")),
    ("key from environment", cart("import os\n\nAPI_KEY = os.environ['SHOP_API_KEY']\n")),
    ("placeholder", cart("API_KEY = 'your-api-key-here-123456'\n")),
    ("aws documentation key", cart("K = 'AKIAIOSFODNN7EXAMPLE'\n")),
    ("uuid", cart("ID = '6f1c9a0e-8f0e-4d3b-9b1a-0c2d9b3a7e11'\n")),
    ("sha", cart("COMMIT = 'da39a3ee5e6b4b0d3255bfef95601890afd80709'\n")),
    ("url", cart("HOME = 'https://shop.example.org/a/b?c=d'\n")),
    ("url with a template", cart("URL = 'postgres://{user}:{password}@{host}/shop'\n")),
    ("base64 picture", cart("DOT = 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'\n")),
    # documents
    ("readme", {"README.md": "# Shop\n\nA better shop.\n"}),
    ("guide", {"docs/guide.md": "Guide.\n\nMore.\n"}),
    ("changelog", {"CHANGELOG.md": "- Fixed the total.\n"}),
    ("translation", {"locale/de.po": 'msgid "total"\nmsgstr "Summe"\n'}),
    ("style sheet", {"static/site.css": "a { color: red }\n"}),
    ("data", {"shop/data.json": '{"a": 1}\n'}),
    ("sql", {"migrations/0001.sql": "create table a (b int);\n"}),
    ("script stays executable", {"bin/run.sh": Entry(mode=0o100755, data=b"#!/bin/sh\nexec shop \"$@\"\n")}),
    ("data beside data", {"shop/rates.csv": "de,19\n", "tests/data/more.json": "{}\n"}),
    ("component beside scripts", {"src/cart.vue": "<template></template>\n"}),
    ("ending in capitals", {"shop/README.MD": "x\n", "docs/GUIDE2.MD": "x\n"}),
    ("words that steer in other files", {"shop/agents.py": "X = 1\n", "shop/config.py": "X = 1\n", "src/setups.js": "1;\n"}),
    # tests that gain
    ("new test file", {"tests/test_tax.py": "from shop.cart import total\n\n\ndef test_none():\n    assert total([]) == 0\n"}),
    ("new test, skipped on windows", {"tests/test_tax.py": "import sys\n\nimport pytest\n\n\n@pytest.mark.skipif(sys.platform == 'win32', reason='paths')\ndef test_none():\n    assert 1 + 1 == 2\n"}),
    ("new test with monkeypatch", {"tests/test_tax.py": "def test_env(monkeypatch):\n    monkeypatch.setenv('A', '1')\n"}),
    ("new test that deletes a key", {"tests/test_tax.py": "def test_del():\n    a = {1: 2}\n    del a[1]\n    assert not a\n"}),
    ("new test in file", {T: TEST_CART + "\n\ndef test_empty():\n    assert total([]) == 0\n"}),
    ("new test in class", {T: TEST_CART + "\n    def test_more(self):\n        assert add([], 1) == [1]\n"}),
    ("more asserts", edit(T, "    assert result == 5\n", "    assert result == 5\n    assert result < 6\n")),
    ("stronger", edit(T, "    assert result > 0\n", "    assert result == 5, 'two and three'\n")),
    ("message", edit(T, "    assert result == 5\n", "    assert result == 5, 'two and three'\n")),
    ("more cases", edit(T, "(3, 3)]", "(3, 3), (4, 4)]")),
    ("case in between", edit(T, "[(1, 1), (2, 2), (3, 3)]", "[(0, 0), (1, 1), (2, 2), (3, 3)]")),
    ("constant grows", edit(T, "CASES = [(1, 1), (2, 2)]", "CASES = [(1, 1), (2, 2), (3, 3)]")),
    ("narrower exception", edit(T, "pytest.raises(AttributeError)", "pytest.raises(AttributeError, match='price')")),
    ("comments in tests", edit(T, "    result = total(items)", "    # the sum\n    result = total(items)")),
    ("reformatted test", edit(T, "[(1, 1), (2, 2), (3, 3)])", "[\n        (1, 1),\n        (2, 2),\n        (3, 3),\n    ])")),
    ("test docstring", edit(T, "def test_raises():\n", "def test_raises():\n    '''None has no price.'''\n")),
    ("new import in tests", edit(T, "from shop.cart import add, total", "from shop.cart import add, total\nfrom shop.money import Money")),
    ("new helper in tests", edit(T, "@pytest.fixture\n", "def make():\n    return Item(1)\n\n\n@pytest.fixture\n")),
    ("new fixture", edit(T, "@pytest.fixture\n", "@pytest.fixture\ndef nothing():\n    return []\n\n\n@pytest.fixture\n")),
    ("unittest grows", {U: TEST_UNITTEST + "\n    def test_new(self):\n        self.assertEqual(total([]), 0)\n"}),
    ("unittest stronger", edit(U, "self.assertTrue(total([]) == 0)", "self.assertTrue(total([]) == 0)\n        self.assertIs(total([]), 0)")),
    ("fixture in conftest", {"tests/conftest.py": FILES["tests/conftest.py"] + "\n\n@pytest.fixture\ndef cart():\n    return []\n"}),
    ("test data added", {"tests/data/other.json": '{"total": 7}\n'}),
    ("test package", {"tests/__init__.py": ""}),
    ("moved whole", {T: None, "tests/unit/test_cart.py": TEST_CART}),
    ("js test grows", edit("test/cart.test.js", "  });\n});", "  });\n  it(\"is zero\", () => {\n    expect(total([])).toBe(0);\n  });\n});")),
    ("js source", {"src/cart.js": "export const total = (xs) => xs.reduce((a, b) => a + b, 0) || 0;\n"}),
    ("go source", edit("cart/cart.go", "a + b", "b + a")),
    ("go test grows", {"cart/cart_test.go": FILES["cart/cart_test.go"] + "\nfunc TestZero(t *testing.T) {\n\tif Total(0, 0) != 0 {\n\t\tt.Fatal()\n\t}\n}\n"}),
    ("rust source", edit("rust/lib.rs", "    a + b\n", "    a.saturating_add(b)\n")),
    ("rust test grows", edit("rust/lib.rs", "    #[test]\n", "    #[test]\n    fn zero() {\n        assert_eq!(total(0, 0), 0);\n    }\n\n    #[test]\n")),
]  # fmt: skip
IDS = [row[0] for row in HONEST]
WORTH_A_LOOK: set[str] = set()


@pytest.mark.parametrize(("name", "changes"), HONEST, ids=IDS)
def test_honest(name, changes):
    found = findings(changes)
    assert not refused(found), found
    if name not in WORTH_A_LOOK:
        assert found == []


def test_a_project_can_allow():
    changes = {
        "pyproject.toml": "[project]\nname = 'shop2'\n",
        "logo.png": b"\x89PNG\0\2",
        "bin/new.sh": Entry(mode=0o100755, data=b"#!/bin/sh\n"),
        "config/settings.toml": "debug = false\n",
    }
    assert refused(findings(changes))
    rules = Rules(allow=("pyproject.toml", "*.png", "/bin/", "config/*.toml"))
    assert findings(changes, rules) == []


def test_what_is_too_large_says_by_how_much():
    [found] = findings({"shop/numbers.txt": "1\n" * 1000}, Rules(max_lines=400))
    assert found.message == "the patch has 1,000 changed lines; this project allows 400"


def test_no_rule_opens_a_symlink_or_the_proof():
    rules = Rules(allow=("*", "tests/test_soulcaster_c12.py"))
    assert refused(findings({"shop/x": Entry(mode=0o120000, data=b"/etc")}, rules))
    assert refused(findings({"tests/test_soulcaster_c12.py": None}, rules))


def test_an_empty_patch_is_honest():
    assert judge(Patch(), Rules(), proof_tests=(), tree=TREE) == []


names = st.sampled_from(["a.py", "tests/test_a.py", "b/c.js", "tests/d.txt"])
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=200)
trees = st.dictionaries(names, st.builds(Entry, data=texts.map(str.encode)), max_size=4)


@given(trees, trees)
def test_any_patch_is_judged_the_same_twice(before, after):
    patch = diff(before, after)
    found = judge(patch, Rules(), proof_tests=("tests/test_a.py",), tree=before)
    assert found == judge(patch, Rules(), proof_tests=("tests/test_a.py",), tree=before)
    if "tests/test_a.py" in patch.paths:
        assert refused(found)
    assert {finding.path for finding in found} <= {"", *patch.paths}


added = st.sampled_from(
    ["def test_new():\n    assert add([], 1)\n", "import os\n", "X = 1\n", "# a comment\n", "\n"]
)


@given(st.lists(added, max_size=5, unique=True))
def test_a_test_file_may_always_grow_at_its_end(additions):
    assert findings({T: TEST_CART + "".join(additions)}) == []


@given(st.sampled_from(range(len(TEST_CART.splitlines()))))
def test_no_line_of_a_test_may_go(index):
    lines = TEST_CART.splitlines(keepends=True)
    gone = lines.pop(index)
    found = findings({T: "".join(lines)})
    assert refused(found) == bool(gone.strip() and not gone.startswith(("import", "from"))), gone


def test_there_are_enough_of_them():
    assert len(HONEST) >= 80
