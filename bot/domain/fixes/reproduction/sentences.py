"""Calls in running text, and what the text says of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bot.domain.fixes.reproduction.answers import hangs, nearest, resolved, sentence_at
from bot.domain.fixes.reproduction.reading import Passage
from bot.domain.fixes.reproduction.records import Answer, Example, Raised, Shown
from bot.domain.fixes.reproduction.sessions import steps_of
from bot.domain.fixes.reproduction.symbols import Symbols

_SPAN = re.compile(r"``(?P<two>[^`\n]+)``|`(?P<one>[^`\n]+)`")
_BARE_CALL = re.compile(
    r"(?<![`\w.])(?:\w+\.)*\w+\((?:[^()`\n]|\([^()`\n]{0,80}\)){0,200}\)"
    r"(?:\.\w+(?:\([^()`\n]{0,80}\))?)*"
)
_VALUE = (
    r"(?:`[^`\n]+`|'[^'\n]*'|\"[^\"\n]*\"|\[[^\]\n]*\]|\([^)\n]*\)|\{[^}\n]*\}"
    r"|-?\d[\w.]*|None|True|False)"
)
_VALUES = rf"{_VALUE}(?:(?:,?\s+and\s+|,\s*){_VALUE}){{0,3}}"
# "calling total with [1, 2, 3]", "passing 3 to total"
_TOLD_CALL = re.compile(
    r"\b(?:call(?:ing|ed|s)?|invok(?:ing|ed|e)|running|run|using|use|on|from|of)\s+"
    r"`?(?P<name>[\w.]+)(?:\(\))?`?\s+(?:is\s+called\s+)?(?:with|on|for)\s+(?:the\s+)?"
    rf"(?:(?:arguments?|values?|list|string|number|input)\s+)?(?P<args>{_VALUES})"
    rf"|\bpass(?:ing|ed)?\s+(?P<passed>{_VALUES})\s+to\s+`?(?P<to>[\w.]+)(?:\(\))?`?",
    re.IGNORECASE,
)
_FAILS = re.compile(r"\W{0,3}\s*(?:fails|does not (?:hold|pass))\b")


def asked_in(node: ast.stmt) -> tuple[ast.expr, bool] | None:
    """What a statement asks, and whether it is printed."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Name(id="print"), args=args, keywords=keywords)):
            return (args[0], True) if len(args) == 1 and not keywords else None
        case ast.Expr(value=value):
            return value, False
        case ast.Assign(value=ast.Call() as value):
            return value, False
        case _:
            return None


def calls_it(node: ast.AST, symbols: Symbols) -> bool:
    """Whether a call of something the checkout defines is in ``node``."""
    names = (
        ast.unparse(part.func).split(".") for part in ast.walk(node) if isinstance(part, ast.Call)
    )
    return any(name[-1] in symbols.names or name[0] in symbols.modules for name in names)


def same(one: Answer | None, other: Answer | None) -> bool:
    """Whether two answers are told to be the same."""
    if isinstance(one, Shown) and isinstance(other, Shown):
        if one.node is not None and other.node is not None:
            return ast.dump(one.node) == ast.dump(other.node)
        return one.text.strip() == other.text.strip()
    return isinstance(one, Raised) and isinstance(other, Raised) and one.name == other.name


def calls_in(text: str, symbols: Symbols) -> Iterator[tuple[int, int, str]]:
    """Code between backticks, bare calls and calls in words, with their places."""
    bare = _SPAN.sub(lambda span: " " * len(span[0]), text)
    for match in (*_SPAN.finditer(text), *_BARE_CALL.finditer(bare)):
        groups = match.groupdict()
        yield match.start(), match.end(), groups.get("one") or groups.get("two") or match[0]
    for match in _TOLD_CALL.finditer(text):
        name, values = match["name"] or match["to"], match["args"] or match["passed"]
        if name.rpartition(".")[2] in symbols.names:
            told = ", ".join(value[0].strip("`") for value in re.finditer(_VALUE, values))
            yield match.start(), match.end(), f"{name}({told})"


def sentences(parts: Sequence[Passage], index: int, symbols: Symbols) -> Iterator[Example]:
    """Calls in running text; what is assigned in one of them is there for those after it."""
    text = parts[index].text
    setup: list[ast.stmt] = []
    made: set[str] = set()
    for start, end, code in calls_in(text, symbols):
        steps = steps_of(code.strip())
        if len(steps) != 1 or steps[0].comment:
            continue
        node, asked = steps[0].node, asked_in(steps[0].node)
        names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        if not calls_it(node, symbols) and not names & made:
            continue
        before = tuple(setup) if names & made else ()
        if isinstance(node, ast.Assign):
            setup.append(node)
            made |= {part.id for part in node.targets if isinstance(part, ast.Name)}
        elif isinstance(node, ast.Assert) and _FAILS.match(text[end:]):
            yield Example("assertion", before, node, None, None, 4)
        if asked is None or isinstance(node, ast.Assign):
            continue
        endless = hangs(sentence_at(text, start))
        expected = nearest(parts, index, (start, end), "expected", symbols)
        expected = resolved(expected, asked[0])
        actual = nearest(parts, index, (start, end), "actual", symbols)
        if (expected is not None or isinstance(actual, Raised)) and not same(expected, actual):
            sure = 5 if expected is not None and actual is not None else 3
            one = Example("sentence", before, asked[0], expected, actual, sure, asked[1])
            yield replace(one, hangs=endless and actual is None)
        elif endless and isinstance(asked[0], ast.Call):
            yield Example("sentence", before, asked[0], None, None, 2, hangs=True)


def together(found: Sequence[Example]) -> Iterator[Example]:
    """Several values of one function, told in one passage, are one question; each by itself too."""
    groups: dict[tuple[str, bool], dict[str, Example]] = {}
    for one in found:
        told = [each for each in (one.expected, one.actual) if each is not None]
        plain = all(isinstance(each, Shown) and each.node is not None for each in told)
        if isinstance(one.question, ast.Call) and plain and not (one.setup or one.printed):
            key = ast.unparse(one.question.func), one.actual is None
            groups.setdefault(key, {})[ast.unparse(one.question)] = one
    for group in groups.values():
        if len(group) > 1:
            one, *_ = several = list(group.values())
            actual = _listed([each.actual for each in several]) if one.actual else None
            expected, asked = _listed([each.expected for each in several]), _listed(group)
            question = ast.parse(asked.text, mode="eval").body
            yield replace(
                one, question=question, expected=expected, actual=actual, sure=one.sure + 1
            )
    yield from found


def _listed(several: Iterable[Answer | str | None]) -> Shown:
    texts = [each.text if isinstance(each, Shown) else str(each) for each in several]
    text = f"[{', '.join(texts)}]"
    return Shown(text, ast.parse(text, mode="eval").body)
