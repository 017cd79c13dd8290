"""How much an assertion asks: the same subject may be asked more, never less."""

from __future__ import annotations

import ast
from dataclasses import dataclass

LOOSE, CLOSE, EXACT = 1, 2, 3
_BROAD = frozenset({"Exception", "BaseException", "object"})

# unittest's names, as (strength, how many arguments belong to the question)
_METHODS = {
    "assertTrue": (LOOSE, 1),
    "assertFalse": (LOOSE, 1),
    "assertIsNotNone": (LOOSE, 1),
    "assertIsInstance": (LOOSE, 2),
    "assertIn": (LOOSE, 2),
    "assertNotIn": (LOOSE, 2),
    "assertNotEqual": (LOOSE, 2),
    "assertGreater": (LOOSE, 2),
    "assertGreaterEqual": (LOOSE, 2),
    "assertLess": (LOOSE, 2),
    "assertLessEqual": (LOOSE, 2),
    "assertAlmostEqual": (CLOSE, 2),
    "assertIsNone": (EXACT, 1),
}


@dataclass(frozen=True, slots=True)
class Strength:
    """``subject`` is what is asked about, ``expected`` what is asked, both as syntax."""

    subject: str
    expected: str
    rank: int


def strength(node: ast.stmt) -> Strength | None:
    """How much ``node`` asks; None of what is no assertion."""
    if isinstance(node, ast.Assert):
        return _of_test(node.test)
    if isinstance(node, ast.With | ast.AsyncWith) and len(node.items) == 1:
        return _of_raises(node.items[0].context_expr)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return _of_method(node.value)
    return None


def at_least_as_strong(old: Strength, new: Strength) -> bool:
    """Whether ``new`` asks the same question, or more of the same subject."""
    if old.subject != new.subject:
        return False
    return new.rank > old.rank or (new.rank == old.rank and new.expected == old.expected)


def _of_test(test: ast.expr) -> Strength:
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return Strength(ast.dump(test), "truth", 0 if isinstance(test, ast.Constant) else LOOSE)
    left, operator, right = test.left, test.ops[0], test.comparators[0]
    subject, expected = ast.dump(left), ast.dump(right)
    match operator:
        case ast.Eq() | ast.Is() if _is_constant(left) and _is_constant(right):
            rank = 0
        case ast.Eq() | ast.Is() if "approx" in expected or "ANY" in expected:
            rank = CLOSE
        case ast.Eq() | ast.Is() if subject != expected:
            rank = EXACT
        case ast.Eq() | ast.Is():
            rank = 0  # equal to itself
        case _:
            rank = LOOSE
    kind = "" if rank == EXACT else type(operator).__name__
    return Strength(subject, kind + expected, rank)


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)


def _of_raises(call: ast.expr) -> Strength | None:
    if not isinstance(call, ast.Call):
        return None
    name = ast.unparse(call.func).rpartition(".")[2]
    if name not in ("raises", "assertRaises", "assertRaisesRegex") or not call.args:
        return None
    broad = ast.unparse(call.args[0]) in _BROAD
    matched = bool(call.keywords) or name == "assertRaisesRegex"
    return Strength("raises", ast.dump(call), LOOSE if broad else EXACT if matched else CLOSE)


def _of_method(call: ast.Call) -> Strength | None:
    name = ast.unparse(call.func).rpartition(".")[2]
    if not name.startswith("assert"):
        return None
    rank, asked = _METHODS.get(name, (EXACT, 2))
    arguments = call.args[:asked]
    if not arguments:
        return Strength("", ast.dump(call), rank)
    subject, expected = ast.dump(arguments[0]), [ast.dump(part) for part in arguments[1:]]
    if all(map(_is_constant, arguments)) or subject in expected:
        rank = 0
    kind = "" if rank == EXACT and len(arguments) == 2 else name
    keywords = "".join(ast.dump(k) for k in call.keywords if k.arg != "msg")
    return Strength(subject, kind + "".join(expected) + keywords, rank)
