"""Functions that a patch changes, or that a test asks, and what is left when they are broken."""

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from bot.domain.fixes.patch import Entry, Tree, text_of
from bot.domain.fixes.python import parsed
from bot.domain.fixes.testfiles import is_test_file

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_IN_TEST = "if 'PYTEST_CURRENT_TEST' in __import__('os').environ: return None"


@dataclass(frozen=True, slots=True)
class Function:
    """A function at the top of a module, or a method of a class there (``Field.text``)."""

    path: str
    name: str
    node: FunctionNode

    @property
    def called(self) -> str:
        """The name in a call of it; empty for a method that an operator calls."""
        owner, _, own = self.name.rpartition(".")
        if own in ("__init__", "__new__"):
            return owner
        return "" if own.startswith("__") else own


def changed(base: Tree, patched: Tree) -> list[Function]:
    """Those that ``patched`` has otherwise, as it has them; tests are none."""
    found: list[Function] = []
    for path in _sources(patched):
        if base.get(path) != patched[path]:
            was = {one.name: ast.dump(one.node) for one in _functions(path, _module(base, path))}
            now = _functions(path, _module(patched, path))
            found += [one for one in now if was.get(one.name) != ast.dump(one.node)]
    return found


def asked(tree: Tree, tests: Collection[str]) -> list[Function]:
    """Those that the tests at these paths name."""
    nodes = [node for path in tests for node in ast.walk(_module(tree, path))]
    names = {getattr(node, "id", getattr(node, "attr", "")) for node in nodes} - {""}
    return [
        one
        for path in _sources(tree)
        if any(name in text_of(tree[path]) for name in names)
        for one in _functions(path, _module(tree, path))
        if one.called in names
    ]


def broken(
    tree: Tree, functions: Collection[tuple[str, str]], *, within_tests: bool = False
) -> Tree:
    """``tree`` with nothing in these functions, each a path and a name, but their docstring and
    ``return None``; or with that before all else where a test of pytest is running, so that
    modules that call them can be imported
    (https://docs.pytest.org/en/stable/example/simple.html#pytest-current-test-environment-variable).
    """
    edited = dict(tree)
    for path in {path for path, _ in functions}:
        module = _module(tree, path)
        for one in _functions(path, module):
            if (one.path, one.name) in functions:
                docstring = one.node.body[: ast.get_docstring(one.node) is not None]
                rest = one.node.body[len(docstring) :] if within_tests else []
                one.node.body = [
                    *docstring,
                    *ast.parse(_IN_TEST if rest else "return None").body,
                    *rest,
                ]
        source = ast.unparse(ast.fix_missing_locations(module))
        edited[path] = Entry(mode=tree[path].mode, data=source.encode())
    return edited


def _sources(tree: Tree) -> list[str]:
    return [path for path in sorted(tree) if path.endswith(".py") and not is_test_file(path)]


def _module(tree: Tree, path: str) -> ast.Module:
    return parsed(text_of(tree.get(path))) or ast.Module([], [])


def _functions(path: str, module: ast.Module) -> Iterator[Function]:
    for node in module.body:
        if isinstance(node, FunctionNode):
            yield Function(path, node.name, node)
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, FunctionNode):
                    yield Function(path, f"{node.name}.{inner.name}", inner)
