"""Letting in code of a report: plain statements, on names that the checkout or they define."""

import ast
import re
from collections.abc import Iterable, Sequence

from bot.domain.fixes.python import expression, parsed
from bot.domain.fixes.reproduction.standard import BUILTINS, STANDARD, VALUES, public
from bot.domain.fixes.reproduction.symbols import Symbols

MAX_NODES = 600
MAX_TEXT = 5_000
_EXPRESSIONS = (
    *(ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Name, ast.Attribute, ast.Call),
    *(ast.keyword, ast.Starred, ast.Subscript, ast.Slice, ast.UnaryOp, ast.BinOp, ast.Compare),
    *(ast.BoolOp, ast.Load, ast.Store, ast.operator, ast.unaryop, ast.cmpop, ast.boolop),
    *(ast.IfExp, ast.Lambda, ast.arguments, ast.arg, ast.JoinedStr, ast.FormattedValue),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension),
)
_STATEMENTS = (
    *(ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Assert, ast.For, ast.If, ast.Pass),
    *(ast.FunctionDef, ast.ClassDef, ast.Return, ast.Yield, ast.YieldFrom, ast.Break),
    *(ast.Continue, ast.Raise, ast.With, ast.withitem, ast.Delete, ast.Del),
    *(ast.Try, ast.ExceptHandler),
)
_ENTERED = ("pytest.raises", "self.assertRaises", "suppress", "catch_warnings")
# What a ready-made test needs of its runner.
_RUNNERS = {"pytest": ("raises", "approx"), "unittest": ("TestCase",)}


class NotPlain(ValueError):
    """The report asks for more than plain code on what the checkout defines."""


class Resolver:
    """Checks nodes and finds their imports. ``hints`` are modules the report speaks of."""

    def __init__(self, symbols: Symbols, hints: Iterable[str] = ()) -> None:
        self.symbols = symbols
        self._hints = list(hints)
        self.bound: set[str] = set()
        self._modules: dict[str, str] = {}  # names that stand for a module
        self.imports: dict[str, tuple[str, str]] = {}  # name here: (module, name there or "")
        self.subjects: list[str] = []

    def statements(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        """Statements, their imports taken out. Raises NotPlain."""
        kept: list[ast.stmt] = []
        for node in body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._take(node)
            else:
                self._check(node, (*_EXPRESSIONS, *_STATEMENTS))
                copy = parsed(ast.unparse(ast.fix_missing_locations(node)))
                if copy is None or len(copy.body) != 1:
                    raise NotPlain("it cannot be written again")
                found = _Names(self).visit(copy.body[0])
                assert isinstance(found, ast.stmt)  # noqa: S101 (the transformer keeps the kind)
                kept.append(found)
        return kept

    def expression(self, node: ast.expr) -> ast.expr:
        """An expression, its names resolved. Raises NotPlain."""
        self._check(node, _EXPRESSIONS)
        copy = expression(ast.unparse(node))
        if copy is None:
            raise NotPlain("it cannot be written again")
        found = _Names(self).visit(copy)
        assert isinstance(found, ast.expr)  # noqa: S101 (the transformer keeps the kind)
        return found

    def _bind_here(self, name: str) -> None:
        if name.startswith("__"):
            raise NotPlain(f"{name} is private")
        if name in self.imports:
            raise NotPlain(f"two things are called {name}")
        self.bound.add(name)

    def _check(self, node: ast.AST, allowed: tuple[type[ast.AST], ...]) -> None:
        nodes = list(ast.walk(node))
        if len(nodes) > MAX_NODES:
            raise NotPlain("too long")
        called = {part.func: part for part in nodes if isinstance(part, ast.Call)}
        heads = {part.value for part in nodes if isinstance(part, ast.Attribute)}
        for part in nodes:
            if not isinstance(part, allowed):
                raise NotPlain(f"{type(part).__name__} is not let in")
            match part:
                case ast.Attribute(attr="__name__" | "__doc__" | "__qualname__", ctx=ast.Load()):
                    pass  # texts
                case ast.Attribute(attr=name) | ast.keyword(arg=str(name)) if name.startswith("_"):
                    raise NotPlain(f"{name} is private")
                case ast.Constant(value=str() | bytes() as text) if len(text) > MAX_TEXT:
                    raise NotPlain("too long")
                case ast.Constant(value=str() as text) if ">>> " in text:
                    raise NotPlain("a prompt within a string")
                case ast.Constant() if part.value is Ellipsis:
                    raise NotPlain("it is shortened by ...")
                case ast.Call(func=func) if not isinstance(
                    func, ast.Name | ast.Attribute | ast.Call
                ):
                    raise NotPlain("it calls what it does not name")
                case ast.Attribute(value=text, attr="format" | "format_map") if _may_read(
                    text, called.get(part)
                ):
                    raise NotPlain("a format may read what is private")
                case ast.BinOp(op=ast.Pow() | ast.LShift()) if not re.fullmatch(
                    r"-?\d{1,4} (\*\*|<<) \d{1,3}", ast.unparse(part)
                ):
                    raise NotPlain("a power has no bounds")
                case ast.Name(id="pickle") | ast.Attribute(value=ast.Name(id="pickle")) if not (
                    part in heads or _own_pickle(part, called.get(part))
                ):
                    raise NotPlain("a pickle may run anything")
                case ast.withitem(context_expr=waits) if not _waits(waits, self.bound):
                    raise NotPlain("a with statement is not let in")
                case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                    self._bind_here(name)
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name) if name[:2] != "__":
                    self._bind_here(name)
                case ast.ExceptHandler(name=str(name)):
                    self._bind_here(name)
                case (
                    ast.Name(ctx=ast.Del())
                    | ast.Attribute(ctx=ast.Store() | ast.Del())
                    | ast.Subscript(ctx=ast.Store() | ast.Del())
                ):
                    if _root(part) not in self.bound:
                        raise NotPlain("it changes what is not its own")
                case _:
                    pass

    def _take(self, node: ast.Import | ast.ImportFrom) -> None:
        """An import of the report: what the checkout or the harmless standard library has."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                if not self._known(alias.name):
                    raise NotPlain(f"{alias.name} is not the checkout's")
                if alias.asname and alias.name == "pickle":
                    raise NotPlain("a pickle may run anything")
                if alias.asname:
                    self._is_module(alias.asname, alias.name, (alias.name, ""))
                elif "." not in alias.name and alias.name not in self.symbols.modules:
                    self._is_module(alias.name, alias.name, (alias.name, ""))
                self._hints.insert(0, alias.name)
            return
        module = node.module or ""
        if module == "pickle":
            raise NotPlain("a pickle may run anything")
        for alias in node.names:
            name = alias.asname or alias.name
            if alias.name.startswith("_"):
                raise NotPlain(f"{alias.name} is private")
            if alias.name == "*":
                self._hints.insert(0, module)
            elif alias.name in self._offered(module):
                self._bind(name, module, alias.name)
            elif self._known(f"{module}.{alias.name}"):
                self._is_module(name, f"{module}.{alias.name}", (module, alias.name))
            else:
                self._bind(name, self._home(alias.name), alias.name)

    def _is_module(self, name: str, module: str, imported: tuple[str, str]) -> None:
        self._modules[name] = module
        self.imports[name] = imported

    def _offered(self, module: str) -> Iterable[str]:
        """Names that may be taken from a module."""
        if module in self.symbols.modules:
            return self.symbols.owned.get(module, ())
        return _RUNNERS.get(module, public(module) if module in STANDARD else ())

    def _known(self, module: str) -> bool:
        ours = any(f"{name}.".startswith(f"{module}.") for name in self.symbols.modules)
        return ours or module in STANDARD or module in _RUNNERS

    def _bind(self, name: str, module: str, there: str) -> None:
        if self.imports.get(name, (module, there)) != (module, there):
            raise NotPlain(f"two things are called {name}")
        self.imports[name] = (module, there)
        if module in self.symbols.modules:
            self.subjects.append(f"{module}.{there}")

    def _home(self, name: str) -> str:
        """The module that defines ``name``: the only one, or one the report speaks of."""
        modules = self.symbols.names.get(name, [])
        if said := next((hint for hint in self._hints if hint in modules), ""):
            return said
        for hint in self._hints:
            for module in modules:
                if module.endswith(f".{hint}") or module.startswith(f"{hint}."):
                    return module
        if not modules:
            raise NotPlain(f"{name} is nothing that the checkout defines")
        if len(modules) > 1:
            raise NotPlain(f"{name} is defined in {len(modules)} modules: say which")
        return modules[0]

    def name(self, node: ast.Name) -> ast.expr:
        """A name that is read."""
        name = node.id
        if name in self.bound or name in BUILTINS or name in self.imports:
            module, there = self.imports.get(name, ("", ""))
            if module in self.symbols.modules and there and name not in self._modules:
                self.subjects.append(f"{module}.{there}")
            return node
        if name in self.symbols.names:
            self._bind(name, self._home(name), name)
            return node
        if self.symbols.is_error(name):
            return node
        for module in VALUES:
            if name in public(module):
                self._bind(name, module, name)
                return node
        raise NotPlain(f"{name} is nothing that the checkout defines")

    def dotted(self, parts: list[str]) -> ast.expr | None:
        """``shop.cart.total`` by its module; None when it does not start with one.

        Raises NotPlain for what a module does not offer: another module that it uses, above all.
        """
        if parts[0] in self.bound:
            return None
        if parts[0] in self._modules:
            module, at = self._modules[parts[0]], 1
            while f"{module}.{parts[at]}" in self.symbols.modules and at < len(parts) - 1:
                module, at = f"{module}.{parts[at]}", at + 1
            if parts[at] not in self._offered(module):
                raise NotPlain(f"{module} does not define {parts[at]}")
            if module in self.symbols.modules:
                self.subjects.append(f"{module}.{parts[at]}")
            return ast.parse(".".join(parts), mode="eval").body
        if parts[0] in _RUNNERS:
            self._is_module(parts[0], parts[0], (parts[0], ""))
            return self.dotted(parts)
        if parts[0] in self.imports:
            return None
        if parts[0] not in self.symbols.modules and (package := self._called(parts)):
            self._is_module(parts[0], package, (package, ""))
            return self.dotted(parts)
        for length in range(len(parts) - 1, 0, -1):
            for known in self._matching(".".join(parts[:length])):
                if parts[length] in self._offered(known):
                    there = known, parts[length]
                    taken = parts[length] in {*self.bound, parts[0]}
                    taken |= self.imports.get(parts[length], there) != there
                    if taken and parts[:length] == [known]:
                        self._is_module(known, known, (known, ""))
                        return self.dotted(parts)
                    self._bind(parts[length], known, parts[length])
                    return ast.parse(".".join(parts[length:]), mode="eval").body
        return None

    def _called(self, parts: list[str]) -> str:
        """The package that nobody imports and that a short name stands for: ``np.array``."""
        roots = [name for name in self.symbols.modules if "." not in name]
        having = [name for name in roots if parts[1] in self.symbols.owned.get(name, ())]
        short = len(parts[0]) < 4 and not self._matching(parts[0])
        return having[0] if short and len(having) == 1 else ""

    def _matching(self, module: str) -> list[str]:
        if module in self.symbols.modules or module in STANDARD:
            return [module]
        ends = [name for name in self.symbols.modules if name.endswith(f".{module}")]
        return ends if len(ends) == 1 else []


def _may_read(text: ast.expr, call: ast.Call | None) -> bool:
    """Whether a format could reach what is private: by its text, or by one that is put together."""
    if isinstance(text, ast.Constant):
        return "__" in str(text.value)
    given = [*call.args, *(each.value for each in call.keywords)] if call else [text]
    return not all(isinstance(each, ast.Constant) for each in given)


def _own_pickle(part: ast.expr, call: ast.Call | None) -> bool:
    """Whether ``pickle`` writes, or reads again what it writes right there."""
    given = call.args[0] if call and call.args else None
    own = isinstance(given, ast.Call) and ast.unparse(given.func) == "pickle.dumps"
    return ast.unparse(part) == "pickle.dumps" or (ast.unparse(part) == "pickle.loads" and own)


def _waits(context: ast.expr, bound: set[str]) -> bool:
    """Whether a ``with`` waits for an error, or enters what a class or the report itself makes."""
    name = ast.unparse(context.func if isinstance(context, ast.Call) else context)
    made = name.rpartition(".")[2][:1].isupper() or _root(context) in bound
    return made or name.removeprefix("contextlib.").removeprefix("warnings.") in _ENTERED


def _root(node: ast.AST) -> str:
    """The name that ``a.b[0]`` begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


class _Names(ast.NodeTransformer):
    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._resolver.name(node)

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        return ast.Assert(self.visit(node.test), None)  # what it says is the report's text

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
