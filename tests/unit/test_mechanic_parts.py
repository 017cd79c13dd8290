"""The parts of ``mechanic``: text and spans, commands, places to blame, trees, words, the zip."""

import ast
import functools
import io
import os
import sys
import zipfile
from pathlib import Path

import pytest

from bot.adapters.agents.mechanic import archive
from bot.adapters.agents.mechanic.engine.calls import answer
from bot.adapters.agents.mechanic.engine.choose import ranked
from bot.adapters.agents.mechanic.engine.commands import read_command
from bot.adapters.agents.mechanic.engine.diff import in_one_line, unified
from bot.adapters.agents.mechanic.engine.localise import localise
from bot.adapters.agents.mechanic.engine.near import near
from bot.adapters.agents.mechanic.engine.search import Trial
from bot.adapters.agents.mechanic.engine.source import SourceFile
from bot.adapters.agents.mechanic.engine.swap import code_pairs
from bot.adapters.agents.mechanic.engine.task import Task, load_task
from bot.adapters.agents.mechanic.engine.tree import Snapshot, copy_tree, files_of
from bot.adapters.agents.mechanic.words import in_words

ENGINE = Path(archive.__file__).parent / "engine"


# Text ---------------------------------------------------------------------------------------------


def test_spans_count_characters_not_bytes():
    source = SourceFile("a.py", "x = 'grün' + größe\n".encode())
    name = source.tree.body[0].value.right
    assert source.segment(name) == "größe"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_spans_hold_for_every_line_end(newline):
    text = newline.join(["def f():", "    '''a", "    b'''", "    return 1", ""])
    source = SourceFile("a.py", text.encode())
    assert source.newline == newline
    assert source.segment(source.tree.body[0].body[1]) == "return 1"
    assert source.indent == "    "


def test_a_byte_order_mark_and_a_coding_line_survive():
    data = b"\xef\xbb\xbfx = 1\n"
    assert SourceFile("a.py", data).encode("x = 2\n") == b"\xef\xbb\xbfx = 2\n"
    data = "# -*- coding: latin-1 -*-\nx = 'ü'\n".encode("latin-1")
    source = SourceFile("a.py", data)
    assert source.encode(source.text) == data


def test_a_statement_that_shares_its_line_is_no_block():
    source = SourceFile("a.py", b"a = 1; b = 2\nc = 3  # why\n")
    assert source.block(source.tree.body[0]) is None
    assert source.block(source.tree.body[2]) == (13, 26)


# Commands -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "targets", "options"),
    [
        (
            "python -m pytest -x -q tests/test_a.py::test_b",
            "pytest",
            ["tests/test_a.py::test_b"],
            [],
        ),
        ("pytest -k 'one and two' -n 4", "pytest", [], ["-k", "one and two"]),
        (
            "pytest --cov=src -rA --tb=short -p no:cacheprovider",
            "pytest",
            [],
            ["-p", "no:cacheprovider"],
        ),
        ("python3 -W error -m unittest -v tests.test_a", "unittest", ["tests.test_a"], []),
        ("python -m unittest discover -v tests", "unittest", ["discover", "tests"], []),
        ("python -m doctest a.py", "shell", ["python -m doctest a.py"], []),
        ("python check.py --fast", "shell", ["python check.py --fast"], []),
        ("uv run pytest tests", "pytest", ["tests"], []),
        ("poetry run python -m pytest", "pytest", [], []),
        ("coverage run -m pytest tests", "pytest", ["tests"], []),
        ("make test", "shell", ["make test"], []),
        ("pytest && ruff check", "shell", ["pytest && ruff check"], []),
        ("pytest | tail", "shell", ["pytest | tail"], []),
        ("python -m pytest 'unclosed", "shell", ["python -m pytest 'unclosed"], []),
    ],
)
def test_a_command_is_read(tmp_path, text, kind, targets, options):
    command = read_command(text, str(tmp_path))
    assert (command.session.kind, list(command.targets)) == (kind, targets)
    assert list(command.session.options) == options


def test_folder_and_environment_before_a_command(tmp_path):
    session = read_command("cd sub/x && PYTHONPATH=src A=1 pytest t", str(tmp_path)).session
    assert session.kind == "pytest"
    assert session.cwd == os.path.join("sub", "x")
    assert session.env == (("PYTHONPATH", "src"), ("A", "1"))


def test_a_command_that_leaves_the_checkout_is_left_to_the_shell(tmp_path):
    assert read_command("cd ../other && pytest", str(tmp_path)).session.kind == "shell"


# Blame --------------------------------------------------------------------------------------------


def test_what_only_failing_tests_run_is_blamed_most():
    failing = {"red": {("a.py", 1), ("a.py", 2)}}
    passing = {"green": {("a.py", 1)}, "other": {("a.py", 1), ("a.py", 3)}}
    suspicion = localise(failing, passing, {("a.py", 9)}, [], ())
    assert suspicion.ranked()[0] == ("a.py", 2)
    assert suspicion.of["a.py", 2] == 1.0
    assert suspicion.of["a.py", 1] == pytest.approx(1 / 3**0.5)
    assert ("a.py", 3) not in suspicion.of
    assert suspicion.of["a.py", 9] < suspicion.of["a.py", 1]


def test_the_innermost_frame_and_a_suspect_weigh_more():
    lines = {("a.py", 1), ("a.py", 2), ("b.py", 1)}
    frames = [[("a.py", 1), ("a.py", 2)]]
    assert localise({"t": lines}, {}, set(), frames, ()).ranked()[:2] == [("a.py", 2), ("a.py", 1)]
    assert localise({"t": lines}, {}, set(), [], ("b.py",)).ranked()[0] == ("b.py", 1)
    assert localise({"t": lines}, {}, set(), [], ("a.py:9",)).of["b.py", 1] == 1.0


def test_in_a_runaway_recursion_the_line_that_recurs_is_blamed():
    frames = [("a.py", 1), *[("a.py", 5)] * 90, ("a.py", 2)]
    lines = set(frames)
    assert localise({"t": lines}, {}, set(), [frames], ()).ranked()[0] == ("a.py", 5)


# Choice -------------------------------------------------------------------------------------------


def test_doing_less_is_chosen_last():
    from bot.adapters.agents.mechanic.engine.candidates import EditCandidate
    from bot.adapters.agents.mechanic.engine.edits import Edit

    def trial(index, kind, score):
        edit = Edit("a.py", ((0, 0, kind),), kind, score, 1, ast.Pass())
        return Trial(index, EditCandidate((edit,), score), plausible=True)

    first, second = trial(0, "delete", 0.5), trial(1, "comparison:<-><=", 0.4)
    assert [c.kind for c in ranked([first, second])] == ["comparison:<-><=", "delete"]


# Trees --------------------------------------------------------------------------------------------


def test_a_tree_is_put_back_exactly(tmp_path):
    root = tmp_path / "root"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "a.py").write_text("a = 1\n")
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    (root / "link").symlink_to("pkg/a.py")
    (root / ".git").mkdir()
    (root / ".git" / "HEAD").write_text("ref\n")
    copy_tree(str(root), str(tmp_path / "copy"))
    before = files_of(str(root))
    snapshot = Snapshot(str(root), str(tmp_path / "copy"))
    (root / "pkg" / "a.py").write_text("a = 2\n")
    (root / "run.sh").unlink()
    (root / "new").mkdir()
    (root / "new" / "out.txt").write_text("x")
    (root / "pkg" / "__pycache__").mkdir()
    snapshot.restore()
    assert files_of(str(root)) == before
    assert (root / "pkg" / "a.py").read_text() == "a = 1\n"
    assert not (root / "new").exists()
    assert not (root / "pkg" / "__pycache__").exists()
    assert not (tmp_path / "copy" / ".git").exists()


def test_what_is_repaired_is_kept(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.py").write_text("a = 1\n")
    copy_tree(str(root), str(tmp_path / "copy"))
    snapshot = Snapshot(str(root), str(tmp_path / "copy"))
    (root / "a.py").write_text("a = 2\n")
    (root / "b.txt").write_text("left by a test")
    snapshot.restore(keep=frozenset({"a.py"}))
    assert (root / "a.py").read_text() == "a = 2\n"
    assert not (root / "b.txt").exists()


# Tasks, words, the zip ----------------------------------------------------------------------------


def test_tests_are_known_by_name_folder_or_task():
    task = Task(root="/r", failing=(), test_files=("checks/",))
    for path in ("test_a.py", "a_test.py", "tests/helper.py", "conftest.py", "checks/b.py"):
        assert task.is_test(path), path
    for path in ("a.py", "src/latest.py", "contest.py", "protests/a.py"):
        assert not task.is_test(path), path


def test_a_task_file_must_be_a_task(tmp_path):
    path = tmp_path / "task.json"
    path.write_text("[]")
    with pytest.raises(ValueError, match="root"):
        load_task(str(path))
    path.write_text('{"root": ".", "steering": ["look at cart.py:12, in total()"], "unknown": 1}')
    assert load_task(str(path)).mentions == ("cart.py:12", "total")


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"event": "baseline", "failing": 1, "passing": 2}, "1 test red, 2 green before any edit"),
        (
            {"event": "localised", "lines": ["a.py:3"], "count": 4},
            "4 suspicious lines, most of all a.py:3",
        ),
        (
            {"event": "tried", "count": 214, "lines": 3, "file": "src/cart.py", "plausible": 0},
            "tried 214 edits, 3 suspicious lines in cart.py",
        ),
        ({"event": "found", "plausible": 0}, ""),
        ({"event": "done", "outcome": "gave up", "note": "green"}, "gave up: green"),
        ({"event": "tried", "count": "many"}, ""),
        ({"event": "weather"}, ""),
    ],
)
def test_events_in_words(event, words):
    assert in_words(event) == words


def test_a_diff_names_the_file():
    assert unified("a.py", "a\nb\n", "a\nc\n").splitlines()[:2] == ["--- a/a.py", "+++ b/a.py"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("a\nif a > b:\n", "a\nif a >= b:\n", "a.py:2: `if a > b:` became `if a >= b:`"),
        ("a\nb\n", "a\n  c\n  d\n  e\nb\n", "a.py:2: `c / d` and 1 more was added"),
        ("a\nb\n", "a\n", "a.py:2: `b` was removed"),
    ],
)
def test_a_repair_in_one_line(before, after, said):
    assert in_one_line("a.py", before, after) == said


def test_the_zip_is_the_same_every_time_and_knows_no_package_of_ours():
    archive.engine_archive.cache_clear()
    first = archive.engine_archive()
    archive.engine_archive.cache_clear()
    assert archive.engine_archive() == first
    with zipfile.ZipFile(io.BytesIO(first)) as packed:
        assert "__main__.py" in packed.namelist()
        for name in packed.namelist():
            assert b"bot.adapters" not in packed.read(name)


@pytest.mark.parametrize("path", sorted(ENGINE.rglob("*.py")), ids=lambda p: p.stem)
def test_the_engine_is_standard_library_and_python_3_8(path):
    tree = ast.parse(path.read_text(), feature_version=(3, 8))
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            ours = name.startswith("bot.adapters.agents.mechanic.engine")
            tested = path.stem == "with_pytest" and name.split(".")[0] in ("pytest", "_pytest")
            assert ours or tested or name.split(".")[0] in sys.stdlib_module_names, name


# A slow suite -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "targets"),
    [
        (2, ("tests/test_fares.py", "tests/test_trips.py", "tests/test_all.py")),
        (6, ("tests/test_fares.py", "tests/test_all.py")),
        (0, ()),
    ],
    ids=["a function that a test names", "one that none names", "nothing ran"],
)
def test_the_tests_near_a_function(tmp_path, line, targets):
    files = {
        "src/bus/fares.py": "def child():\n    return 1\n\n\ndef senior():\n    return 2\n",
        "tests/test_fares.py": "from bus import fares\n",
        "tests/test_trips.py": "from bus import child\n",
        "tests/test_all.py": "import bus.fares\nfrom bus import child\n",
        "tests/test_other.py": "",
        "tests/helpers.py": "from bus import child\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    root = str(tmp_path)
    suite = read_command("python -m pytest tests", root)
    ran = {("src/bus/fares.py", line)} if line else set()
    found = near(suite, Task(root, ()), root, ran)
    assert sorted(found.targets if found else ()) == sorted(targets)


@pytest.mark.parametrize(
    ("call", "given"),
    [
        ("iter([1, 2])", ("gave", "[1, 2]")),
        ("like(map)", ("gave", "a value")),  # a function that has the names of an iterator
        ("like(map)()", ("raised", "KeyError")),
    ],
)
def test_what_a_call_gives(call, given):
    def like(function):
        @functools.wraps(function)
        def inner():
            raise KeyError

        return inner

    assert answer(call, {"like": like}) == given


# Code put in place --------------------------------------------------------------------------------

MODULE = """\
LIMIT = 3


class Box:
    def holds(self, n):
        return n < LIMIT

    def each(self, n=1):
        return [i for i in range(n)]


def kept(function):
    def inner(n):
        return function(n)
    return inner
"""


def swapped(old: str, new: str) -> list[str] | None:
    was, now = (compile(text, "m.py", "exec") for text in (MODULE, MODULE.replace(old, new, 1)))
    pairs = code_pairs(was, now)
    return None if pairs is None else [one.co_name for one, _ in pairs]


@pytest.mark.parametrize(
    ("old", "new", "functions"),
    [
        ("n < LIMIT", "n <= LIMIT", ["holds"]),
        ("range(n)", "range(n + 1)", ["each"]),
        ("function(n)", "function(-n)", ["inner", "kept"]),  # what is there, and what is made anew
        ("return inner", "return function", ["kept"]),
        ("        return n < LIMIT", "        # why\n        return n < LIMIT", []),
        ("LIMIT = 3", "LIMIT = 4", None),
        ("n=1", "n=2", None),
        ("def holds", "def keeps", None),
    ],
)
def test_which_functions_an_edit_changes(old, new, functions):
    assert swapped(old, new) == functions


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("n < LIMIT", "n <= LIMIT", 4),
        ("LIMIT = 3", "LIMIT = 4", 1),
        ("    return inner\n", "    return inner\n    # end\n", 12),
    ],
)
def test_the_statement_of_a_module_that_holds_a_change(old, new, line):
    source = SourceFile("m.py", MODULE.encode())
    at = MODULE.index(old)
    part = source.part(((at, at + len(old), new),))
    assert part["line"] == line
    whole = MODULE.replace(part["old"], part["new"])
    assert whole == MODULE.replace(old, new)


def test_changes_of_two_statements_are_in_none():
    source = SourceFile("m.py", MODULE.encode())
    ends = MODULE.index("function(n)"), MODULE.index("LIMIT = 3")
    assert source.part(tuple((at, at + 1, "x") for at in ends)) is None
