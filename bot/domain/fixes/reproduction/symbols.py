"""What a checkout defines: its modules, and the names at their top."""

import ast
import builtins
import posixpath
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.domain.fixes.patch import Tree, text_of
from bot.domain.fixes.python import parsed
from bot.domain.fixes.testfiles import is_test_file

MAX_FILES = 4_000
MAX_BYTES = 400_000
_BUILTIN_ERRORS = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)


@dataclass(slots=True, eq=False)
class Symbols:
    """``modules``: dotted name to path. ``names``: top-level name to the modules that have it.

    ``owned`` are a module's names, with those it imports from the checkout; ``errors`` the
    exception classes; ``functions`` those at the top of a module, ``methods`` those of classes,
    with the classes among theirs that are made without an argument;
    ``needy`` cannot be called without an argument; ``generators`` yield; ``classes`` make objects
    of their own, and those of ``plain`` ones equal nothing but objects of the checkout.
    """

    modules: dict[str, str] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    owned: dict[str, set[str]] = field(default_factory=dict)
    errors: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    methods: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    needy: set[str] = field(default_factory=set)
    generators: set[str] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)
    plain: set[str] = field(default_factory=set)

    def is_error(self, name: str) -> bool:
        """Whether ``name`` is an exception, the language's or the checkout's."""
        return name in self.errors or name in _BUILTIN_ERRORS

    def at(self, shown: str) -> set[str]:
        """The names of the modules that a traceback's path may stand for: by its file's name."""
        path = shown.replace("\\", "/").removesuffix(".py").removesuffix("/__init__")
        last = path.rpartition("/")[2]
        found = (names for module, names in self.owned.items() if module.split(".")[-1] == last)
        return set().union(*found)


def symbols_of(tree: Tree) -> Symbols:
    """Read every Python file that is no test."""
    symbols = Symbols()
    imported = set(_imported_by_tests(tree))
    bases: dict[str, set[str]] = {}
    trees: dict[str, ast.Module] = {}
    stars: list[tuple[str, str]] = []
    sources = [path for path in sorted(tree) if path.endswith(".py") and not is_test_file(path)]
    for path in sources[:MAX_FILES]:
        module = _module_of(path, tree, imported)
        code = _parsed(tree, path)
        if not module or code is None:
            continue
        symbols.modules[module] = path
        trees[module] = code
    roots = {module.partition(".")[0] for module in symbols.modules}
    for module, code in trees.items():
        symbols.owned[module] = set()
        for node in code.body:
            for name, own in _bound(node, roots):
                symbols.owned[module].add(name)
                if own and module not in symbols.names[name]:
                    symbols.names[name].append(module)
            if isinstance(node, ast.ClassDef):
                there = {each.name: each for each in node.body if isinstance(each, ast.FunctionDef)}
                needs = "__init__" in there and _needed(there["__init__"]) > 1
                for method in there:
                    symbols.methods[method] |= set() if needs else {node.name}
                symbols.classes |= set() if "__new__" in there else {node.name}
                if not (node.keywords or there.keys() & {"__eq__", "__new__"}):
                    symbols.plain.add(node.name)
                bases[node.name] = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
            elif isinstance(node, ast.FunctionDef) and not node.decorator_list:
                symbols.functions.add(node.name)
                symbols.needy |= {node.name} if _needed(node) else set()
                yields = any(isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(node))
                symbols.generators |= {node.name} if yields else set()
            elif isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                stars.append((module, (node.module or "").rpartition(".")[2]))
    for module, source in stars:  # what the last part of its name is enough to find
        for name, found in symbols.owned.items():
            if name.rpartition(".")[2] == source:
                symbols.owned[module] |= {each for each in found if each[0] != "_"}
    _find_errors(bases, symbols)
    while odd := {n for n in symbols.plain if not bases[n] <= symbols.plain | {"object"}}:
        symbols.plain -= odd
    return symbols


def _needed(node: ast.FunctionDef) -> int:
    """How many arguments a function must be given."""
    return len(node.args.posonlyargs + node.args.args) - len(node.args.defaults)


def _find_errors(bases: dict[str, set[str]], symbols: Symbols) -> None:
    found = True
    while found:
        found = False
        for name, parents in bases.items():
            if name not in symbols.errors and any(map(symbols.is_error, parents)):
                symbols.errors.add(name)
                found = True


def _parsed(tree: Tree, path: str) -> ast.Module | None:
    entry = tree[path]
    readable = len(entry.data) <= MAX_BYTES and entry.text is not None
    return parsed(text_of(entry)) if readable else None


def _bound(node: ast.stmt, roots: set[str]) -> Iterator[tuple[str, bool]]:
    """Names a statement binds, and whether it defines them; other people's modules are none."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name, True
        case ast.Assign(targets=targets):
            for part in (part for target in targets for part in ast.walk(target)):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    yield part.id, True
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name, True
        case ast.ImportFrom(module=module, names=aliases, level=level):
            if level or (module or "").partition(".")[0] in roots:
                yield from ((alias.asname or alias.name, False) for alias in aliases)
        case ast.If() | ast.Try():
            for part in (*node.body, *node.orelse, *getattr(node, "handlers", ())):
                for inner in part.body if isinstance(part, ast.ExceptHandler) else [part]:
                    yield from _bound(inner, roots)
        case _:
            pass


def _module_of(path: str, tree: Tree, imported: set[str]) -> str:
    """The name under which tests import ``path``; empty when it has none."""
    folder, name = posixpath.split(path.removesuffix(".py"))
    root = folder
    while root and f"{root}/__init__.py" in tree:
        root = posixpath.dirname(root)
    parts = folder.split("/") if folder else []
    if name != "__init__":
        parts.append(name)
    below = parts[len(root.split("/")) if root else 0 :]
    if not all(map(str.isidentifier, below)):
        return ""
    within = ".".join(below)
    if root in ("", "src", "lib") or within in imported or not all(map(str.isidentifier, parts)):
        return within
    return ".".join(parts)


def _imported_by_tests(tree: Tree) -> Iterator[str]:
    for path in sorted(tree):
        if path.endswith(".py") and is_test_file(path):
            for node in ast.walk(_parsed(tree, path) or ast.Module([], [])):
                if isinstance(node, ast.Import):
                    yield from (alias.name for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    yield node.module
                    yield from (f"{node.module}.{alias.name}" for alias in node.names)
