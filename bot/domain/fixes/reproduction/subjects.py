"""What a sentence tells its value of: what was asked, or something else that it names."""

import ast
import re
from collections.abc import Set

from bot.domain.fixes.python import expression, literal
from bot.domain.fixes.reproduction.standard import BUILTINS
from bot.domain.fixes.reproduction.wording import OPENS, TICKED

_WORDS = 7  # between a subject and its value: "its `size` is", "has `start` None, it should be"
# "with `strict` it should be": not what is told of.
_BESIDE = frozenset(
    (
        *("with", "for", "in", "of", "by", "from", "to", "on", "when", "if", "as", "like", "than"),
        *("using", "via", "without", "under", "into", "at", "after", "before", "while"),
    )
)
_ANY = frozenset(("result", "results", "output", "value", "ret", "res", "self"))
_OPTION = re.compile(r"`(\w+=[^`\n]+)`")


def is_another(before: str, asked: str) -> bool:
    """Whether a sentence, up to its value, speaks of a name or a call that ``asked`` has not."""
    *_, last = None, *re.finditer(TICKED, before)
    if last is None or len(re.findall(r"\w+", before[last.end() :])) > _WORDS:
        return False
    lead = re.search(r"(\w{1,20})\s{1,3}$", before[: last.start()][-24:])
    node = expression(span := last[0].strip("`").removesuffix("()"))
    if lead and lead[1].lower() in _BESIDE:
        return False
    if isinstance(node, ast.Name):
        plain = span[:1].isupper() or span in BUILTINS | _ANY or literal(span) is not ...
        return not (plain or re.search(rf"\b{re.escape(span)}\b", asked))
    return isinstance(node, ast.Call | ast.Attribute) and _bare(span) not in _bare(asked)


def has_other_options(before: str, asked: str) -> bool:
    """Whether a paragraph, up to a value, gives an option that ``asked`` does not: "With `n=1` I'd
    expect"."""
    paragraph = before.rpartition("\n\n")[2]
    return any(_bare(option) not in _bare(asked) for option in _OPTION.findall(paragraph))


def speaks_of_it(sentence: str, words: Set[str]) -> bool:
    """Whether a sentence is about what was asked: it says one of ``words``, or has no subject."""
    named = words & {*re.findall(r"\w+", sentence), *re.findall(r"\d+", sentence)}
    clause = re.split(r"[;:,]\s+(?:so|and|but)?\s*", sentence.rstrip(" :\n"))[-1]
    opens = OPENS.match(sentence) or OPENS.match(clause)
    # "..., so 1 would be right"
    return bool(named or opens or re.search(r"(?:^|\bso)\s*$", sentence))


def _bare(code: str) -> str:
    return re.sub(r"[\s'\"]+", "", code)
