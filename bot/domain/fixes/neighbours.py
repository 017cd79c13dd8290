"""What a patch adds, written a little otherwise: tests that see no difference do not hold it.
Mutation testing (https://en.wikipedia.org/wiki/Mutation_testing) of the tokens alone that the patch
brings in. Texts stay, for another message is no other program; a variable that is all of a value
becomes ``True``, an attribute another one of its owner."""

import io
import math
import re
import tokenize
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import accumulate
from keyword import iskeyword

from bot.domain.fixes.patch import Entry, Tree, text_of
from bot.domain.fixes.patch.lines import compared
from bot.domain.fixes.python import literal, parsed
from bot.domain.fixes.testfiles import is_test_file

_MOST = 12
_PAIRS = (
    ("+", "-"), ("*", "/"), ("//", "%"), ("+=", "-="), ("==", "!="), ("and", "or"), ("min", "max"),
    ("True", "False"), ("any", "all"), ("int", "round"), ("floor", "ceil"), ("break", "continue"),
    ("startswith", "endswith"), ("<", "<= >"), (">", ">= <"), ("<=", "< >="), (">=", "> <="),
    ("upper", "title capitalize swapcase"), ("title", "upper capitalize swapcase"),
    ("capitalize", "title upper swapcase"), ("lower", "swapcase"), ("not", " "),
)  # fmt: skip
_CONDITIONS = {"if", "and", "or", "not", "in", "is", "<", ">", "<=", ">=", "==", "!="}
_BEGINS, _ENDS = {"return", "=", "(", ",", "["}, {"\n", "", ")", ",", "]"}
_OTHERS = {**{two: one for one, two in _PAIRS}, **dict(_PAIRS)}


def neighbours(base: Tree, patched: Tree) -> Iterator[tuple[str, str, bytes]]:
    """Of changed Python files that are no tests: the path, the line that differs from the patch,
    stripped, and the whole file. At most 12, from all over the patch, and never the base itself."""
    found = [
        (path, *change)
        for path in sorted(patched)
        if path.endswith(".py") and not is_test_file(path) and base.get(path) != patched[path]
        for change in _changes(text_of(base.get(path)), text_of(patched[path]))
    ]
    for path, begin, at, token, other in found[:: math.ceil(len(found) / _MOST) or 1]:
        text = text_of(patched[path])
        changed = text[:at] + other + text[at + len(token) :]
        if parsed(changed) and {**patched, path: Entry(data=changed.encode())} != base:
            yield path, changed[begin:].partition("\n")[0].strip(), changed.encode()


def adds(base: Tree, patched: Tree) -> bool:
    """Whether a patch brings in anything, or takes away no condition and no call: ``a[1:]`` to
    ``a``, and not ``a.strip()``."""
    pairs = list(_exchanged(base, patched))
    old, new = ({token for pair in pairs for token in pair[side]} for side in (0, 1))
    if new:
        return bool(new - {"pass", "..."})
    return bool(old) and old.isdisjoint({*_CONDITIONS, "("})


def renames(base: Tree, patched: Tree) -> bool:
    """Whether a patch only writes other names in the places of names."""
    found = list(_exchanged(base, patched))
    names = (len(each) == 1 and each[0].isidentifier() for pair in found for each in pair)
    return bool(found) and all(names)


def _exchanged(base: Tree, patched: Tree) -> Iterator[tuple[list[str], list[str]]]:
    """What stood where files are changed, and what stands there: tokens of Python, else lines."""
    for path in (each for each in base if each in patched and base[each] != patched[each]):
        texts = text_of(base[path]), text_of(patched[path])
        if path.endswith(".py"):
            tokens = [(one.string.strip() for one in _tokens(text)) for text in texts]
            old, new = ([each for each in side if each] for side in tokens)
        else:
            old, new = (text.splitlines() for text in texts)
        matcher = compared(*([each.encode() for each in side] for side in (old, new)))
        for tag, a, b, c, d in matcher.get_opcodes():
            if tag != "equal":
                yield old[a:b], new[c:d]


def _changes(old: str, new: str) -> Iterator[tuple[int, int, str, str]]:
    """Where the line and the token begin, the token, and another one."""
    begins = [0, *accumulate(map(len, io.StringIO(new)))]
    before, after = _tokens(old), _tokens(new)
    matcher = compared(*([one.string.encode() for one in each] for each in (before, after)))
    after += after[-1:]  # not compared: both have to end alike
    for tag, _, _, start, end in matcher.get_opcodes():
        for place in range(start, min(end, len(after) - 1)) if tag != "equal" else ():
            token = after[place]
            begin = begins[token.start[0] - 1]
            three = [after[place + n].string for n in (-1, 0, 1)]
            for other in _others(token) or [*_instead(*three), *_fellows(after, place, old)]:
                yield begin, begin + token.start[1], token.string, other


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    try:
        return list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return []


def _instead(before: str, name: str, behind: str) -> list[str]:
    """In place of a variable that is all of a value."""
    alone = before in _BEGINS and behind in _ENDS and name.isidentifier() and not iskeyword(name)
    return ["True"] if alone else []


def _fellows(tokens: list[tokenize.TokenInfo], place: int, old: str) -> list[str]:
    """In place of an attribute others of the same owner, of the likest names."""
    owner, dot, name = (tokens[place + n].string for n in (-2, -1, 0))
    if dot != "." or not owner.isidentifier() or not name.isidentifier():
        return []
    held = re.findall(rf"\b{re.escape(owner)}\.([A-Za-z_]\w*)\b(?!\s*\()", old)
    return get_close_matches(name, {*held} - {name}, n=3, cutoff=0.3)


def _others(token: tokenize.TokenInfo) -> list[str]:
    if other := _OTHERS.get(token.string, ""):
        return other.split() or [other]
    number = literal(token.string)
    return [repr(number + n) for n in (1, -1)] if isinstance(number, int | float) else []
