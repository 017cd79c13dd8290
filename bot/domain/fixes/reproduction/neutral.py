"""A private report's test without the private words: other words and values of the same shape.

Everything in a test that neither the checkout nor a public report holds is replaced, the same word
by the same word throughout. What is then still red for the (equally rewritten) reason shows the
problem and says nothing of who had it. Lengths and case are kept, because what a function does may
hang on them.
"""

import builtins
import keyword
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from itertools import product
from string import ascii_lowercase

from bot.domain.fixes.patch import Tree, text_of
from bot.domain.fixes.reproduction.records import Reproduction

# ``page_count`` is two words, ``N-77`` a letter and a number, ``a1b2`` one word.
_WORD = re.compile(r"[^\W_]{2,}")
# What every test that we write consists of.
_OURS = re.findall(
    _WORD,
    "as reported test pytest raises approx unittest TestCase AsReported assertEqual assertRaises "
    "assertAlmostEqual subprocess run sys executable capture output text timeout stdout stderr "
    "strip Traceback done check repr str unittest os env environ PYTHONPATH pathsep join path 60 "
    + " ".join([*keyword.kwlist, *(name for name in dir(builtins) if not name.startswith("_"))]),
)
_OUR_WORDS = frozenset(word.casefold() for word in _OURS)


def neutral(
    private: Iterable[Reproduction], tree: Tree, public: Collection[str]
) -> list[Reproduction]:
    """The same tests with nothing in them that is not in ``tree`` or in a ``public`` text."""
    tests = list(private)
    strange = {
        word.casefold()
        for test in tests
        for text in (_body(test.source), test.says, test.test, *test.reason.model_dump().values())
        for word in _WORD.findall(text)
    }
    strange -= _OUR_WORDS
    strange -= _held(strange, public)
    strange -= _held(strange, map(text_of, tree.values()))
    strange -= _held(strange, tree)
    renamed = _renaming(strange)
    return [_rewritten(test, renamed) for test in tests]


def _held(wanted: Collection[str], texts: Iterable[str]) -> set[str]:
    """Those of ``wanted`` that a text holds as a word of its own."""
    missing = set(wanted)
    for text in texts:
        if not missing:
            break
        missing -= {word.casefold() for word in _WORD.findall(text)}
    return set(wanted) - missing


def _body(source: str) -> str:
    """Without the first line, which names the reports by number."""
    return source.partition("\n")[2]


def _renaming(strange: Collection[str]) -> Callable[[str], str]:
    """Another word of the same shape for each strange one, in the order they are met."""
    given: dict[tuple[str, int], str] = {}
    fresh: dict[str, Iterator[str]] = {}

    def instead(found: re.Match[str]) -> str:
        word = found[0]
        name = word.casefold(), len(word)  # another case may be longer: "ß" is "SS"
        if name[0] not in strange:
            return word
        if name not in given:
            shape = "".join("1" if sign.isdecimal() else "a" for sign in word)
            words = fresh.setdefault(shape, _words(shape))
            given[name] = next(one for one in words if one not in strange)
        pairs = zip(word, given[name], strict=True)
        return "".join(new.upper() if old.isupper() else new for old, new in pairs)

    return partial(_WORD.sub, instead)


def _words(shape: str) -> Iterator[str]:
    """``aa`` to ``zz``, ``a1`` to ``z9``; no zero, which a number may not begin with."""
    signs = (ascii_lowercase if sign == "a" else "123456789" for sign in shape)
    return ("".join(word) for word in product(*signs))


def _rewritten(test: Reproduction, renamed: Callable[[str], str]) -> Reproduction:
    first, _, body = test.source.partition("\n")
    reason = {name: renamed(told) for name, told in test.reason.model_dump().items()}
    return test.model_copy(
        update={
            "source": f"{first}\n{renamed(body)}",
            "test": renamed(test.test),
            "says": renamed(test.says),
            "reason": test.reason.model_copy(update=reason),
            "kept": "",
        }
    )
