"""What a patch gives up that no example asked about."""

import pytest

from bot.domain.fixes.patch import Entry, diff
from bot.domain.fixes.policy.losses import answers_flatly, given_up

LOOP = (
    "for x in a:\n    try:\n        {}a == x\n    except KeyError:\n"
    "        return False\nreturn True"
)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("if a:\n    x = 1\nreturn x", "if a:\n    x = 1\nx = 2\nreturn x", "for `x` is thrown"),
        (
            "for x in a:\n    y = x\nreturn y",
            "for x in a:\n    y = x\ny = 0\nreturn y",
            "for `y` is",
        ),
        ("if a:\n    x = 1\nreturn x", "x = 2\nif a:\n    x = 1\nreturn x", ""),
        ("x = 1\nreturn x", "x = 1\nx = x + 1\nreturn x", ""),
        ("x = 1\nreturn x", "x = 1\na(x)\nx = 2\nreturn x", ""),
        ("x = 1\nx = 2\nreturn x", "x = 1\nx = 3\nreturn x", ""),
        ("x = 1\nreturn x", "x = 1\nif a:\n    x = 2\nreturn x", ""),
        (LOOP.format(""), LOOP.format("return "), "`for x in a:` ends after its first round"),
        (LOOP.format("return "), LOOP.format("return not "), ""),
        ("for x in a:\n    x()", "for x in a:\n    if x:\n        return x", ""),
        (
            "while a:\n    a()",
            "while a:\n    if a():\n        break\n    else:\n        return 1",
            "first",
        ),
        ("for x in a:\n    x()", "for x in a:\n    with x:\n        return x()", "first round"),
        ("return isinstance(a, int)", "return isinstance(a, int) is None", "has but one answer"),
        ("return a > 1", "return (a > 1) is not None", "`(a > 1) is not None` has but one"),
        ("return a.b()", "return a.b() is None", ""),
        ("return a == b", "return b == b", "`b == b` has but one answer"),
        ("return a == b", "return a != a", ""),  # which nan is
        ("if a:\n    a()\nreturn 1", "return 1\nif a:\n    a()", "`if a:` is never reached"),
        ("if a:\n    return 2\nreturn 1", "if a:\n    pass\nreturn 1", "`if a:` decides nothing"),
        ("if a:\n    return 2\nreturn 1", "if a:\n    pass\nelse:\n    a()\nreturn 1", ""),
        ("return a", "return\nyield a", ""),
        ("return a", "b, _ = a\nc, _ = b\nreturn b, c", ""),
        (
            LOOP.format("return "),
            LOOP.format("return ").replace("KeyError", "(KeyError, OSError)"),
            "`OSError`, what",
        ),
        ("a()\nreturn 1", "try:\n    a()\nexcept:\n    pass\nreturn 1", "catches `BaseException`"),
        (LOOP.format(""), LOOP.format("").replace("False", "None"), ""),
    ],
)
def test_what_other_callers_lose(before: str, after: str, told: str) -> None:
    def whole(body: str) -> dict[str, Entry]:
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        return {"shop/cart.py": Entry(data=f"def f(a):\n{lines}".encode())}

    said = given_up(diff(whole(before), whole(after)))
    assert told in said
    assert bool(told) == bool(said)


@pytest.mark.parametrize(
    ("line", "flat"),
    [("return a + 2", False), ("pass", True), ("return 3", True), ("b = a\n    return b", False)],
)
def test_less_is_returned_that_was_worked_out(line: str, flat: bool) -> None:
    sides = [
        {"a.py": Entry(data=f"def f(a):\n    {body}\n".encode())} for body in ("return a + 1", line)
    ]
    assert answers_flatly(diff(*sides)) is flat
