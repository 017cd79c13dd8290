"""Calls of functions as suite, documents and code make them, and others round those.

**Invariant:** nothing is run here, and no call is found that holds more than plain values, the
checkout's own names and harmless builtins: the same rule as for the code of a report."""

import ast
import builtins
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress

from bot.domain.fixes.functions import Function, FunctionNode, asked
from bot.domain.fixes.patch import Tree, text_of
from bot.domain.fixes.python import parsed
from bot.domain.fixes.reproduction.importing import import_line
from bot.domain.fixes.reproduction.keeping import without_kept
from bot.domain.fixes.reproduction.resolving import NotPlain, Resolver
from bot.domain.fixes.reproduction.symbols import Symbols, symbols_of
from bot.domain.fixes.testfiles import is_test_file

_MOST_CALLS, _MOST_FOUND = 100, 40
_DOCUMENTS = re.compile(r"\.(md|rst|txt)$")
_PROMPT = re.compile(r"^\s*>>> (.*)$", re.M)
_COMPARED = re.compile(r"AssertionError|^E +assert ", re.M)
_BUILTINS = frozenset(dir(builtins))

# Expressions, each with the imports that it needs.
Calls = Mapping[str, Sequence[str]]


def calls_of(functions: Collection[Function], tree: Tree, own: Collection[str]) -> Calls:
    """Calls of these and of what ``own`` asks, and variations of them, at most 100. ``own`` are the
    paths of the reproduction, whose calls are to change. They are varied all the same: a boundary
    near the bug tells most."""
    called = {one.called: one.node for one in (*functions, *asked(tree, own)) if one.called}
    symbols = symbols_of(tree)
    first = [pair for path in own for pair in _found(path, tree, called, symbols)]
    others: list[tuple[ast.Call, Resolver]] = []
    for path in sorted(tree, key=_order):
        if path not in own and len(others) < _MOST_FOUND:
            others += _found(path, tree, called, symbols)
    found = [*first, *others[:_MOST_FOUND]]
    varied = [(call, by) for node, by in found for call in _varied(node, called[_name(node)])]
    changing = {ast.unparse(node) for node, _ in first}
    calls: dict[str, list[str]] = {}
    for node, resolver in [*found, *varied]:
        code = ast.unparse(node)
        if code not in changing and len(calls) < _MOST_CALLS:
            used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            named = sorted(used & resolver.imports.keys())
            calls.setdefault(code, [import_line(name, resolver.imports[name]) for name in named])
    return calls


def examples_in(source: str, red: str = "") -> set[str]:
    """What a test asks: the calls of each assertion, what is printed where output is compared, and
    each exception that it wants. Of a script that an error ends, as ``red`` shows, the log of its
    run without the patch, what it prints is one: what came before the error was right."""
    nodes = list(ast.walk(without_kept(parsed(source))))
    asserted: list[ast.AST] = [node.test for node in nodes if isinstance(node, ast.Assert)]
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    printed = any(_name(node) == "redirect_stdout" for node in calls)
    if printed and red and not _COMPARED.search(red):
        return {"all that is printed"}
    for node in calls:
        if _name(node).startswith("assert"):
            asserted.append(ast.Tuple([*node.args]))  # one, with what should come of it
        elif printed and _name(node) == "print":
            asserted += node.args
    asked_for = {" ".join(_outermost(node)) for node in asserted} | raised_in(source)
    said = {each for each in asked_for if ".getvalue()" in each}  # all that was printed
    return asked_for - {""} - (said if len(asked_for - said - {""}) else set())


def fails_before(source: str, other: str) -> bool:
    """Whether what a test asks is what ``other`` does before it asks something: where both end with
    one error, the second says nothing of its own."""
    asked, text = _questions(source), ast.unparse(ast.parse(other))
    return any(each in text for each in asked - _questions(other))


def _questions(source: str) -> set[str]:
    """The calls in the last statement of each test, whatever it says of them."""
    found: set[str] = set()
    for test in ast.walk(without_kept(parsed(source))):
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test"):
            last = test.body[-1]
            last = last.body[-1] if isinstance(last, ast.With) else last
            checks = [c for c in ast.walk(last) if isinstance(c, ast.Call)]
            checks = [c for c in checks if _name(c).startswith("assert")]
            asked: list[ast.AST] = [arg for check in checks for arg in check.args] or [last]
            found |= {call for node in asked for call in _outermost(node)}
    return found


def raised_in(source: str) -> set[str]:
    """Exceptions that a test asks for."""
    return {
        ast.unparse(node.args[0]).rpartition(".")[2]
        for node in ast.walk(without_kept(parsed(source)))
        if isinstance(node, ast.Call) and _name(node) in ("raises", "assertRaises") and node.args
    }


def _outermost(node: ast.AST) -> Iterator[str]:
    """Calls at or below a node that are not a builtin's, without those inside of them."""
    if isinstance(node, ast.Call) and _name(node) not in _BUILTINS:
        yield ast.unparse(node)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _outermost(child)


def _order(path: str) -> tuple[int, str]:
    """The suite, then documents, then code."""
    return (0 if is_test_file(path) else 1 if _DOCUMENTS.search(path) else 2, path)


def _found(
    path: str, tree: Tree, called: Mapping[str, FunctionNode], symbols: Symbols
) -> Iterator[tuple[ast.Call, Resolver]]:
    text = text_of(tree[path]) if path.endswith(".py") or _DOCUMENTS.search(path) else ""
    if not any(name in text for name in called):
        return
    shown = [parsed(line) for line in _PROMPT.findall(text)]
    module = parsed(text) if path.endswith(".py") else None
    nodes = [node for each in (module, *shown) if each for node in ast.walk(each)]
    resolver = Resolver(symbols, [name for name, at in symbols.modules.items() if at == path])
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            with suppress(NotPlain):  # of other packages
                resolver.statements([node])
    for node in nodes:
        if isinstance(node, ast.Call) and _name(node) in called:
            with suppress(NotPlain, RecursionError):
                plain = resolver.expression(node)
                if isinstance(plain, ast.Call) and _name(plain) in called:
                    yield plain, resolver


def _name(call: ast.Call) -> str:
    return str(getattr(call.func, "id", getattr(call.func, "attr", "")))


def _varied(call: ast.Call, function: FunctionNode) -> Iterator[ast.Call]:
    """Without the arguments that may be left out; with one at a boundary: nothing, one, more."""
    spec = function.args
    names = [each.arg for each in (*spec.posonlyargs, *spec.args)]
    optional = {*names[len(names) - len(spec.defaults) :], *(a.arg for a in spec.kwonlyargs)}
    names = names[names[:1] in (["self"], ["cls"]) :]
    given = [each for each, name in zip(call.args, names, strict=False) if name not in optional]
    named = [each for each in call.keywords if each.arg not in optional]
    if (given, named) != (call.args, call.keywords):
        yield ast.Call(call.func, given, named)
    values, first = [*call.args, *(each.value for each in call.keywords)], len(call.args)
    for at, each in enumerate(values):
        for other in _boundaries(each):
            now = [*values[:at], other, *values[at + 1 :]]
            pairs = zip(call.keywords, now[first:], strict=True)
            named = [ast.keyword(keyword.arg, value) for keyword, value in pairs]
            yield ast.Call(call.func, now[:first], named)


def _boundaries(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            for some in ([], parts[:1], [*parts, *parts]):
                yield type(node)(some, ast.Load())
        case ast.Constant(value=str() as text):
            yield from map(ast.Constant, ("", text[:1], text * 2))
        case ast.Constant(value=int()) | ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
            number = ast.literal_eval(node)
            if type(number) is int:
                for near in (0, 1, -1, number - 1, number + 1):
                    yield ast.parse(repr(near), mode="eval").body
        case _:
            pass
