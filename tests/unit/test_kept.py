"""What a report shows as right is asked beside the bug, and a repair must leave it."""

import ast

import pytest
from test_reproduction import fence, offered, tree

from bot.domain.fixes.calls import examples_in, raised_in
from bot.domain.fixes.reproduction import graded

LINES = """first([1])  # -> 1
first([2])  # -> 3, should be 2
first([])  # -> KeyError: 0 (right, empty)"""


def test_lines_that_are_not_called_wrong_are_kept() -> None:
    best = offered(fence(LINES))[0]
    assert "as_before" not in best.source
    assert best.kept == best.source.replace("\n\nfrom", "\n\nimport pytest\n\nfrom") + (
        "\n\ndef test_first_as_before_1():\n    assert first([1]) == 1\n"
        "\n\ndef test_first_as_before_2():\n    with pytest.raises(KeyError):\n        first([])\n"
    )


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("`first([2])` returns 3, expected 2. `first([1])` returns 1, which is fine.", True),
        ("`first([2])` returns 3, expected 2. `first([1])` gives 1, the right answer is 4.", False),
        ("`first([2])` returns 3, expected 2. `first([1])` returns 1.", False),
        (fence("first([1])  # 1\nfirst([2])  # 3") + "\nThe second should be `2`.", False),
        (fence("first([2])  # 3, should be 2\nfirst([2])  # 3"), False),
    ],
)
def test_what_is_called_right_is_kept(body: str, kept: bool) -> None:
    assert bool(offered(body)[0].kept) is kept


def test_in_a_test_case_it_is_a_test_of_the_case() -> None:
    suite = "import unittest\n\n\nclass T(unittest.TestCase):\n    def test(self):\n        pass\n"
    best = offered(fence(LINES), files=tree(**{"tests/test_cart.py": suite, "pyproject.toml": ""}))[
        0
    ]
    [case] = [node for node in ast.parse(best.kept).body if isinstance(node, ast.ClassDef)]
    names = [node.name for node in case.body if isinstance(node, ast.FunctionDef)]
    assert names == ["test_first_as_reported", "test_first_as_before_1", "test_first_as_before_2"]


def test_where_more_than_the_bug_fails_it_is_no_reproduction() -> None:
    best = offered(fence(LINES))[0]
    red = "FAILED tests/test_c.py::test_first_as_reported - assert 3 == 2\nE   assert 3 == 2\n"
    assert graded(red, best.test, best.reason) == "as reported"
    for more in ("FAILED tests/test_c.py::test_first_as_before_1", "FAIL: test_first_as_before_2"):
        assert graded(red + more, best.test, best.reason) is None


def test_what_is_kept_is_no_example_of_the_bug() -> None:
    kept = offered(fence(LINES))[0].kept
    assert examples_in(kept) == {"first([2])"}
    assert raised_in(kept) == set()
