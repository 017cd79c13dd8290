"""What can be written at a place: names in scope, their types, attributes, expressions nearby."""

from __future__ import annotations

import ast
from typing import Any

from bot.adapters.agents.mechanic.engine.source import FUNCTIONS, SourceFile
from bot.adapters.agents.mechanic.engine.tracing import RETURNED

NUMBERS = frozenset({"int", "float", "Decimal", "Fraction", "bool"})
SEQUENCES = frozenset({"list", "str", "tuple", "bytes", "range"})
CONTAINERS = SEQUENCES | {"set", "dict", "frozenset", "deque", "defaultdict", "Counter"}
_LITERALS: dict[type, str] = {
    ast.List: "list", ast.ListComp: "list", ast.Dict: "dict", ast.DictComp: "dict",
    ast.Set: "set", ast.SetComp: "set", ast.Tuple: "tuple", ast.JoinedStr: "str",
}  # fmt: skip
_MAKERS = {"set", "list", "dict", "str", "int", "float", "tuple", "len", "sorted", "deque"}
_RETURNS = {"len": "int", "sorted": "list"}
_METHODS = {
    **dict.fromkeys(("lower", "upper", "strip", "lstrip", "rstrip", "title", "replace"), "str"),
    **dict.fromkeys(("join", "format", "capitalize", "casefold", "zfill", "isoformat"), "str"),
    **dict.fromkeys(("split", "rsplit", "splitlines", "readlines", "findall"), "list"),
    **dict.fromkeys(("find", "rfind", "index", "count"), "int"),
    **dict.fromkeys(("startswith", "endswith", "isdigit", "isalpha", "isspace"), "bool"),
}


class Scope:
    """The names a function (or the module) can use.

    ``names`` are parameters and locals in order of appearance, with those of enclosing functions
    behind; ``types`` come from running the failing tests, or from how a name is first assigned.
    """

    def __init__(
        self, source: SourceFile, owner: ast.AST, seen: dict[int, dict[str, set[str]]]
    ) -> None:
        self.source, self.owner = source, owner
        self.is_function = isinstance(owner, FUNCTIONS)
        self.params: list[str] = []
        self.names: list[str] = []
        self.types: dict[str, set[str]] = {}
        self.attributes: dict[str, list[str]] = {}
        self._inner: dict[str, list[ast.AST]] = {}
        chain = [owner, *(a for a in source.above(owner) if isinstance(a, FUNCTIONS))]
        for place in chain if self.is_function else [owner]:
            self._read(place, seen)
        self.module_names = _module_names(source.tree)
        self._guess_globals()
        self.reads = _reads(source.walk(owner))
        self.returned = _returned(source, seen)
        self.self_name = self._self_name()
        self.class_members = self._class_members()

    def _read(self, owner: ast.AST, seen: dict[int, dict[str, set[str]]]) -> None:
        if isinstance(owner, FUNCTIONS):
            spec = owner.args
            params = [
                a.arg for a in [*getattr(spec, "posonlyargs", []), *spec.args, *spec.kwonlyargs]
            ]
            params += [a.arg for a in (spec.vararg, spec.kwarg) if a is not None]
            if owner is self.owner:
                self.params = params
            self._add(params)
            first = min([owner.lineno, *(d.lineno for d in owner.decorator_list)])
            for name, types in seen.get(first, {}).items():
                root, _, attribute = name.partition(".")
                self.types.setdefault(name, set()).update(types)
                if attribute:
                    held = self.attributes.setdefault(root, [])
                    if attribute not in held:
                        held.append(attribute)
        for node in own_nodes(owner):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                binder = self._binder(node)
                if binder is not None:
                    self._inner.setdefault(node.id, []).append(binder)
                else:
                    self._add([node.id])
                    self._guess(node)
            elif isinstance(node, ast.Lambda):
                for argument in node.args.args:
                    self._inner.setdefault(argument.arg, []).append(node)
            elif isinstance(node, FUNCTIONS) and node is not owner and self.is_function:
                self._add([node.name])
                self.types.setdefault(node.name, {"function"})

    def _binder(self, node: ast.AST) -> ast.AST | None:
        """The comprehension that alone knows a name, if one does."""
        for above in self.source.above(node):
            if isinstance(above, ast.comprehension):
                return self.source.parent(above)
            if isinstance(above, ast.stmt):
                return None
        return None

    def visible(self, node: ast.AST) -> list[str]:
        """Names usable at ``node``: of the scope, and of comprehensions and lambdas around."""
        around = set(self.source.above(node))
        inner = [n for n, binders in self._inner.items() if around & set(binders)]
        return inner + [name for name in self.names if name not in inner]

    def _add(self, names: list[str]) -> None:
        self.names.extend(name for name in names if name not in self.names and name != "_")

    def _guess(self, node: ast.Name) -> None:
        parent = self.source.parent(node)
        value = (
            getattr(parent, "value", None)
            if isinstance(parent, (ast.Assign, ast.AnnAssign))
            else None
        )
        kind = literal_type(value)
        if kind and node.id not in self.types:
            self.types[node.id] = {kind}

    def _guess_globals(self) -> None:
        for node in self.source.tree.body:
            target = node.targets[0] if isinstance(node, ast.Assign) else None
            if isinstance(node, ast.Assign) and isinstance(target, ast.Name):
                kind = literal_type(node.value)
                if kind and target.id not in self.names:
                    self.types.setdefault(target.id, {kind})

    def _self_name(self) -> str:
        parent = self.source.parent(self.owner)
        if isinstance(parent, ast.ClassDef) and self.params and self.params[0] == "self":
            return "self"
        return ""

    def _class_members(self) -> list[str]:
        """Attributes and methods used or defined through ``self`` in the class."""
        parent = self.source.parent(self.owner)
        if not isinstance(parent, ast.ClassDef):
            return []
        members = [n.name for n in parent.body if isinstance(n, FUNCTIONS)]
        for node in self.source.walk(parent):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id == "self" and node.attr not in members:
                    members.append(node.attr)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                members.append(node.target.id)
        return members

    def kinds(self, text: str) -> set[str]:
        """Types seen of a name or ``name.attribute``; empty when unknown."""
        return self.types.get(text, set())

    def fits(self, old: str, new: str) -> float:
        """How well ``new`` can stand where ``old`` does: 1 same type, 0.5 unknown, 0.1 other."""
        return fit(self.kinds(old), self.kinds(new))

    def may_be(self, node: ast.AST, kinds: frozenset[str]) -> bool:
        """Whether an expression can have one of these types, as far as is known."""
        known = self.kinds_of(node)
        return not known or bool(known & kinds)

    def kinds_of(self, node: ast.AST) -> set[str]:
        """Types of an expression; empty when unknown."""
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self.kinds(self.source.segment(node))
        kind = literal_type(node)
        if kind:
            return {kind}
        if isinstance(node, (ast.Compare, ast.BoolOp)) or (
            isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
        ):
            return {"bool"} if not isinstance(node, ast.BoolOp) else set()
        if isinstance(node, ast.BinOp):
            left, right = self.kinds_of(node.left), self.kinds_of(node.right)
            if isinstance(node.op, (ast.Mult, ast.Mod)):
                return (
                    (left | right) - {"int"} if left and right and left != right else left & right
                )
            return left if left == right else set()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            kind = _METHODS.get(node.func.attr, "")
            return {kind} if kind else set()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return set(self.returned.get(node.func.id, ()))
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            return self.kinds_of(node.value)
        return set()


def fit(old: set[str], new: set[str]) -> float:
    """How well types agree."""
    if not old or not new:
        return 0.5
    if old & new or (old & NUMBERS and new & NUMBERS):
        return 1.0
    return 0.1


def literal_type(node: Any) -> str:
    """The type a literal or a well-known call makes; empty when it is neither."""
    if isinstance(node, ast.Constant):
        return type(node.value).__name__
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MAKERS:
        return _RETURNS.get(node.func.id, node.func.id)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return literal_type(node.left) if isinstance(node.left, ast.List) else ""
    return _LITERALS.get(type(node), "")


def own_nodes(owner: ast.AST) -> list[ast.AST]:
    """Nodes of a function or module without those of the functions and classes inside it."""
    found: list[ast.AST] = []
    waiting = list(ast.iter_child_nodes(owner))
    while waiting:
        node = waiting.pop(0)
        found.append(node)
        if not isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(node))
        elif isinstance(node, ast.Lambda):
            waiting.append(node.body)
    return found


def _reads(nodes: list[ast.AST]) -> dict[str, int]:
    """How often each name is read."""
    counts: dict[str, int] = {}
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            counts[node.id] = counts.get(node.id, 0) + 1
    return counts


def _returned(source: SourceFile, seen: dict[int, dict[str, set[str]]]) -> dict[str, set[str]]:
    """Types that the functions of the file have given back, by name."""
    found: dict[str, set[str]] = {}
    for name, functions in source.functions.items():
        for node in functions:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            kinds = seen.get(first, {}).get(RETURNED, set())
            found.setdefault(name, set()).update(kinds)
    return found


def _module_names(tree: ast.Module) -> dict[str, str]:
    """Names of the module: function, class, import or value."""
    names: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, FUNCTIONS):
            names[node.name] = "function"
        elif isinstance(node, ast.ClassDef):
            names[node.name] = "class"
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                if alias.name != "*":
                    names[(alias.asname or alias.name).split(".")[0]] = "import"
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    names[target.id] = "value"
    return names
