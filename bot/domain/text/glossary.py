"""Reports in other languages, word by word in poor English. The embedded model and the word lists
know English alone. Word for word is no translation, and enough to find the report of the same
problem; names, numbers and frames are left as they stand. With a hosted embedder it does no harm:
what people read is never this."""

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from bot.domain.text.terms import STOP, unspaced

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_ELIDED = re.compile(r"^(?:[cdjlmnst]|qu)'")  # l'heure
_LATIN = ("de", "es", "fr")
_FOREIGN = 2  # function words of a language, and no fewer than of English, make a text one in it
_SCRIPT = 0.2  # share of a text's letters in a script without spaces that makes it one in it


@dataclass(frozen=True, slots=True)
class _Words:
    """Whole words and phrases, and stems, with what they are in English."""

    whole: dict[str, str]
    stems: dict[str, str]

    def english(self, word: str) -> str | None:
        """One word or phrase in English; None where it is not known."""
        if (found := self.whole.get(word)) is not None:
            return found
        for end in range(len(word), 3, -1):
            found = self.stems.get(word[:end])
            if found is not None and " " not in word[end:]:
                return found
        return None


def in_english(text: str) -> str:
    """``text`` with what the glossary knows in English; English as it is."""
    letters = sum(map(str.isalpha, text))
    if unspaced(text) > _SCRIPT * letters:
        return _unspaced(text)
    language = _language(text)
    return _spaced(text, language) if language else text


def _language(text: str) -> str:
    said = [word.lower() for word in _WORD.findall(text)]
    counts = {
        language: sum(word in words for word in said) for language, words in _functional().items()
    }
    best = max(counts, key=lambda language: counts[language])
    english = sum(word in STOP for word in said)
    return best if counts[best] >= max(_FOREIGN, english) else ""


def _spaced(text: str, language: str) -> str:
    words, said, out, at = _glossary()[language], list(_WORD.finditer(text)), [], 0
    place = 0
    while place < len(said):
        for count in (3, 2, 1):
            phrase = said[place : place + count]
            whole = " ".join(match[0].lower().replace("’", "'") for match in phrase)
            known = words.english(whole) or words.english(_ELIDED.sub("", whole))
            if known is not None and len(phrase) == count:
                out += [text[at : phrase[0].start()], known]
                at = phrase[-1].end()
                break
        else:
            count = 1
        place += count
    return "".join([*out, text[at:]])


def _unspaced(text: str) -> str:
    words, longest = _characters()
    out: list[str] = []
    place = 0
    while place < len(text):
        for length in range(longest, 0, -1):
            if (known := words.get(text[place : place + length])) is not None:
                out.append(f" {known} ")
                place += length
                break
        else:
            # A character by itself says nothing to an English model; names and numbers do.
            out.append(" " if unspaced(text[place]) else text[place])
            place += 1
    return re.sub(r" {2,}", " ", "".join(out))


@cache
def _glossary() -> dict[str, _Words]:
    languages = (*_LATIN, "zh", "ja")
    found = {language: _Words({}, {}) for language in languages}
    for line in _lines("glossary.tsv"):
        english, *columns = line.split("\t")
        for language, column in zip(languages, columns, strict=True):
            for word in filter(None, column.split("|")):
                kept = found[language].stems if word.endswith("*") else found[language].whole
                kept.setdefault(word.rstrip("*").lower(), english)
    return found


@cache
def _characters() -> tuple[dict[str, str], int]:
    """The words of scripts without spaces, and how long the longest is."""
    words = {**_glossary()["zh"].whole, **_glossary()["ja"].whole}
    return words, max(map(len, words))


@cache
def _functional() -> dict[str, frozenset[str]]:
    rows = (line.split() for line in _lines("stopwords.tsv"))
    return {language: frozenset(words) for language, *words in rows}


def _lines(name: str) -> list[str]:
    table = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    return [line for line in table.splitlines() if line.strip()]
