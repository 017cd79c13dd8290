"""The words a report can be found by, and how usual each is anywhere."""

import re
from functools import cache, lru_cache
from importlib import resources

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*|[^\W\d_]+", re.UNICODE)
# Han, kana, Thai, Lao, Khmer, Burmese: nobody writes a space between two words of these.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
STOP = frozenset(
    word
    for line in (
        "a about after all also am an and any are as at be because been before being but",
        "by can could did do does doing don for from get got had has have having he her",
        "here hi him his how i if in into is it its just like ll let me more most my no",
        "not now of off on once only or other our out over own please re s same she",
        "should so some such t than thank thanks that the their them then there these",
        "they this those through to too under until up us use used using ve very was way",
        "we were what when where which while who why will with would yes you your",
    )
    for word in line.split()
)


@lru_cache(maxsize=1 << 16)  # words come again and again
def stem(word: str) -> str:
    """A light stem of a lower-case English word: plural, -ing and -ed off, nothing cleverer."""
    if len(word) > 4:
        if word.endswith("ies"):
            return word[:-3] + "y"
        if word.endswith(("sses", "shes", "ches", "xes")):
            return word[:-2]
        if word.endswith("s") and not word.endswith(("ss", "us", "is")):
            word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "sl":
                word = word[:-1]
            break
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def unspaced(text: str) -> int:
    """How many characters of a text belong to a script without spaces."""
    return len(_UNSPACED.findall(text))


def terms(text: str) -> list[str]:
    """Stemmed words, and for an identifier its parts as well, in order, repeats kept.
    ``NullPointerException`` gives itself and ``null``, ``pointer``, ``exception``. A script without
    spaces gives pairs of characters, which find as well as words do (Nie and others, 1999,
    https://doi.org/10.1145/355214.355235)."""
    return [term for word in _WORD.findall(text) for term in _terms_of(word)]


def whole_words(text: str) -> list[str]:
    """The same without the parts of identifiers."""
    words = ((word, _terms_of(word)) for word in _WORD.findall(text))
    return [t for word, found in words for t in (found if _UNSPACED.search(word) else found[:1])]


@lru_cache(1 << 14)  # People say the same words again and again.
def _terms_of(word: str) -> tuple[str, ...]:
    if _UNSPACED.search(word):
        return tuple(word[i : i + 2] for i in range(max(1, len(word) - 1)))
    lower = word.lower()
    if lower in STOP or len(lower) < 2 or len(lower) > 60:
        return ()
    if "_" not in word and (lower == word or word[1:].islower() or word.isupper()):
        return (stem(lower),)
    parts = [part.lower() for part in _HUMP.findall(word)]
    if len(parts) < 2:
        return (lower,)
    return lower, *(stem(part) for part in parts if len(part) > 2 and part not in STOP)


# By Zipf's law the hundredth word of a language stands in nearly every report, the thousandth in
# one of ten.
_EVERYWHERE, _MOST = 100, 0.5


@cache
def usual() -> dict[str, float]:
    """The share of all reports in which a stemmed English word is to be expected, of the usual
    ones. ``usual.tsv`` has them by their frequency in books and an encyclopedia, the commonest
    first: the order of the words in the vocabulary of BERT (Apache-2.0), one of each stem."""
    table = resources.files(__package__).joinpath("usual.tsv").read_text(encoding="utf-8")
    ranked = enumerate(table.split(), start=len(STOP) + 1)
    return {stem(word): min(_MOST, _EVERYWHERE / rank) for rank, word in ranked}
