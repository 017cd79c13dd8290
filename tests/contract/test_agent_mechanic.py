"""mechanic: the agent in a real sandbox, and its engine on checkouts of many kinds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from bot.adapters.agents.mechanic import Mechanic
from bot.adapters.agents.mechanic.archive import engine_archive
from bot.adapters.sandboxes import isolation
from bot.adapters.sandboxes.local import LocalSandboxes
from bot.domain.ports import Budget, Limits, RepairTask

CART = """\
def total(lines):
    return sum(price * count for price, count in lines)


def discount(amount, percent):
    if amount > 100:
        return amount * (100 - percent) // 100
    return amount
"""
REPAIRED = CART.replace("amount > 100", "amount >= 100")
TESTS = """\
from cart import discount, total


def test_total():
    assert total([(2, 3), (1, 1)]) == 7


def test_at_the_limit():
    assert discount(100, 10) == 90


def test_below():
    assert discount(99, 10) == 99
"""
QUIET = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


# The port -----------------------------------------------------------------------------------------


@pytest.fixture
async def sandbox(tmp_path):
    if isolation.way() is None:
        pytest.skip("local: this machine has no working bubblewrap")
    adapter = LocalSandboxes(tmp_path / "sandboxes")
    opened = await adapter.open(template="", limits=Limits(), key="mechanic")
    yield opened
    await opened.kill()
    await adapter.close()


def task(**changes) -> RepairTask:
    fields = {
        "title": "Discount at the limit",
        "plan": "",
        "evidence": "",
        "rules": "",
        "root": ".",
        "failing": ("python -m pytest test_cart.py::test_at_the_limit",),
        "suite": "python -m pytest",
        "test_files": ("test_cart.py",),
    }
    return RepairTask(**{**fields, **changes})


async def work(sandbox, told: list[str], the_task: RepairTask, seconds: float = 60):
    async def tell(text: str) -> None:
        told.append(text)

    async def heard() -> list[str]:
        return ["look at cart.py"]

    agent = Mechanic(environment=QUIET)
    return await agent.work(
        the_task, sandbox, budget=Budget(seconds=seconds), tell=tell, heard=heard
    )


async def test_a_checkout_in_a_sandbox_is_repaired(sandbox):
    await sandbox.write("cart.py", CART.encode())
    await sandbox.write("test_cart.py", TESTS.encode())
    told: list[str] = []
    worked = await work(sandbox, told, task())
    assert worked.outcome == "done", worked
    assert (await sandbox.run("cat cart.py", timeout=20)).stdout == REPAIRED
    assert (await sandbox.run("cat test_cart.py", timeout=20)).stdout == TESTS
    assert told[0] == "1 test red, 2 green before any edit"
    assert "suspicious line" in told[1]
    changed = "cart.py:6: `if amount > 100:` became `if amount >= 100:`"
    assert told[-1] == f"repaired: {changed}"
    assert worked.note == changed
    assert worked.steps > 0
    assert worked.seconds > 0
    assert worked.dollars == 0


async def test_a_green_checkout_is_given_up_on(sandbox):
    await sandbox.write("cart.py", REPAIRED.encode())
    await sandbox.write("test_cart.py", TESTS.encode())
    told: list[str] = []
    worked = await work(sandbox, told, task())
    assert worked.outcome == "gave up"
    assert "green here" in worked.note


async def test_an_engine_that_cannot_run_is_broken(sandbox):
    worked = await work(sandbox, [], task(root="no/such/folder"))
    assert worked.outcome == "broken"
    assert "no folder" in worked.note


def test_its_name():
    assert Mechanic().name == "mechanic"


# The engine ---------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def engine(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("engine") / "mechanic.pyz"
    path.write_bytes(engine_archive())
    return path


def contents(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def lay_out(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return root


def run(engine: Path, root: Path, *failing: str, suite: str = "", **more) -> list[dict]:
    """Its events. Left alone it tries a hundred edits more, in seconds, for a better repair."""
    path = root.parent / "task.json"
    bounds = {"seconds": 60, "jobs": 1, "max_tries": 40, **more}
    fields = {"root": str(root), "failing": failing, "suite": suite, **bounds}
    path.write_text(json.dumps(fields))
    environment = {
        **os.environ,
        **QUIET,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TMPDIR": str(root.parent),
    }
    done = subprocess.run(
        [sys.executable, str(engine), str(path)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert not done.stderr, done.stderr
    assert not list(root.parent.glob("mechanic-*")), "left its scratch folder behind"
    return [json.loads(line) for line in done.stdout.splitlines()]


UNITTEST = """\
import unittest

from cart import discount


class CartTest(unittest.TestCase):
    def test_limit(self):
        self.assertEqual(discount(100, 10), 90)

    def test_below(self):
        self.assertEqual(discount(99, 10), 99)
"""
SCRIPT = (
    "from cart import discount\n\nassert discount(99, 10) == 99\nassert discount(100, 10) == 90\n"
)


@pytest.mark.parametrize(
    ("name", "test", "command"),
    [
        ("test_cart.py", TESTS, "python -m pytest -q"),
        pytest.param("test_cart.py", TESTS, "pytest test_cart.py", marks=pytest.mark.long),
        ("checks.py", UNITTEST, "python -m unittest checks"),
        pytest.param("test_checks.py", UNITTEST, "python -m unittest", marks=pytest.mark.long),
        ("notes.txt", "", "python -c 'import cart; assert cart.discount(100, 10) == 90'"),
        pytest.param(
            "test_cart.py",
            TESTS,
            "sh -c 'python -m pytest -q' | cat && python -m pytest -q",
            marks=pytest.mark.long,
        ),
    ],
)
def test_every_way_to_run_tests(engine, tmp_path, name, test, command):
    root = lay_out(tmp_path / "checkout", {"cart.py": CART, name: test})
    done = run(engine, root, command)[-1]
    assert done["outcome"] == "done", done
    assert contents(root) == {"cart.py": REPAIRED.encode(), name: test.encode()}


def test_a_src_layout_and_a_folder_of_tests(engine, tmp_path):
    files = {
        "src/shop/__init__.py": "",
        "src/shop/cart.py": CART,
        "tests/test_cart.py": TESTS.replace("from cart", "from shop.cart"),
    }
    root = lay_out(tmp_path / "checkout", files)
    done = run(engine, root, "PYTHONPATH=src python -m pytest tests")[-1]
    assert done["outcome"] == "done", done
    assert contents(root)["src/shop/cart.py"].decode() == REPAIRED
    assert done["diff"].startswith("--- a/src/shop/cart.py\n+++ b/src/shop/cart.py\n")


def test_a_conftest_that_imports_the_code(engine, tmp_path):
    """The framework can then not be warmed up with its configuration read."""
    conftest = (
        "import cart\nimport pytest\n\n\n"
        "@pytest.fixture\ndef take_off():\n    return cart.discount\n"
    )
    test = "def test_it(take_off):\n    assert [take_off(n, 10) for n in (99, 100)] == [99, 90]\n"
    files = {"cart.py": CART, "conftest.py": conftest, "tests/test_it.py": test}
    root = lay_out(tmp_path / "checkout", files)
    done = run(engine, root, "python -m pytest tests")[-1]
    assert done["outcome"] == "done", done
    assert contents(root)["cart.py"].decode() == REPAIRED


def test_async_tests(engine, tmp_path):
    code = (
        "async def load(rows):\n    return [row for row in rows]\n\n\n"
        "async def count(rows):\n    return len(load(rows))\n"
    )
    test = (
        "import unittest\nfrom rows import count\n\n\n"
        "class RowsTest(unittest.IsolatedAsyncioTestCase):\n"
        "    async def test_count(self):\n        self.assertEqual(await count([1, 2]), 2)\n"
    )
    root = lay_out(tmp_path / "checkout", {"rows.py": code, "test_rows.py": test})
    done = run(engine, root, "python -m unittest")[-1]
    assert done["outcome"] == "done", done
    assert "len(await load(rows))" in (root / "rows.py").read_text()


def test_windows_line_ends_and_coding_stay(engine, tmp_path):
    code = ("# -*- coding: latin-1 -*-\n# größe\n" + CART).replace("\n", "\r\n").encode("latin-1")
    root = lay_out(tmp_path / "checkout", {"test_cart.py": TESTS})
    (root / "cart.py").write_bytes(code)
    assert run(engine, root, "python -m pytest")[-1]["outcome"] == "done"
    assert (root / "cart.py").read_bytes() == code.replace(b"amount > 100", b"amount >= 100")


def test_an_import_that_fails_is_repaired(engine, tmp_path):
    code = "RATES = {'a': 1, 'b': 2}\nFIRST = RATES['c']\n"
    test = "import rates\n\n\ndef test_rate():\n    assert rates.FIRST == 1\n"
    root = lay_out(tmp_path / "checkout", {"rates.py": code, "test_rates.py": test})
    done = run(engine, root, "python -m pytest")[-1]
    assert done["outcome"] == "done", done
    assert "RATES['a']" in (root / "rates.py").read_text()


def test_a_loop_that_does_not_end_is_repaired(engine, tmp_path):
    code = "def count(n):\n    total = 0\n    while n > 0:\n        total += n\n    return total\n"
    test = "from loop import count\n\n\ndef test_it():\n    assert [count(3), count(0)] == [6, 0]\n"
    root = lay_out(tmp_path / "checkout", {"loop.py": code, "test_loop.py": test})
    done = run(engine, root, "python -m pytest")[-1]
    assert done["outcome"] == "done", done
    assert "        n -= 1\n" in (root / "loop.py").read_text()


def one_red_test(folder: Path, **beside: str) -> Path:
    """The cart, a test that is red, and others in files of these names."""
    red = SCRIPT.split("assert")[0] + "\ndef test_it():\n    assert discount(100, 10) == 90\n"
    tests = {f"tests/{name}.py": text for name, text in {"test_red": red, **beside}.items()}
    return lay_out(folder / "checkout", {"cart.py": CART, **tests})


GREEN = TESTS.replace("def test_at_the_limit", "def check_at_the_limit")


def test_what_the_suite_guards_is_not_broken(engine, tmp_path):
    """The failing test alone would be satisfied by less."""
    root = one_red_test(tmp_path, test_green=GREEN)
    command = "python -m pytest tests/test_red.py"
    done = run(engine, root, command, suite="python -m pytest")[-1]
    assert done["outcome"] == "done", done
    assert contents(root)["cart.py"].decode() == REPAIRED


def test_of_a_suite_only_what_speaks_of_the_code_runs_for_every_edit(engine, tmp_path):
    root = one_red_test(tmp_path, test_near=GREEN, test_far="def test_it():\n    assert 1\n")
    command = "python -m pytest tests/test_red.py"
    told = run(engine, root, command, suite="python -m pytest")
    baseline = next(event for event in told if event["event"] == "baseline")
    assert told[-1]["outcome"] == "done", told
    assert (baseline["failing"], baseline["passing"]) == (1, 2)  # not the far one
    assert contents(root)["cart.py"].decode() == REPAIRED


FLAKY = """\
import os, tempfile
from cart import discount


def test_discount():
    marker = os.path.join(tempfile.gettempdir(), "ran before")
    again = os.path.exists(marker)
    open(marker, "w").close()
    assert discount(10, 10) == 10 and not again
"""


def test_a_test_that_fails_without_an_edit_as_well_is_no_reason_against_one(engine, tmp_path):
    root = one_red_test(tmp_path, test_flaky=FLAKY)
    command = "python -m pytest tests/test_red.py"
    done = run(engine, root, command, suite="python -m pytest tests")[-1]
    assert done["outcome"] == "done", done
    assert contents(root)["cart.py"].decode() == REPAIRED


def test_an_edit_that_was_refused_is_left_out(engine, tmp_path):
    root = one_red_test(tmp_path)
    command = "python -m pytest tests/test_red.py"
    first = run(engine, root, command)[-1]
    (root / "cart.py").write_text(CART)
    learnt = f"~mechanic: The suite is worse.\n{first['diff']}"
    second = run(engine, root, command, learnt=learnt)[-1]
    assert [first["outcome"], second["outcome"]] == ["done", "done"], second
    assert first["diff"] != second["diff"]


HELD = {
    "what an import runs": (
        "def rates(n):\n    return [i * 2 for i in range(n)]\n\n\nRATES = rates(3)\n",
        "assert code.RATES == [0, 3, 6]",
    ),
    "a function behind another": (
        "import functools\n\n\ndef kept(function):\n    @functools.wraps(function)\n"
        "    def inner(n):\n        return function(n) - 1\n    return inner\n\n\n"
        "@kept\n@functools.lru_cache\ndef double(n):\n    return n * 2\n",
        "assert code.double(4) == 9",
    ),
    "a method with a value of its own": (
        "from __future__ import annotations\n\n\nclass Box:\n    __size = 3\n\n"
        "    def fits(self, n) -> Nothing:\n        return n < self.__size\n",
        "box = code.Box()\n    assert (box.fits(3), box.fits(4)) == (True, False)",
    ),
}


@pytest.mark.parametrize("name", HELD)
def test_what_is_imported_once_is_repaired(engine, tmp_path, name):
    code, asks = HELD[name]
    test = f"import code_ as code\n\n\ndef test_it():\n    {asks}\n"
    root = lay_out(tmp_path / "checkout", {"code_.py": code, "test_it.py": test})
    done = run(engine, root, "python -m pytest", max_tries=120)[-1]
    assert done["outcome"] == "done", done


def test_a_suite_that_was_red_elsewhere_does_not_stand_in_the_way(engine, tmp_path):
    files = {
        "cart.py": CART,
        "test_cart.py": TESTS,
        "test_other.py": "def test_x():\n    assert 0\n",
    }
    root = lay_out(tmp_path / "checkout", files)
    done = run(engine, root, "python -m pytest test_cart.py", suite="python -m pytest")[-1]
    assert done["outcome"] == "done", done


@pytest.mark.parametrize(
    ("files", "command", "reason"),
    [
        ({"cart.py": REPAIRED, "test_cart.py": TESTS}, "python -m pytest", "green here"),
        ({"main.go": "package main\n"}, "go test", "no Python file"),
        (
            {"a.py": "", "test_a.py": "def test_it():\n    assert 0\n"},
            "pytest",
            "run no Python code",
        ),
        (
            {
                "a.py": "def secret():\n    return 'a'\n",
                "test_a.py": "import a\n\n\ndef test_it():\n    assert a.secret() == 'xyz-11'\n",
            },
            "python -m pytest",
            "I can think of",
        ),
    ],
)
def test_giving_up_says_why_and_changes_nothing(engine, tmp_path, files, command, reason):
    root = lay_out(tmp_path / "checkout", files)
    before = contents(root)
    done = run(engine, root, command)[-1]
    assert (done["event"], done["outcome"]) == ("done", "gave up")
    assert reason in done["note"]
    assert contents(root) == before


def test_a_test_file_is_never_edited_and_scratch_files_go(engine, tmp_path):
    """The tests write into the checkout; afterwards only the repair is left."""
    test = TESTS + "\n\ndef test_writes():\n    open('out.txt', 'w').write('x')\n"
    root = lay_out(tmp_path / "checkout", {"cart.py": CART, "test_cart.py": test})
    assert run(engine, root, "python -m pytest")[-1]["outcome"] == "done"
    assert contents(root) == {"cart.py": REPAIRED.encode(), "test_cart.py": test.encode()}


def test_the_time_is_kept(engine, tmp_path):
    code = "def f(a, b, c):\n    x = a + b * c\n    y = x - a\n    return [x, y, a, b, c]\n" * 6
    test = (
        "import time\nfrom f import f\n\n\n"
        "def test_it():\n    time.sleep(0.5)\n    assert f(1, 2, 3) == 0\n"
    )
    root = lay_out(tmp_path / "checkout", {"f.py": code, "test_f.py": test})
    before = contents(root)
    events = run(engine, root, "python -m pytest", seconds=8)
    assert events[-1]["outcome"] == "limit reached"
    assert events[-1]["seconds"] < 20
    assert contents(root) == before


def test_the_same_task_ends_the_same_way(engine, tmp_path):
    diffs = set()
    for number in range(2):
        root = lay_out(
            tmp_path / str(number) / "checkout", {"cart.py": CART, "test_cart.py": TESTS}
        )
        diffs.add(run(engine, root, "python -m pytest", jobs=2)[-1]["diff"])
    assert len(diffs) == 1


def test_two_bugs_that_fail_different_tests(engine, tmp_path):
    code = (
        "def fare(age):\n    if age <= 6:\n        return 0\n    if age > 65:\n        return 75\n"
        "    return 150\n"
    )
    test = (
        "from fare import fare\n\n\n"
        "def test_child():\n    assert [fare(6), fare(5)] == [150, 0]\n\n\n"
        "def test_senior():\n    assert fare(65) == 75\n\n\n"
        "def test_adult():\n    assert fare(64) == 150\n"
    )
    root = lay_out(tmp_path / "checkout", {"fare.py": code, "test_fare.py": test})
    done = run(engine, root, "python -m pytest", jobs=2, max_tries=0)[-1]
    assert done["outcome"] == "done", done
    repaired = (root / "fare.py").read_text()
    assert "age < 6" in repaired
    assert "age >= 65" in repaired


@pytest.mark.parametrize("left_out", [".py", ".pyc"])
def test_a_broken_task_is_said_to_be_broken(engine, tmp_path, left_out):
    """By what was compiled for a Python like ours, and by the sources, which any other reads."""
    path, part = tmp_path / "task.json", tmp_path / "part.pyz"
    path.write_text("{")
    with ZipFile(engine) as whole, ZipFile(part, "w") as less:
        for name in whole.namelist():
            if name == "__main__.py" or not name.endswith(left_out):
                less.writestr(name, whole.read(name))
    done = subprocess.run(
        [sys.executable, str(part), str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "cannot read the task" in json.loads(done.stdout)["note"]
