"""Calls: arguments swapped, wrong, missing or too many; the wrong function or method."""

from __future__ import annotations

import ast
import builtins
import itertools
from collections.abc import Callable, Iterator

from bot.adapters.agents.mechanic.engine.edits.proposal import Edit, Site, spread
from bot.adapters.agents.mechanic.engine.precedence import tightness

_FAMILIES = (
    ("append", "extend", "insert", "appendleft"), ("add", "update", "discard", "remove"),
    ("strip", "lstrip", "rstrip"), ("lower", "upper", "title", "capitalize", "casefold"),
    ("find", "rfind", "index", "rindex"), ("startswith", "endswith"), ("split", "rsplit"),
    ("partition", "rpartition"), ("keys", "values", "items"), ("pop", "popleft", "popitem"),
    ("union", "intersection", "difference", "symmetric_difference"),
    ("issubset", "issuperset"), ("isdigit", "isalpha", "isalnum", "isdecimal", "isspace"),
    ("date", "time"), ("days", "seconds", "total_seconds"), ("ljust", "rjust", "center"),
    ("union", "update"), ("get", "pop", "setdefault"), ("removeprefix", "removesuffix", "strip"),
)  # fmt: skip
_FUNCTIONS = (
    ("min", "max"), ("any", "all"), ("floor", "ceil", "round", "trunc", "int"),
    ("int", "round", "float"), ("sum", "len", "max"),
    ("list", "sorted", "reversed", "set", "tuple"),
    ("str", "repr"), ("sorted", "reversed"), ("isinstance", "issubclass"), ("zip", "product"),
    ("heappush", "heappop"), ("range", "len"),
)  # fmt: skip
_ALONE = {"split", "strip", "pop", "sort", "copy"}
_ALIKE = (("list", "tuple", "set", "frozenset"), ("str", "bytes"), ("int", "float"))


# By a function and how many arguments it has: one more.
_ARGUMENTS: dict[tuple[str, int], dict[str, float]] = {
    ("round", 1): {"2": 0.3}, ("pop", 0): {"0": 0.3}, ("pop", 1): {"None": 0.12},
    ("split", 1): {"1": 0.15}, ("rsplit", 1): {"1": 0.15},
    ("get", 1): {"0": 0.2, "[]": 0.2, '""': 0.2, "{}": 0.2, "False": 0.2},
}  # fmt: skip


def broadened(site: Site) -> Iterator[Edit]:
    """``isinstance(x, list)`` for its like, too; above all for what the failing tests give. What
    a dict has for a type, for its like."""
    node = site.node
    if isinstance(node, ast.Call) and site.text(node.func) == "isinstance" and node.args[1:]:
        kinds, given = node.args[1], site.scope.kinds(site.text(node.args[0]))
        named = [site.text(each) for each in getattr(kinds, "elts", [kinds])]
        for other in (o for alike in _ALIKE if {*alike} & {*named} for o in alike):
            if other not in named:
                change = (*site.source.span(kinds), f"({', '.join([*named, other])})")
                yield site.edit((change,), "type", 0.7 if other in given else 0.2)
    names = [getattr(key, "id", "") for key in node.keys] if isinstance(node, ast.Dict) else []
    for name, value in zip(names, getattr(node, "values", ())):  # noqa: B905
        for other in (o for alike in _ALIKE if name in alike for o in alike if o not in names):
            end = site.source.span(value)[1]
            yield site.edit(((end, end, f", {other}: {site.text(value)}"),), "type", 0.3)


def swapped(site: Site) -> Iterator[Edit]:
    """Two arguments, or two elements of a tuple, the other way round."""
    node = site.node
    if isinstance(node, ast.Call):
        parts: list[ast.expr] = [a for a in node.args if not isinstance(a, ast.Starred)]
        parts += [k.value for k in node.keywords if k.arg is not None]
    elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load):
        parts = list(node.elts)
    elif isinstance(node, ast.IfExp):
        parts = [node.body, node.orelse]
    else:
        return
    text = site.source.text
    for one, two in itertools.combinations(parts[:6], 2):
        first, second = site.source.span(one), site.source.span(two)
        if text[slice(*first)] == text[slice(*second)]:
            continue
        prior = 0.5 if isinstance(node, (ast.Call, ast.IfExp)) else 0.25
        prior *= 0.3 + 0.7 * site.scope.fits(text[slice(*first)], text[slice(*second)])
        prior *= _by_parameter_names(site, one, two)
        changes = ((*first, text[slice(*second)]), (*second, text[slice(*first)]))
        yield site.edit(changes, "swap arguments", prior)


def _by_parameter_names(site: Site, one: ast.expr, two: ast.expr) -> float:
    """Arguments named like the parameter they stand for are right where they are."""
    call = site.node
    if not isinstance(call, ast.Call) or one not in call.args or two not in call.args:
        return 1.0
    params = parameters(site, call)
    first, second = call.args.index(one), call.args.index(two)
    if max(first, second) >= len(params):
        return 1.0
    texts = site.source.segment(one), site.source.segment(two)
    if params[first] == texts[0] or params[second] == texts[1]:
        return 0.5 if _is_recursive(site, call) else 0.15
    return 2.0 if params[first] == texts[1] or params[second] == texts[0] else 1.0


def _fit_of_name(site: Site, node: ast.expr) -> float:
    """How likely an argument is wrong: less when it has the name of the parameter it stands for,
    though a recursion that passes a parameter on unchanged may be the bug itself."""
    call = site.source.parent(node)
    if not isinstance(node, ast.Name) or not isinstance(call, ast.Call) or node not in call.args:
        return 0.5
    params, place = parameters(site, call), call.args.index(node)
    if place >= len(params) or params[place] != node.id:
        return 0.5
    return 0.35 if _is_recursive(site, call) else 0.15


def _is_recursive(site: Site, call: ast.Call) -> bool:
    return getattr(call.func, "id", "") == getattr(site.scope.owner, "name", "")


def parameters(site: Site, call: ast.Call) -> list[str]:
    """Parameters of the function of this file that a call is for; empty when there is none."""
    name = getattr(call.func, "id", "") or getattr(call.func, "attr", "")
    for target in site.source.functions.get(name, ()):
        params = [a.arg for a in [*getattr(target.args, "posonlyargs", []), *target.args.args]]
        return [p for p in params if p not in ("self", "cls")]
    return []


def callee(site: Site) -> Iterator[Edit]:
    """Another function or method of the same family, or of the module."""
    node = site.node
    if not isinstance(node, ast.Call):
        return
    edits = []
    if isinstance(node.func, ast.Attribute):
        name = node.func.attr
        start = site.source.span(node.func)[1] - len(name)
        several = [(family, "method", 0.45) for family in _FAMILIES]
        several += [(each, "function", 0.25) for each in _FUNCTIONS]  # math.floor, math.ceil
        for family, kind, prior in several:
            for other in family if name in family else ():
                if other != name:
                    edits.append(site.edit(((start, start + len(name), other),), kind, prior))
    elif isinstance(node.func, ast.Name):
        name, at = node.func.id, site.source.span(node.func)
        for family in _FUNCTIONS:
            for other in family if name in family else ():
                if other != name:
                    edits.append(site.edit(((*at, other),), "function", 0.4))
        for other, kind in site.scope.module_names.items():
            if kind == "function" and other != name and name in site.scope.module_names:
                edits.append(site.edit(((*at, other),), "function", 0.25))
    yield from spread(edits)


def unwrapped(site: Site) -> Iterator[Edit]:
    """``f(x)`` as ``x`` and ``x.m()`` as ``x``."""
    node = site.node
    if not isinstance(node, ast.Call) or isinstance(site.source.parent(node), ast.Expr):
        return
    for argument in node.args[:2]:
        if not isinstance(argument, (ast.Starred, ast.GeneratorExp)):
            text = site.text(argument)
            yield site.replace(text, "unwrap call", 0.3, tight=tightness(argument))
    if isinstance(node.func, ast.Attribute):
        yield site.replace(site.text(node.func.value), "drop method", 0.25)


def fewer(site: Site) -> Iterator[Edit]:
    """One argument less, or the default of a ``get``."""
    node = site.node
    if not isinstance(node, ast.Call):
        return
    parts = [*node.args, *(keyword for keyword in node.keywords)]
    text = site.source.text
    for index, part in enumerate(parts):
        start, end = _part_span(site, part)
        if index:
            start = _part_span(site, parts[index - 1])[1]
        elif len(parts) > 1:
            end = _part_span(site, parts[1])[0]
        else:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if name not in _ALONE:
                continue
        if ")" not in text[start:end].replace(text[slice(*_part_span(site, part))], ""):
            yield site.edit(((start, end, ""),), "drop argument", 0.15)


def _part_span(site: Site, part: ast.AST) -> tuple[int, int]:
    if isinstance(part, ast.keyword):
        start, end = site.source.span(part.value)
        before = site.source.text.rfind(part.arg or "**", 0, start)
        return before, end
    return site.source.span(part)


def more(site: Site) -> Iterator[Edit]:
    """A parameter of ours passed on; keywords of well-known functions."""
    node = site.node
    if not isinstance(node, ast.Call):
        return
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    end = site.source.span(node)[1] - 1
    comma = ", " if node.args or node.keywords else ""
    if site.source.text[:end].rstrip().endswith(","):
        return
    given = {keyword.arg for keyword in node.keywords}

    def add(text: str, prior: float) -> Edit:
        return site.edit(((end, end, comma + text),), "add argument", prior)

    few = len(node.args) if not given else 9
    if name in ("sorted", "sort") and "reverse" not in given:
        yield add("reverse=True", 0.3)
    if name in ("max", "min") and "default" not in given and len(node.args) == 1:
        yield add("default=0", 0.12)
    if name in ("sorted", "sort", "max", "min") and "key" not in given:
        for key in ("len", "str.lower", "abs", "lambda item: item[1]", "lambda item: item[0]"):
            yield add(f"key={key}", 0.08)
    for value, prior in _ARGUMENTS.get((name, few), {}).items():
        yield add(value.replace('"', site.source.quote), prior)
    for other in site.scope.visible(node)[:8] if (name, few) == ("get", 1) else ():
        yield add(other, 0.06)
    yield from _passed_on(site, node, name, given, add)


def _passed_on(
    site: Site, node: ast.Call, name: str, given: set[str | None], add: Callable[[str, float], Edit]
) -> Iterator[Edit]:
    """Optional parameters of a function of this file that we have under the same name."""
    for target in site.source.functions.get(name, ()):
        params = [a.arg for a in [*target.args.args, *target.args.kwonlyargs]]
        params = [p for p in params if p not in ("self", "cls")]
        positional = set(params[: len(node.args)])
        for param in params:
            if param not in given and param not in positional:
                if param in site.scope.visible(node):
                    forgotten = param in site.scope.params and param not in site.scope.reads
                    yield add(f"{param}={param}", 1.5 if forgotten else 0.4)
                elif param in site.scope.class_members and site.scope.self_name:
                    yield add(f"{param}=self.{param}", 0.3)


def donors(site: Site) -> Iterator[Edit]:
    """Another expression of the same function, or a method, in place of an argument or operand."""
    node = site.node
    if not isinstance(node, ast.expr) or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    field, parent = site.source.field(node), site.source.parent(node)
    if isinstance(node, ast.Slice):
        return
    is_value = field in ("args", "value", "left", "right", "comparators", "slice", "iter", "elts")
    if not is_value or isinstance(
        parent, (ast.Attribute, ast.Expr, ast.FormattedValue, ast.Starred)
    ):
        return
    if field == "value" and isinstance(parent, ast.Subscript):
        return
    edits = []
    own = site.source.segment(node)
    scale = _fit_of_name(site, node)
    names = _names_in(node)
    visible = set(site.scope.visible(node)) | set(site.scope.module_names)
    kinds = site.scope.kinds_of(node)
    for text, donor in donor_expressions(site).items():
        if text == own or (text in own and isinstance(donor, ast.Name)):
            continue
        used = _names_in(donor)
        if not used or any(n not in visible and not _is_builtin(n) for n in used):
            continue
        if donor in set(site.source.above(node)) or node is donor:
            continue
        shares = 1.0 if used & names else 0.35
        other = site.scope.kinds_of(donor)
        match = 1.0 if kinds & other else (0.6 if not kinds or not other else 0.1)
        edits.append(
            site.replace(text, "expression", scale * shares * match, tight=tightness(donor))
        )
    for name in [] if isinstance(node, (ast.Name, ast.Constant)) else site.scope.visible(node):
        if name != "self" and not (
            kinds and site.scope.kinds(name) and not kinds & site.scope.kinds(name)
        ):
            edits.append(site.replace(name, "expression to variable", 0.3))
    yield from spread(edits)
    for name in site.scope.class_members if isinstance(node, ast.Call) else ():
        found = site.source.functions.get(name, [])
        alone = len(found) == 1 and found[0] is not site.scope.owner
        known = site.scope.returned.get(name) or kinds
        if alone and len(found[0].args.args) == 1 and kinds <= known and name[:2] != "__":
            yield site.replace(f"self.{name}()", "own method", 0.3)


def donor_expressions(site: Site) -> dict[str, ast.expr]:
    """Short expressions of the function (or the module's top) by their text."""
    found: dict[str, ast.expr] = {}
    kinds = (ast.Attribute, ast.Subscript, ast.Call, ast.BinOp)
    for node in site.source.walk(site.scope.owner) if site.scope.is_function else ():
        if isinstance(node, kinds) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            text = site.source.segment(node)
            is_callee = site.source.field(node) == "func"
            if len(text) <= 40 and "\n" not in text and not is_callee:
                found.setdefault(text, node)
    return found


def _names_in(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _is_builtin(name: str) -> bool:
    return hasattr(builtins, name)
