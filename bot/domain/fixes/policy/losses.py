"""What a patch gives up that no example asked about: read from its two sides, nothing is run."""

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise

from bot.domain.fixes.patch import Patch, text_of
from bot.domain.fixes.python import parsed
from bot.domain.fixes.testfiles import is_test_file

Found = Counter[tuple[str, str]]  # function, and what is lost there
_FLAGS = ("isinstance", "issubclass", "callable", "hasattr", "any", "all", "bool", "len")
_LEAVING = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


def given_up(patch: Patch) -> str:
    """One sentence on what other callers lose; empty where nothing is."""
    for find, said in (
        (_overwritten, "What earlier lines work out for `{}` is thrown away."),
        (_left_at_once, "`{}` ends after its first round."),
        (_decided, "`{}` has but one answer."),
        (_idle, "`if {}:` decides nothing."),
        (_unreached, "`{}` is never reached."),
        (_caught, "It catches `{}`, whatever else raises that."),
    ):
        if found := _anew(patch, find):
            return said.format(found[0])
    return ""


def answers_flatly(patch: Patch) -> bool:
    """Whether it returns less that was worked out: a constant, or nothing, as one example asks."""
    sides = [[parsed(text_of(e)) for e in (each.before, each.after)] for each in patch.changes]
    returns = [[n for t in trees if t for n in ast.walk(t) if isinstance(n, ast.Return)]
               for trees in zip(*sides, strict=True)]  # fmt: skip
    was, now = (Counter(isinstance(n.value, ast.Constant) for n in each) for each in returns)
    return now[False] < was[False]


def _anew(patch: Patch, find: Callable[[ast.Module | None], Found]) -> list[str]:
    found: Found = Counter()
    for change in patch.changes:
        if change.path.endswith(".py") and not is_test_file(change.path):
            was, now = (find(parsed(text_of(side))) for side in (change.before, change.after))
            found += now - was
    return sorted(what for _, what in found)


def _functions(tree: ast.Module | None) -> Iterator[tuple[str, ast.AST]]:
    """Every node of every function, with the function's name."""
    for function in ast.walk(tree or ast.Module([], [])):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                yield function.name, node


def _overwritten(tree: ast.Module | None) -> Found:
    """Names assigned anew before anybody reads what an earlier statement of the block left."""
    lost = ((function, name) for function, block in _blocks(tree) for name in _lost(block))
    return Counter(each for each in lost if each[1] != "_")


def _unreached(tree: ast.Module | None) -> Found:
    """Statements right behind one that leaves; a ``yield`` there makes a generator."""
    return Counter(
        (function, ast.unparse(after).partition("\n")[0])
        for function, block in _blocks(tree)
        for one, after in pairwise(block)
        if isinstance(one, _LEAVING) and not isinstance(getattr(after, "value", None), ast.Yield)
    )


def _idle(tree: ast.Module | None) -> Found:
    """Conditions on which nothing is done, and nothing otherwise."""
    return Counter(
        (function, ast.unparse(node.test))
        for function, node in _functions(tree)
        if isinstance(node, ast.If)
        and all(isinstance(n, ast.Pass) for n in node.body + node.orelse)
    )


def _caught(tree: ast.Module | None) -> Found:
    """Exceptions that handlers take."""
    return Counter(
        (function, ast.unparse(each))
        for function, node in _functions(tree)
        if isinstance(node, ast.ExceptHandler)
        for each in getattr(node.type, "elts", [node.type or ast.Name("BaseException")])
    )


def _blocks(tree: ast.Module | None) -> Iterator[tuple[str, list[ast.stmt]]]:
    for function, node in _functions(tree):
        for block in (getattr(node, "body", None), getattr(node, "orelse", None)):
            if isinstance(block, list):
                yield function, block


def _lost(block: list[ast.stmt]) -> Iterator[str]:
    unread: set[str] = set()
    for statement in block:
        names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
        unread -= {node.id for node in names if not isinstance(node.ctx, ast.Store)}
        stored = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            yield from sorted(stored & unread)
        read = {node.id for node in names if isinstance(node.ctx, ast.Load)}
        unread |= stored - read


def _decided(tree: ast.Module | None) -> Found:
    """Asking whether what is true or false is None, or whether something is like itself."""
    found: Found = Counter()
    for function, node in _functions(tree):
        match node:
            case ast.Compare(left=left, comparators=[ast.Constant(value=None)]):
                called = isinstance(left, ast.Call) and ast.unparse(left.func) in _FLAGS
                found[function, ast.unparse(node)] += called or isinstance(left, ast.Compare)
            case ast.Compare(left=left, ops=[ast.Eq() | ast.Lt() | ast.Gt()], comparators=[right]):
                found[function, ast.unparse(node)] += ast.dump(left) == ast.dump(right)
            case _:
                pass
    return +found


def _left_at_once(tree: ast.Module | None) -> Found:
    """Loops that every way through their body leaves."""
    return Counter(
        (function, ast.unparse(node).partition("\n")[0])
        for function, node in _functions(tree)
        if isinstance(node, _LOOPS) and _leaves(node.body)
    )


def _leaves(block: list[ast.stmt]) -> bool:
    match block[-1] if block else None:
        case ast.Return() | ast.Raise() | ast.Break():
            return True
        case ast.If(body=body, orelse=other):
            return _leaves(body) and _leaves(other)
        case ast.With(body=body) | ast.AsyncWith(body=body):
            return _leaves(body)
        case ast.Try(body=body, handlers=handlers, orelse=other, finalbody=last):
            done = _leaves(body) or _leaves(other)
            return _leaves(last) or (done and all(_leaves(each.body) for each in handlers))
        case _:
            return False
