"""Several values that a passage tells at once."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bot.domain.fixes.python import expression
from bot.domain.fixes.reproduction import answers
from bot.domain.fixes.reproduction.records import Answer, Example, Shown


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
        if isinstance(one.question, ast.Call) and plain and not (one.setup or one.printed):
            key = ast.unparse(one.question.func), one.actual is None
            groups.setdefault(key, {})[ast.unparse(one.question)] = one
    for group in (group for group in groups.values() if len(group) > 1):
        one, *_ = several = list(group.values())
        actual = _listed(each.actual for each in several) if one.actual else None
        expected, asked = _listed(each.expected for each in several), _listed(map(Shown, group))
        assert asked.node is not None  # noqa: S101 (it was parsed before)
        yield replace(one, question=asked.node, expected=expected, actual=actual, sure=one.sure + 1)
    yield from found


def _listed(several: Iterable[Answer | None]) -> Shown:
    text = f"[{', '.join(each.text for each in several if isinstance(each, Shown))}]"
    return Shown(text, expression(text))
