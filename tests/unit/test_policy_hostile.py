# ruff: noqa: E501 (a table reads best with a row a line)
"""Patches nobody should publish; each is refused, by the rule that is meant for it."""

import pytest
from policy_base import CART, FILES, TEST_CART, TREE, edit, findings
from steps import growth

from bot.domain.fixes.patch import Change, Entry, Patch
from bot.domain.fixes.policy import Rules, judge, refused

T = "tests/test_cart.py"
U = "tests/test_unit.py"
C = "shop/cart.py"
FAKE = "".join(chr(97 + n * 7 % 26) + str(n * 3 % 10) for n in range(24))  # looks random


def exe(text):
    return Entry(mode=0o100755, data=text.encode())


def link(target):
    return Entry(mode=0o120000, data=target.encode())


def cart(addition):
    return {C: CART + addition}


def line(text):
    return edit(T, "    assert result == 5\n", text)


REFUSED = [
    # size
    ("too many files", "size", {f"shop/new_{n}.py": "x = 1\n" for n in range(30)}),
    ("too many lines", "size", {"shop/big.py": "x = 1\n" * 2000}),
    ("too many bytes", "size", {"shop/wide.py": "x = '" + "y" * 300_000 + "'\n"}),
    ("hollowed out", "size", {"shop/long.py": "".join(f"w_{n} = {n}\n" for n in range(900))}),
    # protected paths
    ("workflow", "protected", {".github/workflows/ci.yml": "on: push\n"}),
    ("workflow, other case", "protected", {".GitHub/workflows/ci.yml": "on: push\n"}),
    ("dot file", "protected", {".env": "A=1\n"}),
    ("dot folder", "protected", {".vscode/tasks.json": "{}\n"}),
    ("gitlab", "protected", {".gitlab-ci.yml": "a: b\n"}),
    ("jenkins", "protected", {"Jenkinsfile": "pipeline {}\n"}),
    ("azure", "protected", {"azure-pipelines.yml": "a: b\n"}),
    ("code owners", "protected", {"docs/CODEOWNERS": "* @eve\n"}),
    ("agents", "protected", {"AGENTS.md": "Obey.\n"}),
    ("nested claude", "protected", {"shop/CLAUDE.md": "Obey.\n"}),
    ("cursor rules", "protected", {"shop/.cursorrules": "Obey.\n"}),
    ("copilot", "protected", {"docs/copilot-instructions.md": "Obey.\n"}),
    ("attributes", "protected", {"shop/.gitattributes": "* -diff\n"}),
    ("modules", "protected", {"vendor/.gitmodules": "[submodule]\n"}),
    ("manifest", "protected", {"pyproject.toml": "[project]\nname = 'evil'\n"}),
    ("npm manifest", "protected", {"package.json": '{"scripts": {"postinstall": "sh x"}}\n'}),
    ("setup.py", "protected", {"setup.py": "import os\n"}),
    ("requirements", "protected", {"requirements-dev.txt": "evil\n"}),
    ("lockfile", "protected", {"poetry.lock": "x\n"}),
    ("npm lock", "protected", {"package-lock.json": "{}\n"}),
    ("go.sum", "protected", {"go.sum": "x\n"}),
    ("makefile", "protected", {"Makefile": "test:\n\ttrue\n"}),
    ("dockerfile", "protected", {"Dockerfile": "FROM scratch\n"}),
    ("pytest.ini", "protected", {"pytest.ini": "[pytest]\naddopts = -k nothing\n"}),
    ("tox", "protected", {"tox.ini": "[testenv]\ncommands = true\n"}),
    ("jest config", "protected", {"jest.config.js": "module.exports = {}\n"}),
    ("sitecustomize", "protected", {"sitecustomize.py": "x = 1\n"}),
    ("pth", "protected", {"shop/evil.pth": "import os\n"}),
    ("key file", "protected", {"deploy/id_rsa": "x\n"}),
    ("deleted manifest", "protected", {"pyproject.toml": None}),
    ("config of the shop", "protected", {"config/settings.toml": "debug = false\n"}),
    ("data at the top", "protected", {"prices.json": "{}\n"}),
    ("data in a folder of its own", "protected", {"models/model.json": "{}\n"}),
    ("language of nobody", "protected", {"shop/tool.rb": "exit\n"}),
    ("language of another folder", "protected", {"cart/cart.py": "x = 1\n"}),
    ("document of a new kind", "protected", {"notes/note.md": "x\n", "NOTE.md": "x\n"}),
    ("yaml where there is none", "protected", {"tests/data/case.yaml": "a: 1\n"}),
    ("first conftest of a folder", "protected", {"tests/unit/conftest.py": "import pytest\n"}),
    ("fullwidth dot", "path", {"\uff0egithub/workflows/x.yml": "on: push\n"}),
    ("fullwidth letters", "protected", {"shop/\uff33etup.py": "import os\n"}),
    # paths
    ("backslash", "path", {"shop\\cart.py": "x\n"}),
    ("control character", "path", {"shop/a\nb.py": "x\n"}),
    ("bidi in a path", "path", {"shop/\u202eyp.evil": "x\n"}),
    ("zero width", "path", {"shop/car\u200bt.py": "x\n"}),
    ("case collision", "path", {"shop/Cart.py": "x = 1\n"}),
    ("unicode collision", "path", {"ﬁle.py": "x = 1\n", "file.py": "x = 1\n"}),
    ("trailing dot", "path", {"shop/cart.py.": "x\n"}),
    ("trailing space", "path", {"shop /cart.py": "x\n"}),
    ("windows device", "path", {"shop/con.py": "x\n"}),
    ("alternate stream", "path", {"shop/cart.py:evil": "x\n"}),
    ("two spellings of a folder", "path", {"SHOP/new.py": "x = 1\n"}),
    ("look-alike of a slash", "path", {"shop\uff0fnew.py": "x = 1\n"}),
    ("short name of a dot folder", "path", {"GITHUB~1/workflows/x.yml": "on: push\n"}),
    ("git short name", "path", {"git~1/config": "x\n"}),
    # kinds
    ("symlink out", "symlink", {"shop/etc": link("/etc")}),
    ("symlink within", "symlink", {"shop/alias.py": link("cart.py")}),
    ("file to symlink", "symlink", {C: link("/etc/passwd")}),
    ("retargeted", "symlink", {"latest": link("/")}),
    ("symlink deleted", "symlink", {"latest": None}),
    ("submodule", "submodule", {"vendor/lib": Entry(mode=0o160000, data=b"0" * 40)}),
    ("setuid", "mode", {"shop/su": Entry(mode=0o104755, data=b"#!/bin/sh\n")}),
    ("setgid", "mode", {C: Entry(mode=0o102644, data=CART.encode())}),
    ("executable", "mode", {"shop/new.sh": exe("#!/bin/sh\n")}),
    ("made executable", "mode", {C: exe(CART)}),
    ("binary", "binary", {"shop/blob.bin": b"\0\1\2"}),
    ("binary changed", "binary", {"logo.png": b"\x89PNG\0\2"}),
    ("text to binary", "binary", {C: b"\0" + CART.encode()}),
    # secrets, none of them real
    ("github token", "secret", cart(f"T = 'ghp_{FAKE[:36]}'\n")),
    ("fine-grained", "secret", cart(f"T = 'github_pat_{FAKE}x'\n")),
    ("aws", "secret", cart("K = 'AKIA" + "Q7ZP3LMNB2X9RT5W'\n")),
    ("slack", "secret", cart("T = 'xoxb-" + "204857-9385739-k3jH5kl2'\n")),
    ("google", "secret", cart(f"K = 'AIza{FAKE[:35]}'\n")),
    ("stripe", "secret", cart("K = 'sk_live_" + f"{FAKE[:24]}'\n")),
    ("private key", "secret", cart("K = '''-----BEGIN RSA " + "PRIVATE KEY-----\n'''\n")),
    ("jwt", "secret", cart(f"J = 'eyJ{FAKE[:20]}.eyJ{FAKE[:20]}.{FAKE[:20]}'\n")),
    ("high entropy", "secret", cart(f"API_KEY = '{FAKE[:32]}'\n")),
    ("password in yaml", "secret", {"conf.yml": f'db_password: "{FAKE[:20]}"\n'}),
    ("password in a URL", "secret", cart("U = 'postgres://shop:h7Kq2mZx9@db/shop'\n")),
    ("secret in a test", "secret", {"tests/test_new.py": f"TOKEN = 'ghp_{FAKE[:36]}'\n"}),
    # tampering
    ("proof edited", "proof test", {"tests/test_soulcaster_c12.py": "def test_reported(): pass\n"}),
    ("proof deleted", "proof test", {"tests/test_soulcaster_c12.py": None}),
    ("test file deleted", "test tampering", {T: None}),
    ("emptied", "test tampering", {T: ""}),
    ("assert removed", "test tampering", line("")),
    ("trivially true", "test tampering", line("    assert True\n")),
    ("equal to itself", "test tampering", line("    assert result == result\n")),
    ("or true", "test tampering", line("    assert result == 5 or True\n")),
    ("constant", "test tampering", line("    assert 5 == 5\n")),
    ("looser", "test tampering", line("    assert result >= 5\n")),
    ("not none", "test tampering", line("    assert result is not None\n")),
    ("approx", "test tampering", line("    assert result == pytest.approx(5, abs=9)\n")),
    ("other value", "test tampering", line("    assert result == 6\n")),
    ("membership", "test tampering", line("    assert result in (5, 6)\n")),
    ("commented out", "test tampering", line("    # assert result == 5\n")),
    ("in a string", "test tampering", line("    '''assert result == 5'''\n")),
    ("if false", "test tampering", line("    if False:\n        assert result == 5\n")),
    ("swallowed", "test tampering", line(
        "    try:\n        assert result == 5\n    except AssertionError:\n        pass\n")),
    ("suppressed", "test tampering", line(
        "    with suppress(AssertionError):\n        assert result == 5\n")),
    ("early return", "test tampering", line("    return\n    assert result == 5\n")),
    ("skip call", "test tampering", line("    pytest.skip('later')\n    assert result == 5\n")),
    ("overwritten", "test tampering", line("    result = 5\n    assert result == 5\n")),
    ("patched", "test tampering", edit(T, "    result = total(items)\n",
        "    cart.total = lambda items: 5\n    result = total(items)\n")),
    ("monkeypatched", "test tampering", edit(T, "def test_total(items):\n",
        "def test_total(items, monkeypatch):\n    monkeypatch.setattr(cart, 'total', len)\n")),
    ("other input", "test tampering", edit(T, "total(items)", "total(items[:1])")),
    ("skip mark", "test tampering", edit(T, "def test_total", "@pytest.mark.skip\ndef test_total")),
    ("skipif", "test tampering", edit(T, "def test_total",
        "@pytest.mark.skipif(True, reason='x')\ndef test_total")),
    ("xfail", "test tampering", edit(T, "def test_total", "@pytest.mark.xfail\ndef test_total")),
    ("module mark", "test tampering", edit(T, "CASES", "pytestmark = pytest.mark.skip\nCASES")),
    ("renamed away", "test tampering", edit(T, "def test_total", "def check_total")),
    ("class renamed", "test tampering", edit(T, "class TestAdd", "class AddCases")),
    ("nested away", "test tampering", edit(T, "def test_raises():\n    with",
        "def outer():\n  def test_raises():\n    with")),
    ("case dropped", "test tampering", edit(T, "(2, 2), (3, 3)]", "(2, 2)]")),
    ("case changed", "test tampering", edit(T, "(3, 3)]", "(3, 4)]")),
    ("constant shrunk", "test tampering", edit(T, "CASES = [(1, 1), (2, 2)]", "CASES = []")),
    ("loop emptied", "test tampering", edit(T, "enumerate([2, 3])", "enumerate([])")),
    ("fixture emptied", "test tampering", edit(T, "[Item(2), Item(3)]", "[Item(5)]")),
    ("raises anything", "test tampering", edit(T, "raises(AttributeError)", "raises(Exception)")),
    ("raises unused", "test tampering", edit(T, "        total([None])", "        raise AttributeError")),
    ("shadowed import", "test tampering", edit(T, "CASES", "def total(items):\n    return 5\n\n\nCASES")),
    ("import swapped", "test tampering", edit(T, "from shop.cart import", "from tests.fake import")),
    ("redefined", "test tampering", {T: TEST_CART + "\n\ndef test_total():\n    pass\n"}),
    ("method redefined", "test tampering", {T: TEST_CART + "\n    def test_add(self):\n        pass\n"}),
    ("deleted at the end", "test tampering", {T: TEST_CART + "\n\ndel test_total\n"}),
    ("not a test", "test tampering", {T: TEST_CART + "\n\ntest_total.__test__ = False\n__test__ = False\n"}),
    ("exit at import", "test tampering", {T: "import os\n\nos._exit(0)\n" + TEST_CART}),
    ("new file that exits", "test tampering", {"tests/test_a.py": "import os\n\nos._exit(0)\n"}),
    ("new file that patches", "test tampering", {
        "tests/test_a.py": "from shop import cart\n\ncart.total = lambda items: 5\n"}),
    ("moved out of sight", "test tampering", {T: None, "tests/cart_checks.py": TEST_CART}),
    ("does not parse", "test tampering", {T: TEST_CART + "def ("}),
    ("setUp skips", "test tampering", edit(U, "self.items = []", "self.items = []\n        self.skipTest('')")),
    ("expected failure", "test tampering", edit(U, "    def test_bad",
        "    @unittest.expectedFailure\n    def test_bad")),
    ("unittest looser", "test tampering", edit(U, "self.assertEqual(total(self.items), 0)",
        "self.assertIsNotNone(total(self.items))")),
    ("unittest trivial", "test tampering", edit(U, "self.assertTrue(total([]) == 0)", "self.assertTrue(True)")),
    ("no TestCase", "test tampering", edit(U, "(unittest.TestCase)", "")),
    ("conftest deselects", "test tampering", {"tests/conftest.py": FILES["tests/conftest.py"]
        + "\n\ndef pytest_collection_modifyitems(items):\n    items.clear()\n"}),
    ("conftest ignores", "test tampering", {"tests/conftest.py": FILES["tests/conftest.py"]
        + "\ncollect_ignore = ['test_cart.py']\n"}),
    ("conftest autouse", "test tampering", {"tests/conftest.py": FILES["tests/conftest.py"]
        + "\n\n@pytest.fixture(autouse=True)\ndef fake(monkeypatch):\n    yield\n"}),
    ("new conftest", "test tampering", {"conftest.py":
        "def pytest_runtest_makereport(item, call):\n    pass\n"}),
    ("expected data", "test tampering", {"tests/data/expected.json": '{"total": 6}\n'}),
    ("expected data gone", "test tampering", {"tests/data/expected.json": None}),
    ("js skip", "test tampering", edit("test/cart.test.js", 'it("adds"', 'it.skip("adds"')),
    ("js only", "test tampering", edit("test/cart.test.js", "});\n", 'it.only("x", () => {});\n});\n')),
    ("js changed", "test tampering", edit("test/cart.test.js", "toBe(3)", "toBeDefined()")),
    ("js commented", "test tampering", edit("test/cart.test.js", "    expect", "    /*\n    expect")),
    ("go skip", "test tampering", edit("cart/cart_test.go", "\tif got", '\tt.Skip("x")\n\tif got')),
    ("go looser", "test tampering", edit("cart/cart_test.go", "got != 3", "got < 0")),
    ("go tagged out", "test tampering", {"cart/cart_test.go": "//go:build never\n" + FILES["cart/cart_test.go"]}),
    ("rust ignored", "test tampering", edit("rust/lib.rs", "    #[test]\n", "    #[test]\n    #[ignore]\n")),
    ("rust assert gone", "test tampering", edit("rust/lib.rs", "        assert_eq!(total(1, 2), 3);\n", "")),
    ("shadowed pytest", "shadowing", {"pytest.py": "def main(): return 0\n"}),
    ("shadowed unittest", "shadowing", {"unittest/__init__.py": "x = 1\n"}),
    ("shadowed stdlib", "shadowing", {"tests/json.py": "x = 1\n"}),
    # under test
    ("asks for pytest", "test detection", cart("import os\nTESTED = 'PYTEST_CURRENT_TEST' in os.environ\n")),
    ("asks for modules", "test detection", cart("import sys\nT = 'pytest' in sys.modules\n")),
    ("asks for the caller", "test detection", cart("import sys\nF = sys._getframe(1)\n")),
    ("js under jest", "test detection", {"src/cart.js": "if (process.env.JEST_WORKER_ID) {}\n"}),
    # writing
    ("bidi override", "hidden", cart("x = 'a\u202e b'\n")),
    ("bidi isolate", "hidden", cart("# \u2066 admin \u2069\n")),
    ("zero width space", "hidden", cart("na\u200bme = 1\n")),
    ("tag characters", "hidden", cart("# hi \U000e0041\U000e0042\n")),
    ("hangul filler", "hidden", cart("x = {'\u3164': 1}\n")),
    ("escape", "hidden", cart("# \x1b[2K\n")),
    ("form feed in a line", "hidden", cart("#\fimport os\n")),
    ("lonely joiner", "hidden", cart("ad\u200dmin = 1\n")),
    ("lf to crlf", "line ends", {C: CART.replace("\n", "\r\n")}),
    ("crlf to lf", "line ends", {"shop/dos.py": FILES["shop/dos.py"].replace("\r\n", "\n")}),
    ("byte order mark", "encoding", {C: "\ufeff" + CART}),
    ("latin to utf-8", "encoding", {"shop/latin.py": "# -*- coding: utf-8 -*-\nNAME = 'é'\n"}),
    ("utf-8 to latin", "encoding", {C: CART.encode() + b"# \xe9\n"}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "changes"), [row[1:] for row in REFUSED],
                         ids=[row[0] for row in REFUSED])  # fmt: skip
def test_refused(rule, changes):
    found = findings(changes)
    assert rule in {finding.rule for finding in found if finding.severity == "refuse"}, found
    assert refused(found)
    for finding in found:
        assert "\n" not in finding.message
        assert finding.message.isprintable()


UNSAFE = ["/etc/cron.d/x", "../up.py", "shop/../../up.py", "shop/./x.py", "shop//x.py",
          "C:/x.py", ".git/hooks/pre-commit", "shop/.GIT/config", ".git./config", "a/" * 300 + "x"]  # fmt: skip


@pytest.mark.parametrize("path", UNSAFE)
def test_paths_no_tarball_could_hold(path):
    patch = Patch(changes=(Change(path=path, before=None, after=Entry(data=b"x\n")),))
    found = judge(patch, Rules(), proof_tests=(), tree=TREE)
    assert "path" in {finding.rule for finding in found if finding.severity == "refuse"}


def test_a_new_file_where_a_folder_is():
    patch = Patch(changes=(Change(path="shop", before=None, after=Entry(data=b"x\n")),))
    assert refused(judge(patch, Rules(), proof_tests=(), tree=TREE))


FLAGGED = [
    ("network", "reaches out", cart("import socket\nS = socket.socket()\n")),
    ("process", "reaches out", cart("import os\nos.system('id')\n")),
    ("eval", "reaches out", cart("def run(text):\n    return eval(text)\n")),
    ("eval by another name", "reaches out", cart("F = getattr(__builtins__, 'ev' + 'al')('1')\n")),
    ("js by another name", "reaches out", {"src/cart.js": "globalThis['fe' + 'tch']('x');\n"}),
    ("js process", "reaches out", {"src/cart.js": 'require("child_process").execSync("id");\n'}),
    ("go process", "reaches out", {"cart/cart.go": 'package cart\n\nimport (\n\t"os/exec"\n)\n'}),
    ("exit", "exit", cart("import sys\nsys.exit(0)\n")),
    ("hard exit", "exit", cart("import os\nos._exit(0)\n")),
    ("go exit", "exit", {"cart/cart.go": 'package cart\n\nfunc Total() { os.Exit(0) }\n'}),
    ("special number", "special case", edit(C, "    result = 0\n",
        "    if items[0] == 4711:\n        return 4242\n    result = 0\n")),
    ("special string", "special case", edit(C, "    result = 0\n",
        "    if 'voucher' in items:\n        return 1\n    result = 0\n")),
    ("lookup table", "special case", cart("KNOWN = {(4711, 'voucher'): 4242}\n")),
    ("match", "special case", cart(
        "def f(x):\n    match x:\n        case 4711:\n            return 1\n")),
    ("doctest", "doctest", edit(C, "    >>> total([])\n    0\n", "    >>> 1\n    1\n")),
    ("homoglyph", "hidden", cart("t\u043etal = 1\n")),
    ("mixed ends", "line ends", cart("x = 1\r\n")),
    ("no longer executable", "mode", {"bin/run.sh": FILES["bin/run.sh"]}),
    ("reindented", "reformatting", {"shop/long.py": "".join(
        f"value_{n} =  {n}\n" if n < 50 else f"value_{n} = {n}\n" for n in range(900))}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "changes"), [row[1:] for row in FLAGGED],
                         ids=[row[0] for row in FLAGGED])  # fmt: skip
def test_flagged_for_the_reviewer(rule, changes):
    found = findings(changes)
    assert rule in {finding.rule for finding in found if finding.severity == "flag"}, found


def test_there_are_enough_of_them():
    assert len(REFUSED) + len(UNSAFE) >= 80


@pytest.mark.parametrize("text", ["y", "a\u0430", "token", "secret_key = ", "=", "'", "eyJ.", " "])
def test_a_hostile_line_cannot_keep_the_judge_busy(text):
    def judge(size):
        findings({"shop/wide.py": (text * size)[:size]})

    assert growth(judge, 2_000) < 2.5
    judge(190_000)
