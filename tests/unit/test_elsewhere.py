"""Which functions a patch changes, which calls of them are tried, and what counts as worse."""

import json
from collections.abc import Callable

import pytest

from bot.domain.fixes.answers import answers_of, broken_calls, changed_calls
from bot.domain.fixes.calls import calls_of, examples_in, fails_before, raised_in
from bot.domain.fixes.functions import asked, broken, changed
from bot.domain.fixes.neighbours import adds, neighbours, renames
from bot.domain.fixes.patch import Entry, Tree, text_of

BASE = '''\
import os

RATE = 2


def cut(text, most=None, *, strict=False):
    """Cut it.

    >>> cut("a-b")
    ['a', 'b']
    """
    return _inner(text, most)


def _inner(text, most):
    return text.split("-", most)


async def rated(n):
    return n * RATE


def untouched():
    return os.getcwd()


class Field:
    def __init__(self, value):
        self.value = value

    def text(self):
        return str(self.value)
'''


def tree(**files: str) -> Tree:
    names = {"code": "pack.py", "suite": "tests/test_pack.py", "made": "tests/test_made.py"}
    return {
        names.get(name, f"{name}.md"): Entry(data=text.encode()) for name, text in files.items()
    }


def names_changed(source: str) -> list[str]:
    return [one.name for one in changed(tree(code=BASE), tree(code=source))]


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        ('"-", most', '"-", most or -1', ["_inner"]),
        ("n * RATE", "n + RATE", ["rated"]),
        ("str(self.value)", "repr(self.value)", ["Field.text"]),
        ("n * RATE", "n * RATE  # twice", []),
        ("most=None", "most=0", ["cut"]),
    ],
)
def test_what_changes(before: str, after: str, names: list[str]) -> None:
    assert before in BASE
    assert names_changed(BASE.replace(before, after, 1)) == names


def test_a_broken_tree_keeps_docstrings_and_the_rest() -> None:
    patched = tree(code=BASE.replace("most=None", "most=0").replace("n * RATE", "n + RATE"))
    names = {(one.path, one.name) for one in changed(tree(code=BASE), patched)}
    source = text_of(broken(patched, names)["pack.py"])
    namespace: dict[str, object] = {}
    exec(source, namespace)
    assert 'cut("a-b")' in source
    assert source.count("return None") == 2
    assert "os.getcwd()" in source


@pytest.mark.parametrize(
    ("variable", "gives"), [("PYTEST_CURRENT_TEST", None), ("NO_TEST_RUNS", ["a", "b"])]
)
def test_what_is_broken_within_tests_works_outside_of_them(variable: str, gives: object) -> None:
    there = broken(tree(code=BASE), {("pack.py", "cut")}, within_tests=True)
    namespace: dict[str, Callable[..., object]] = {}
    exec(text_of(there["pack.py"]).replace("PYTEST_CURRENT_TEST", variable), namespace)
    assert namespace["cut"]("a-b", -1) == gives
    assert namespace["cut"].__doc__ is not None


MADE = 'from pack import cut\n\n\ndef test_made():\n    assert cut("a-b-c", most=1) == ["a"]\n'


def called(**files: str) -> list[str]:
    there = tree(code=BASE, made=MADE, **files)
    functions = [one for one in changed(tree(), there) if one.called != "Field"]
    return list(calls_of(functions, there, ["tests/test_made.py"]))


def test_calls_of_suite_documents_and_code_are_tried_with_others_round_them() -> None:
    suite = "from pack import cut\n\n\ndef test_it(x):\n    cut('x', 2, strict=True)\n    cut(x)\n"
    found = called(suite=suite, README="Say\n\n    >>> cut('doc')\n")
    assert found[:3] == ["cut('x', 2, strict=True)", "cut('doc')", "cut('a-b')"]
    rest = set(found)
    assert {"cut('a-b-c')", "cut('x')"} <= rest
    assert {"cut('', most=1)", "cut('a', most=1)", "cut('a-b-ca-b-c', most=1)"} <= rest
    assert {f"cut('a-b-c', most={n})" for n in (0, -1, 2)} <= rest
    assert "cut('a-b-c', most=1)" not in rest
    assert len(found) == len(rest)


@pytest.mark.parametrize(
    "call",
    [
        "cut(open('x').read())",
        "cut(os.environ)",
        "cut(__import__('os').name)",
        "cut(fixture)",
        "cut(2 ** 9999)",
        "cut(_inner.__globals__)",
    ],
)
def test_no_call_is_tried_that_says_more_than_plain_values(call: str) -> None:
    suite = f"import os\nfrom pack import cut\n\n\ndef test_it(fixture):\n    {call}\n"
    assert called(suite=suite) == called()


def test_a_call_brings_its_imports() -> None:
    suite = "import pack as p\n\n\ndef test_it():\n    p.cut('x')\n"
    there = tree(code=BASE, suite=suite)
    calls = calls_of(changed(tree(), there), there, [])
    assert calls["p.cut('x')"] == ["import pack as p"]


def test_what_a_test_asks_is_found_by_name() -> None:
    assert [one.name for one in asked(tree(code=BASE, made=MADE), ["tests/test_made.py"])] == [
        "cut"
    ]


PRINTED = """with contextlib.redirect_stdout(output):
        {}
    assert output.getvalue().splitlines() == ["a", "b"]"""


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("assert f(1) == 2", 1),
        ("assert list(f(1)) == [2]\n    assert len(f(1)) == 1", 1),
        ("assert f(1) == 2\n    assert f(3) == 4", 2),
        ("assert f(g(1)) == 2", 1),
        ("with pytest.raises(ValueError):\n        f(0)", 1),
        ("self.assertEqual(f(1), 2)\n    self.assertEqual(f(2), 2)", 2),
        ("self.assertEqual(f(1), datetime.date(2021, 5, 1))", 1),
        (PRINTED.format("print(f(1))"), 1),
        (PRINTED.format("print(f(1)); print(f(2))"), 2),
        (PRINTED.format("main()"), 1),
    ],
)
def test_how_many_examples_there_are(body: str, count: int) -> None:
    assert len(examples_in(f"def test(self):\n    {body}\n")) == count


def test_what_a_script_printed_before_its_error_is_no_example() -> None:
    prints = "with redirect_stdout(out):\n        print(f(1))\n        print(f(2))"
    test = f"def test():\n    {prints}\n    assert out.getvalue().splitlines() == ['1', '2']\n"
    for red in ("", "E       AssertionError: assert ['1'] == ['1', '2']", "E   assert ['1'] == []"):
        assert len(examples_in(test, red)) == 2
    assert len(examples_in(test, "E   shop.EmptyCart: no")) == 1


def gave(**answers: object) -> dict[str, tuple[str, str]]:
    return {code: ("gave", str(text)) for code, text in answers.items()}


def test_a_value_that_is_none_any_more_is_worse() -> None:
    before = {**gave(a=1, b=1, c=1, d=1, e=1, f=1), "g": ("raised", "KeyError")}
    after = {
        **gave(a=1, b=2, g=3),
        "c": ("raised", "TypeError"),
        "d": ("slow", ""),
        "e": ("raised", "ValueError"),
    }
    assert broken_calls(before, after, raised_in("with pytest.raises(ValueError): a()")) == [
        "`c` gave 1, now raises TypeError",
        "`d` gave 1, now does not end",
        "`f` gave 1, now ends the process",
    ]
    changes = [(o.call, o.one, o.other) for o in changed_calls(before, after) if o.call != "c"]
    assert changes == [
        ("b", "1", "2"),
        ("e", "1", "raises ValueError"),
        ("g", "raises KeyError", "3"),
    ]


def test_what_the_code_prints_is_no_answer() -> None:
    lines = ["no json", "[1, 2]", json.dumps(["a", "gave", "1"])]
    assert answers_of("\n".join(lines)) == {"a": ("gave", "1")}


@pytest.mark.parametrize(
    ("before", "after", "others"),
    [
        ("x = round(y, 2)", "x = round(y, -1)", ["round(y, +1)", "round(y, -2)", "round(y, -0)"]),
        ("if a >= 9: b()", "if a > 9: b()", ["if a < 9: b()"]),
        ("x = a[1:]", "x = a", []),
        ("x = a", "x = a.lower()", ["a.swapcase()"]),
        ("x = a", "x = a or 'not + 1'", ["a and 'not + 1'"]),
        ("if a: b()", "if a and not c: b()", ["if a or not c: b()", "if a and   c: b()"]),
        ("def f(a): g(a)", "def f(*a): g(*a)", []),
        ("x = a", "x =", []),
        ("x = NotImplemented", "x = other", ["True"]),
        ("x = b(a.d, 1)", "x = b(a.d, c)", ["b(a.d, True)"]),
    ],
)
def test_only_what_a_patch_adds_is_written_otherwise(
    before: str, after: str, others: list[str]
) -> None:
    found = list(neighbours(tree(code=f"y = 1\n{before}\n"), tree(code=f"y = 1\n{after}\n")))
    assert [line.removeprefix("x = ") for _, line, _ in found] == others
    assert all(data.decode().splitlines()[1].endswith(line) for _, line, data in found)


def test_what_a_file_was_is_asked_for_where_others_are_changed_too() -> None:
    base, alone = tree(code="a = b > 1\n", told="one"), tree(code="a = b > 2\n", told="one")
    both = tree(code="a = b > 2\n", told="two")
    assert [line for _, line, _ in neighbours(base, alone)] == ["a = b > 3"]
    assert [line for _, line, _ in neighbours(base, both)] == ["a = b > 3", "a = b > 1"]


def test_another_attribute_of_the_owner_is_asked_for() -> None:
    code = "one = a.mark_one, a.mark_two, a.marked(), b.mark\ntwo = a.{}\n"
    changed = (tree(code=code.format(name)) for name in ("mark_one", "mark_three"))
    assert [line for _, line, _ in neighbours(*changed)] == ["two = a.mark_two"]


def test_in_a_long_file_only_what_the_patch_brings_is_written_otherwise() -> None:
    long = "".join(f"def f{n}(x: int) -> int:\n    return x + {n}\n\n\n" for n in range(900))
    old, new = (
        f"{long}def last(a):\n    return a{by}\n\n\n{long}print(last)\n" for by in ("", " + 1")
    )
    found = list(neighbours(tree(code=old), tree(code=new)))
    assert {line for _, line, _ in found} == {"return a - 1", "return a + 2", "return a + 0"}


@pytest.mark.parametrize(
    ("line", "more"),
    [
        ("    if a > 3 or a < -3:", False),  # as it is
        ("    if a > 3:", False),
        ("    pass", False),
        ("    if a > 3 or a < -4:", True),
        ("    if a > 3 or a < -3 or not a:", True),
    ],
)
def test_a_patch_that_only_takes_away_adds_nothing(line: str, more: bool) -> None:
    base, patched = (
        {"a.py": Entry(data=f"def f(a):\n{each}\n        return 1\n".encode())}
        for each in ("    if a > 3 or a < -3:", line)
    )
    assert adds(base, patched) is more


def test_less_indented_is_no_more() -> None:
    base = {"a.py": Entry(data=b"def f(a):\n    if a:\n        return 1\n")}
    assert not adds(base, {"a.py": Entry(data=b"def f(a):\n    return 1\n")})
    assert adds({"a.md": Entry(data=b"a\n")}, {"a.md": Entry(data=b"b\n")})


def test_what_is_no_condition_and_no_call_may_go() -> None:
    assert adds(tree(code="for a in b[1:]:\n    a()\n"), tree(code="for a in b:\n    a()\n"))
    assert not adds(tree(code="a = b.strip().lower()\n"), tree(code="a = b.lower()\n"))


@pytest.mark.parametrize(
    ("line", "only"),
    [
        ("return a.left[0]", False),  # as it is
        ("return a.right[0]", True),
        ("return b.right[0]", True),
        ("return a.left[1]", False),
        ("return a.left and a.left[0]", False),
        ("return a[0]", False),
    ],
)
def test_a_patch_may_only_write_other_names(line: str, only: bool) -> None:
    before, after = tree(code="return a.left[0]\n"), tree(code=f"{line}\n")
    assert renames(before, after) is only


LOADED = "def test_it():\n    load('a', strict=True)\n"


@pytest.mark.parametrize(
    ("body", "before"),
    [
        ("thing = load('a', strict=True)\n    thing('b')", True),
        ("load('a', strict=True).get('b')", True),
        ("assert load('a', strict=True) == 'b'", False),
        ("with pytest.raises(KeyError):\n        load('a', strict=True)", False),
        ("self.assertEqual(load('a', strict=True), 'b')", False),
        ("load('b', strict=True)", False),
    ],
)
def test_what_ends_before_it_asks_says_nothing_of_its_own(body: str, before: bool) -> None:
    assert fails_before(LOADED, f"def test_it():\n    {body}\n") is before
