"""What an existing Python test lost: each statement must still be there, or ask for more."""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.fixes.policy.syntax import FUNCTION, Facts, Scope, function_of, header, shown, where

LOOSE, CLOSE, EXACT = 1, 2, 3
_BROAD = frozenset({"Exception", "BaseException", "object"})

# unittest's names, as (strength, how many arguments belong to the question)
_LOOSELY = "IsInstance In NotIn NotEqual Greater GreaterEqual Less LessEqual"
_METHODS = {
    **dict.fromkeys(("assertTrue", "assertFalse", "assertIsNotNone"), (LOOSE, 1)),
    **{f"assert{name}": (LOOSE, 2) for name in _LOOSELY.split()},
} | {"assertAlmostEqual": (CLOSE, 2), "assertIsNone": (EXACT, 1)}


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


_LITERALS = (ast.List, ast.Tuple, ast.Set)


def lost(old: Facts, new: Facts) -> Iterator[str]:
    """Functions, classes and statements that are gone or weaker."""
    for scope in old.scopes:
        if scope in new.scopes:
            yield from _of_header(scope, old.headers[scope], new.headers[scope])
        elif len(scope) == 1 or function_of(scope[:-1]) in (*new.scopes, ()):
            yield f"{where(scope)} is gone or renamed"
    stronger: dict[str, str] = {}  # blocks whose header now asks for more
    for scope, statements in old.statements.items():
        if function_of(scope) and function_of(scope) not in new.scopes:
            continue  # said already
        there = list(new.statements.get(tuple(stronger.get(part, part) for part in scope), []))
        for node in _without_same(statements, there):
            successor = next((other for other in there if covers(node, other)), None)
            if successor is not None:
                there.remove(successor)
                stronger[f"body of {header(node)}"] = f"body of {header(successor)}"
            elif not _is_idle(node):
                yield f"{where(scope)} loses or changes `{shown(node)}`"


def _without_same(statements: list[ast.stmt], there: list[ast.stmt]) -> list[ast.stmt]:
    """The statements that are not in ``there``; what matches is taken out of it."""
    missing = []
    for node in statements:
        same = next((other for other in there if header(other) == header(node)), None)
        if same is None:
            missing.append(node)
        else:
            there.remove(same)
    return missing


def _is_idle(node: ast.stmt) -> bool:
    """A docstring, ``pass`` or an import: nothing is tested by it."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    return isinstance(node, ast.Pass | ast.Import | ast.ImportFrom)


def covers(old: ast.stmt, new: ast.stmt) -> bool:
    """Whether ``new`` asks at least what ``old`` asked."""
    before, after = strength(old), strength(new)
    if before is not None and after is not None:
        return at_least_as_strong(before, after)
    if isinstance(old, ast.Assign) and isinstance(new, ast.Assign):
        targets = [ast.dump(target) for target in old.targets]
        same = targets == [ast.dump(target) for target in new.targets]
        return same and _grown(old.value, new.value)
    if isinstance(old, ast.For) and isinstance(new, ast.For):
        return ast.dump(old.target) == ast.dump(new.target) and _grown(old.iter, new.iter)
    return False


def _grown(old: ast.expr, new: ast.expr) -> bool:
    """Whether a literal collection kept every element, in order at its start."""
    if isinstance(old, _LITERALS) and isinstance(new, _LITERALS) and type(old) is type(new):
        kept = Counter(map(ast.dump, old.elts)) - Counter(map(ast.dump, new.elts))
        return bool(old.elts) and not kept
    return False


def _of_header(scope: tuple[str, ...], old: Scope, new: Scope) -> Iterator[str]:
    if type(old) is not type(new):
        yield f"{where(scope)} becomes something else"
        return
    if isinstance(old, ast.ClassDef) and isinstance(new, ast.ClassDef):
        if list(map(ast.dump, old.bases)) != list(map(ast.dump, new.bases)):
            yield f"{where(scope)} changes what it inherits"
    elif isinstance(old, FUNCTION) and isinstance(new, FUNCTION):
        kept = {argument.arg for argument in _arguments(new)}
        gone = [argument.arg for argument in _arguments(old) if argument.arg not in kept]
        if gone:
            yield f"{where(scope)} loses its parameter {gone[0]}"
    left = list(new.decorator_list)
    for decorator in old.decorator_list:
        match = next((other for other in left if _same_decorator(decorator, other)), None)
        if match is None:
            yield f"{where(scope)} loses or changes `@{shown(decorator)}`"
        else:
            left.remove(match)


def _arguments(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def _same_decorator(old: ast.expr, new: ast.expr) -> bool:
    if ast.dump(old) == ast.dump(new):
        return True
    if not (isinstance(old, ast.Call) and isinstance(new, ast.Call)):
        return False
    names = [ast.unparse(call.func) for call in (old, new)]
    if names[0] != names[1] or not names[0].endswith("parametrize") or len(old.args) < 2:
        return False
    return (
        len(new.args) >= 2
        and ast.dump(old.args[0]) == ast.dump(new.args[0])
        and _grown(old.args[1], new.args[1])
        and [ast.dump(k) for k in old.keywords] == [ast.dump(k) for k in new.keywords]
    )
