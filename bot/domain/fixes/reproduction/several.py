"""Values of which a passage tells several, and questions that one value may be told of."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from operator import eq
from typing import Any

from bot.domain.fixes.python import expression, literal
from bot.domain.fixes.reproduction import answers
from bot.domain.fixes.reproduction.records import Answer, Example, Raised, Shown, same
from bot.domain.fixes.reproduction.symbols import Symbols


def side_by_side(
    text: str, ends: Sequence[int], said: Iterable[answers.StatedAnswer]
) -> dict[int, Answer | None]:
    """ "I expect `1` and `2`" of two calls before: one each, in their order; of others nobody knows
    which is whose, and none has one."""
    wanted = [each for each in said if each.about == "expected"]
    found: dict[int, Answer | None] = {}
    for first in wanted:
        end = first.at + len(answers.sentence_at(text[first.at :], 0))
        beside = [each.answer for each in wanted if first.at <= each.at < end]
        before = [index for index, at in enumerate(ends) if at <= first.at and index not in found]
        if len(beside) > 1 and len(before) > 1 and not any(first.at < at < end for at in ends):
            fits = len(beside) == len(before)
            found |= dict(zip(before, beside, strict=True)) if fits else dict.fromkeys(before)
    return found


def together(found: Sequence[Example]) -> Iterator[Example]:
    """Several values of one function, told in one passage, are one question; each by itself too."""
    groups: dict[tuple[str, bool], dict[str, Example]] = {}
    for one in found:
        told = [each for each in (one.expected, one.actual) if each is not None]
        plain = all(isinstance(each, Shown) and each.node is not None for each in told)
        plain &= one.sure > 0 and not (one.setup or one.printed)
        if isinstance(one.question, ast.Call) and plain:
            key = ast.unparse(one.question.func), one.actual is None
            groups.setdefault(key, {})[ast.unparse(one.question)] = one
    for group in (group for group in groups.values() if len(group) > 1):
        one, *_ = several = list(group.values())
        actual = _listed(each.actual for each in several) if one.actual else None
        expected, asked = _listed(each.expected for each in several), _listed(map(Shown, group))
        assert asked.node is not None  # noqa: S101 (it was parsed before)
        yield replace(one, question=asked.node, expected=expected, actual=actual, sure=one.sure + 1)
    yield from found


def applied(
    told: Shown | int, asked: Sequence[Example], symbols: Symbols, several: bool = True
) -> Iterator[Example]:
    """The first question that does not show it already, asked for what is told, of several one that
    shows a value of that kind; none where not ``several`` may be meant and are."""
    found: list[Example] = []
    for one in asked:
        shown, question = one.expected, one.question
        expected = told if isinstance(told, Shown) else answers.answer(str(told), symbols)
        expected = answers.resolved(expected, question)
        if expected is None:
            continue
        if isinstance(told, int):
            value = literal(shown.text) if isinstance(shown, Shown) else ...
            if not isinstance(value, list | tuple | dict | set | str):
                continue
            question = ast.parse(f"len({ast.unparse(question)})", mode="eval").body
            shown = answers.answer(str(len(value)), symbols)
        if not (same(expected, shown) or is_one_line(expected, shown)):
            sure = (5 if shown is not None else 3) - isinstance(told, int)
            fits = replace(one, question=question, expected=expected, actual=shown, sure=sure)
            found.append(fits)
    if len(asked) > 1:
        found = [
            one for one in found if {*map(_has_parts, (one.expected, one.actual))} != {True, False}
        ]
    yield from found[:1] if several or len(found) == 1 else ()


def is_one_line(told: Answer | None, shown: Answer | None) -> bool:
    """Whether one line is told of a text of several: it says nothing of the others."""
    if not (isinstance(told, Shown) and isinstance(shown, Shown) and shown.node is None):
        return False
    return "\n" in shown.text.strip() and "\n" not in told.text.strip()


def of_another(told: Answer | None, shown: Answer | None) -> bool:
    """Whether "3 instead of 2" is said of a part, or of something else than what shows this."""
    if isinstance(told, Shown) and isinstance(shown, Raised):
        return told.node is not None
    if not (isinstance(told, Shown) and told.node and isinstance(shown, Shown)):
        return False
    holds = told.text.strip("'\"") in shown.text and _has_parts(shown) is not True
    return not (same(told, shown) or holds)


def of_lines(told: Answer | None, came: Answer | None) -> Answer | None:
    """What a script should print; None for one line that is of another form than all that came."""
    if isinstance(told, Shown) and isinstance(came, Shown):
        lines, shown = told.text.strip().splitlines(), came.text.strip().splitlines()
        forms = {_form(line) for line in shown}
        if len(lines) == 1 and _form(lines[0]) not in forms:
            return None
    return told


def _form(line: str) -> str:
    """The signs around a value: a dict's, a text's, none."""
    return re.sub(r"\w", "", f"{line.strip()[:1]}{line.strip()[-1:]}")


def in_place(one: Example) -> Example:
    """Of a list "I expect `(1, 'b')`" where `(1, 'a')` stands in it: all of it, with that one."""
    told, came = one.expected, one.actual
    value = literal(told.text) if isinstance(told, Shown) else ...
    shown = literal(came.text) if isinstance(came, Shown) else ...
    if not isinstance(shown, list | tuple) or not isinstance(value, list | tuple | dict):
        return one
    alike = [n for n, each in enumerate(shown) if type(each) is type(value) is not type(shown)]
    near = [n for n in alike if any(map(eq, _parts(shown[n]), _parts(value)))]
    if not alike:
        return one
    whole = [value if n == near[0] else each for n, each in enumerate(shown)] if near else []
    text = repr(type(shown)(whole))
    return replace(one, expected=Shown(text, expression(text)) if len(near) == 1 else None)


def alike(told: Answer | int, one: Example) -> bool:
    """Whether a list or dict is told that has something in common with what a line shows."""
    shown = literal(one.expected.text) if isinstance(one.expected, Shown) else ...
    value = literal(told.text) if isinstance(told, Shown) else ...
    if not (isinstance(value, list | tuple | dict) and isinstance(shown, list | tuple | dict)):
        return False
    same_kind = type(value) is type(shown) and value != shown
    return same_kind and any(each in _parts(shown) for each in _parts(value))


def _parts(value: list[Any] | tuple[Any, ...] | dict[Any, Any]) -> list[Any]:
    return [*value.items()] if isinstance(value, dict) else [*value]


def _has_parts(told: Answer | None) -> bool | None:
    """Whether a value has parts of its own; None where nobody knows."""
    value = literal(told.text) if isinstance(told, Shown) else ...
    return None if value is ... else isinstance(value, list | tuple | dict | set)


def _listed(several: Iterable[Answer | None]) -> Shown:
    text = f"[{', '.join(each.text for each in several if isinstance(each, Shown))}]"
    return Shown(text, expression(text))
