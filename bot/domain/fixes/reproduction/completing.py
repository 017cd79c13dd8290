"""What an example needs and says elsewhere: definitions in other blocks and in prose, variables of
the environment."""

import ast
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from bot.domain.fixes.python import literal, names_in
from bot.domain.fixes.reproduction.reading import Passage, steps_of
from bot.domain.fixes.reproduction.records import Example
from bot.domain.fixes.reproduction.sentences import COUNTS, SPAN
from bot.domain.fixes.reproduction.standard import BUILTINS, STANDARD
from bot.domain.fixes.reproduction.symbols import Symbols

_DEFINED = re.compile(
    r"`?\b(?P<name>[A-Za-z_]\w{0,40})`?\s+(?:is|was|being|=)\s+(?:(?:an?|the|just)\s+){0,2}"
    r"(?:empty\s+\()?`(?P<value>[^`\n]{1,300})`"
    r"|\b(?:with|where|for)\s+(?P<with>\w{1,40})\s*=\s*(?P<plain>[^`\n,;]{1,200})"
)
_EXPORT = re.compile(
    r"(?:^\s*(?:[$%#]\s+)?|`(?:\$\s+)?)export\s+(?P<name>[A-Za-z_]\w{0,80})=(?P<value>[^`\n]{0,500})",
    re.M,
)
# "a list of three items and the indexes 0 and 5", "today it was empty"
_APART = re.compile(
    rf"\b(?P<kind>list|tuple)\s+(?:of|with)\s+(?P<count>\d{{1,2}}|{'|'.join(COUNTS[1:])})\b"
    r"|\bthe\s+\w+\s+(?P<row>-?\d{1,9}(?:(?:,\s*|,?\s+and\s+)-?\d{1,9}){1,9})\b"
    r"|\b(?:is|was|were)\s+empty\b",
    re.IGNORECASE,
)


def definitions(parts: Sequence[Passage], symbols: Symbols) -> list[ast.stmt]:
    """What the report says that its names stand for: in its prose, then in its code."""
    spans: list[str] = []
    for part in (part for part in parts if not part.code):
        spans += [m["two"] or m["one"] for m in SPAN.finditer(part.text)]
        for m in _DEFINED.finditer(part.text):
            spans.append(f"{m['name'] or m['with']} = {m['value'] or m['plain']}")
    told = [step.node for code in spans for step in steps_of(code)]
    known = symbols.names.keys() | BUILTINS
    found: list[ast.stmt] = []
    found += [node for node in told if isinstance(node, ast.Assign) and not bound_in(node) & known]
    for part in (part for part in parts if part.code):
        found += [step.node for step in steps_of(part.text)]
    return found


def bound_in(node: ast.stmt) -> set[str]:
    """The names that a statement gives a meaning."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {(each.asname or each.name).partition(".")[0] for each in names}
        case ast.Assign() | ast.AnnAssign():
            parts = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
            return {part.id for part in parts if isinstance(part.ctx, ast.Store)}
        case _:
            return set()


def completed(
    one: Example, defined: Sequence[ast.stmt], parts: Sequence[Passage], symbols: Symbols
) -> Example:
    """``one`` with what its names stand for elsewhere in the report."""
    have = {name for node in one.setup for name in bound_in(node)}
    if isinstance(one.question, ast.Module):
        have |= {name for node in one.question.body for name in bound_in(node)}
    needed = {name for node in (*one.setup, one.question) for name in names_in(node)} - have
    added: list[ast.stmt] = []
    for node in reversed(defined):
        if bound_in(node) & needed and node is not one.question:
            needed = needed - bound_in(node) | names_in(node)
            added.insert(0, node)
    heads = {part for module in (*symbols.modules, *STANDARD) for part in module.split(".")}
    text = "\n".join(part.text for part in parts if not part.code)
    nodes = [part for node in (*one.setup, one.question) for part in ast.walk(node)]
    texts = {part.value for part in nodes if isinstance(part, ast.Constant)}
    for name, value in _exported(parts):
        if name in texts:
            added += ast.parse(f"environ[{name!r}] = {value!r}").body
    called = {ast.unparse(p.func).partition(".")[0] for p in nodes if isinstance(p, ast.Call)}
    missing = needed - heads - BUILTINS - called - {n for node in added for n in bound_in(node)}
    places = {p.id: p.col_offset for p in nodes if isinstance(p, ast.Name) and hasattr(p, "lineno")}
    unknown = sorted(missing - symbols.names.keys(), key=lambda name: places.get(name, 0))
    apart = _told_apart(text) if one.kind == "traceback" else []  # which the run must confirm
    in_turn = dict(zip(unknown, apart, strict=True)) if len(unknown) == len(apart) else {}
    for name in sorted(missing):
        # "with width 1", "the text is `'a'`"
        verb = r"`?(?:\s+(?:of|is|was|being|at)|\s*=)?"
        pattern = rf"\b{name}\b(?={verb}\s+(-?\d+(?:\.\d+)?)\b|[^`.]{{0,80}}`([^`\n]+)`)"
        values = [m[1] or m[2] for m in re.finditer(pattern, text)]
        values.append(in_turn.get(name, ""))
        given = next((value for value in values if literal(value) is not ...), "")
        added += ast.parse(f"{name} = {given}").body if given else []
    return replace(one, setup=(*added, *one.setup))


def _exported(parts: Sequence[Passage]) -> Iterator[tuple[str, str]]:
    """Variables that a shell was told before: ``$ export LEVEL="a b"``."""
    for match in (match for part in parts for match in _EXPORT.finditer(part.text)):
        with suppress(ValueError):  # an open quote
            yield match["name"], "".join(shlex.split(match["value"])[:1])


def _told_apart(text: str) -> list[str]:
    """Values that prose tells without a name: a list by its length, numbers in a row, nothing."""
    found = []
    for match in _APART.finditer(text):
        if count := (match["count"] or "").lower():
            size = COUNTS.index(count) if count in COUNTS else int(count)
            value = list(range(1, size + 1))
            found.append(str(tuple(value) if match["kind"].lower() == "tuple" else value))
        else:
            found.append(str([int(one) for one in re.findall(r"-?\d+", match["row"] or "")]))
    return list(dict.fromkeys(found))


def surrounded(body: Iterable[ast.stmt]) -> list[ast.stmt]:
    """Statements that set a variable of the environment, as a test does that leaves no trace."""
    kept: list[ast.stmt] = []
    for node in body:
        match node:
            case ast.Import(names=names) if any(each.name == "os" for each in names):
                others = [each for each in names if each.name != "os"]
                kept += [ast.Import(others)] if others else []
            case ast.Assign(targets=[ast.Subscript(value=whole, slice=key)], value=value) if (
                ast.unparse(whole) in ("os.environ", "environ")
            ):
                given = f"monkeypatch.setenv({ast.unparse(key)}, {ast.unparse(value)})"
                kept += ast.parse(given).body
            case _:
                kept.append(node)
    return kept
