"""Letting in expressions of a report: plain ones, on names that the checkout defines."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from bot.domain.fixes.reproduction.symbols import Symbols

MAX_NODES = 400
MAX_TEXT = 5_000
_NODES = (
    *(ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Name, ast.Attribute, ast.Call),
    *(ast.keyword, ast.Starred, ast.Subscript, ast.Slice, ast.UnaryOp, ast.BinOp, ast.Compare),
    *(ast.BoolOp, ast.Load, ast.Store, ast.operator, ast.unaryop, ast.cmpop, ast.boolop),
    *(ast.Assign, ast.Expr, ast.Assert),
)
_BUILTINS = frozenset(
    (
        *("abs", "all", "any", "bool", "bytearray", "bytes", "complex", "dict", "divmod"),
        *("enumerate", "float", "frozenset", "int", "isinstance", "iter", "len", "list", "max"),
        *("min", "next", "range", "repr", "reversed", "round", "set", "slice", "sorted", "str"),
        *("sum", "tuple", "zip"),
    )
)
# Modules without a way out, whose values reports show.
_STANDARD = frozenset(
    "collections datetime decimal fractions math re string uuid zoneinfo statistics".split()  # noqa: SIM905
)


class NotPlain(ValueError):
    """The report asks for more than a plain expression."""


class Resolver:
    """Checks nodes and finds their imports. ``hints`` are modules the report speaks of."""

    def __init__(self, symbols: Symbols, hints: Iterable[str] = ()) -> None:
        self._symbols = symbols
        self._hints = list(hints)
        self._bound: set[str] = set()
        self.imports: dict[str, tuple[str, str]] = {}  # name here: (module, name there or "")
        self.subjects: list[str] = []

    def statements(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        """Statements, their imports taken out. Raises NotPlain."""
        kept: list[ast.stmt] = []
        for node in body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._take(node)
            else:
                kept.append(self._statement(node))
        return kept

    def expression(self, node: ast.expr) -> ast.expr:
        """An expression, its names resolved. Raises NotPlain."""
        self._check(node)
        copy = ast.parse(ast.unparse(node), mode="eval").body
        found = _Names(self).visit(copy)
        assert isinstance(found, ast.expr)  # noqa: S101 (the transformer keeps the kind)
        return found

    def _statement(self, node: ast.stmt) -> ast.stmt:
        match node:
            case ast.Assign(targets=[target], value=value):
                resolved = self.expression(value)
                return ast.Assign([self._target(target)], resolved, lineno=0)
            case ast.Expr(value=value):
                return ast.Expr(self.expression(value))
            case ast.Assert(test=test):
                return ast.Assert(self.expression(test), None)
            case _:
                raise NotPlain(type(node).__name__)

    def _target(self, target: ast.expr) -> ast.expr:
        match target:
            case ast.Name(id=name):
                if name.startswith("__"):
                    raise NotPlain(name)
                self._bound.add(name)
                self.imports.pop(name, None)
                return ast.Name(name, ast.Store())
            case ast.Tuple(elts=parts):
                return ast.Tuple([self._target(part) for part in parts], ast.Store())
            case (
                ast.Attribute(value=ast.Name(id=owner)) | ast.Subscript(value=ast.Name(id=owner))
            ) if owner in self._bound:
                return self.expression(target)
            case _:
                raise NotPlain("target")

    def _check(self, node: ast.AST) -> None:
        nodes = list(ast.walk(node))
        if len(nodes) > MAX_NODES:
            raise NotPlain("too long")
        for part in nodes:
            if not isinstance(part, _NODES):
                raise NotPlain(type(part).__name__)
            match part:
                case ast.Attribute(attr=name) | ast.keyword(arg=str(name)) if name.startswith("_"):
                    raise NotPlain(name)
                case ast.Constant(value=str() | bytes() as text) if len(text) > MAX_TEXT:
                    raise NotPlain("too long")
                case ast.Call(func=func) if not isinstance(func, ast.Name | ast.Attribute):
                    raise NotPlain("call")
                case ast.BinOp(op=ast.Pow() | ast.LShift()):
                    raise NotPlain("power")
                case _:
                    pass

    def _take(self, node: ast.Import | ast.ImportFrom) -> None:
        """An import of the report: what the checkout or the harmless standard library has."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                if not self._known(alias.name):
                    raise NotPlain(alias.name)
                if alias.asname:
                    self.imports[alias.asname] = (alias.name, "")
                self._hints.insert(0, alias.name)
            return
        module = node.module or ""
        for alias in node.names:
            if alias.name == "*":
                self._hints.insert(0, module)
            elif self._known(f"{module}.{alias.name}"):
                self.imports[alias.asname or alias.name] = (module, alias.name)
            elif module in _STANDARD or alias.name in self._symbols.owned.get(module, ()):
                self._bind(alias.asname or alias.name, module, alias.name)
            else:
                self._bind(alias.asname or alias.name, self._home(alias.name), alias.name)

    def _known(self, module: str) -> bool:
        below = f"{module}."
        ours = any(f"{name}.".startswith(below) for name in self._symbols.modules)
        return ours or module.partition(".")[0] in _STANDARD

    def _bind(self, name: str, module: str, there: str) -> None:
        if self.imports.get(name, (module, there)) != (module, there):
            raise NotPlain(f"two things are called {name}")
        self.imports[name] = (module, there)
        if module in self._symbols.modules:
            self.subjects.append(f"{module}.{there}")

    def _home(self, name: str) -> str:
        """The module that defines ``name``: the only one, or one the report speaks of."""
        modules = self._symbols.names.get(name, [])
        for hint in self._hints:
            for module in modules:
                if module == hint or module.endswith(f".{hint}") or module.startswith(f"{hint}."):
                    return module
        if len(modules) != 1:
            raise NotPlain(f"{name} is defined in {len(modules)} modules")
        return modules[0]

    def name(self, node: ast.Name) -> ast.expr:
        """A name that is read."""
        name = node.id
        if name in self._bound or name in _BUILTINS or name in self.imports:
            self._note(name)
            return node
        if name in self._symbols.names:
            self._bind(name, self._home(name), name)
            return node
        if self._symbols.is_error(name):
            return node
        raise NotPlain(f"{name} is unknown")

    def _note(self, name: str) -> None:
        module, there = self.imports.get(name, ("", ""))
        if module in self._symbols.modules and there:
            self.subjects.append(f"{module}.{there}")

    def dotted(self, parts: list[str]) -> ast.expr | None:
        """``shop.cart.total`` by its module; None when it does not start with one."""
        if parts[0] in self._bound or self.imports.get(parts[0], ("", ""))[1]:
            return None
        if parts[0] in self.imports:
            parts = [*self.imports[parts[0]][0].split("."), *parts[1:]]
        for length in range(len(parts) - 1, 0, -1):
            module = ".".join(parts[:length])
            for known in self._matching(module):
                if parts[length] in self._symbols.owned.get(known, ()) or known in _STANDARD:
                    self._bind(parts[length], known, parts[length])
                    found: ast.expr = ast.Name(parts[length], ast.Load())
                    for attribute in parts[length + 1 :]:
                        found = ast.Attribute(found, attribute, ast.Load())
                    return found
        return None

    def _matching(self, module: str) -> list[str]:
        if module in self._symbols.modules or module in _STANDARD:
            return [module]
        ends = [name for name in self._symbols.modules if name.endswith(f".{module}")]
        return ends if len(ends) == 1 else []


class _Names(ast.NodeTransformer):
    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._resolver.name(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        parts = [node.attr]
        inner = node.value
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name):
            found = self._resolver.dotted([inner.id, *reversed(parts)])
            if found is not None:
                return found
        return self.generic_visit(node)
