"""What was added to a Python test file that switches off, shadows or replaces what was there."""

import ast
import re
from collections import Counter
from collections.abc import Iterator

from bot.domain.fixes.policy.kept import covers
from bot.domain.fixes.policy.syntax import FUNCTION, Facts, function_of, header, shown, where

_SKIP_CALLS = re.compile(
    r"(.*\.)?(skip|skipif|skipIf|skipUnless|skipTest|xfail|importorskip|SkipTest|usefixtures)"
)
_EXIT_CALLS = re.compile(
    r"pytest\.exit|sys\.exit|os\._exit|os\.abort|exit|quit|SystemExit|os\.kill"
)
_PATCHING = re.compile(
    r"(.*\.)?(setattr|delattr|setitem|patch|patch\.\w+|patch\.object|reload|exec|eval|settrace)"
)
_DESELECTING = re.compile(
    r"pytest_\w+|collect_ignore(_glob)?|pytestmark|__test__|load_tests|pytest_plugins|__unittest"
)
_SHARED = ("sys.modules", "globals()", "builtins.__dict__")
_ASSIGNING = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For, ast.With)


def switched_off(old: ast.Module, new: ast.Module, is_new: bool) -> Iterator[str]:
    """Skips, hooks and exits that were not there before. A new file may skip its own tests; it may
    not touch what other tests see."""
    yield from Counter(_disturbances(new)) - Counter(_disturbances(old))
    if not is_new:
        yield from Counter(_marks(new)) - Counter(_marks(old))
        yield from Counter(_patches(new)) - Counter(_patches(old))


def _disturbances(tree: ast.Module) -> Iterator[str]:
    """What reaches beyond one test: the runner, the modules under test."""
    imported = set(_origins(tree))
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=func) if _EXIT_CALLS.fullmatch(ast.unparse(func)):
                yield f"adds `{shown(node)}`, which ends the test run"
            case ast.Raise(exc=ast.Name(id="SystemExit" | "KeyboardInterrupt")):
                yield f"adds `{shown(node)}`, which ends the test run"
            case ast.Subscript(value=value, ctx=ast.Store()) if ast.unparse(value) in _SHARED:
                yield f"writes to {ast.unparse(value)}"
            case ast.Attribute(value=ast.Name(id=owner), ctx=ast.Store()) if owner in imported:
                yield f"replaces `{ast.unparse(node)}` of what it tests"
            case _:
                pass


def _marks(tree: ast.Module) -> Iterator[str]:
    """What decides which tests of this file, or below it, count."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) if name in ("skip", "xfail", "skipif"):
                yield f"adds `{shown(node)}`"
            case ast.Call(func=func) if _SKIP_CALLS.fullmatch(ast.unparse(func)):
                yield f"adds `{shown(node)}`"
            case ast.FunctionDef(name=name) | ast.Name(id=name, ctx=ast.Store()) if (
                _DESELECTING.fullmatch(name)
            ):
                yield f"adds `{name}`, which decides what is tested"
            case ast.Raise(exc=ast.Call(func=ast.Name(id="SkipTest")) | ast.Name(id="SkipTest")):
                yield f"adds `{shown(node)}`"
            case ast.Name(id="expectedFailure") | ast.Attribute(attr="expectedFailure"):
                yield "expects a failure"
            case ast.Call(func=ast.Attribute(attr="fixture"), keywords=keywords) if any(
                keyword.arg == "autouse" for keyword in keywords
            ):
                yield "adds a fixture every test uses unasked"
            case ast.Delete():
                yield f"adds `{shown(node)}`"
            case _:
                pass


def _patches(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _PATCHING.fullmatch(ast.unparse(node.func)):
            yield f"adds `{shown(node)}`, which replaces what it tests"


def _origins(tree: ast.Module) -> dict[str, str]:
    origins: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                origins[name] = alias.name if alias.asname else name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                module = "." * node.level + (node.module or "")
                origins[alias.asname or alias.name] = f"{module}:{alias.name}"
    return origins


def overridden(old: Facts, new: Facts) -> Iterator[str]:
    """A second definition of a name takes the place of the first."""
    for scope, count in new.scopes.items():
        if count > max(1, old.scopes.get(scope, 0)):
            yield f"{where(scope)} is defined twice: only the last one runs"
    old_origins, new_origins = (_origins(_module(facts)) for facts in (old, new))
    for name, origin in old_origins.items():
        if name in new_origins and new_origins[name] != origin:
            yield f"`{name}` is now imported from somewhere else"
    bound_before = {*old_origins, *_bound(old)}
    for name in _newly_bound(old, new):
        if name in bound_before:
            yield f"`{name}` now means something else"


def _module(facts: Facts) -> ast.Module:
    return ast.Module([node for body in facts.statements.values() for node in body], [])


def _bound(facts: Facts) -> set[str]:
    return {scope[0] for scope in facts.scopes if len(scope) == 1} | set(_assigned(facts, ()))


def _assigned(facts: Facts, scope: tuple[str, ...]) -> Iterator[str]:
    for node in facts.statements.get(scope, []):
        yield from _stored(node)


def _stored(node: ast.stmt) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id


def _newly_bound(old: Facts, new: Facts) -> Iterator[str]:
    """Names the module binds now and did not, or binds once more."""
    yield from (Counter(_assigned(new, ())) - Counter(_assigned(old, ()))).keys()
    for scope in new.scopes:
        if len(scope) == 1 and scope not in old.scopes:
            yield scope[0]


def intruders(old: Facts, new: Facts) -> Iterator[str]:
    """Statements added inside an existing function that keep the rest from telling."""
    for scope in old.scopes:
        if scope not in new.scopes or not isinstance(old.headers[scope], FUNCTION):
            continue
        assigned = {
            name
            for part in old.statements
            if part[: len(scope)] == scope
            for name in _assigned(old, part)
        }
        for part, statements in new.statements.items():
            if part[: len(scope)] != scope or function_of(part) != scope:
                continue
            known = [header(node) for node in old.statements.get(part, [])]
            for node in statements:
                if header(node) in known:
                    known.remove(header(node))
                elif isinstance(node, ast.Return | ast.Raise | ast.Global | ast.Nonlocal):
                    yield f"{where(scope)} now has `{shown(node)}`"
                elif (
                    isinstance(node, _ASSIGNING)
                    and assigned & set(_stored(node))
                    and not any(covers(before, node) for before in old.statements.get(part, []))
                ):
                    yield f"{where(scope)} overwrites a value it checks: `{shown(node)}`"
