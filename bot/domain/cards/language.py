"""A card in a project's language: our own words by a table, everybody else's as they stand.
``words/de.toml`` and its like say what each phrase is, English first, as a gettext catalogue would:
``{}`` is a number or another phrase, and what a table lacks stays English. Commands stay
English."""

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Literal, TypeVar

from pydantic import BaseModel

from bot.domain.cards.card import Action, Card, Code, Fact, Link, Said, Section, Strong

Language = Literal["en", "de", "fr", "es", "ja"]
NAMES = {"de": "German", "fr": "French", "es": "Spanish", "ja": "Japanese"}

# No phrase of ours is longer: what is holds words of others, and would take a pattern long.
_LONGEST = 200
# Marks, quotes and bars of a sparkline say the same in every language.
_EDGES = re.compile(r"^([\s.,:;·“”▁-█]*)(.*?)([\s·“”]*)$", re.DOTALL)
_SEAM = " · "
_Model = TypeVar("_Model", bound=BaseModel)


@cache
def table(language: str) -> dict[str, str]:
    """Phrases of a language by what they are in English."""
    if language == "en":
        return {}
    file = resources.files("bot.domain.cards") / "words" / f"{language}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


@cache
def _patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Those with places, the longest first."""
    found = [(key, value) for key, value in table(language).items() if "{}" in key]
    found.sort(key=lambda pair: -len(pair[0]))
    return [(re.compile(re.escape(key).replace(r"\{\}", "(.+?)")), value) for key, value in found]


def phrase(text: str, language: str) -> str:
    """One phrase of ours in ``language``; as it is where the table lacks it."""
    if language == "en" or not re.search(r"[^\W\d_]", text):
        return text
    parts = (_EDGES.fullmatch(part) for part in text.split(_SEAM))
    return _SEAM.join(
        f"{part[1]}{_phrase(part[2], language)}{part[3]}" for part in parts if part is not None
    )


def _phrase(core: str, language: str) -> str:
    known = table(language)
    if len(core) > _LONGEST:
        return core
    if core in known:
        return known[core]
    for pattern, said in _patterns(language):
        if found := pattern.fullmatch(core):
            return said.format(*(_phrase(each, language) for each in found.groups()))
    return core


def in_language(card: Card, language: str) -> Card:
    """The card with our own words in ``language``; it knows it, for what a renderer adds."""
    if language == "en":
        return card
    return _translated(card, language).model_copy(update={"language": language})


_LABELS = {Fact: "label", Action: "label", Section: "title"}


def _translated(part: _Model, language: str) -> _Model:
    """A part of a card and all parts of it."""
    changed: dict[str, object] = {}
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, tuple):
            changed[name] = _each(value, language)
        elif isinstance(value, str) and _LABELS.get(type(part)) == name:
            changed[name] = phrase(value, language)
    return part.model_copy(update=changed)


def _each(values: tuple[object, ...], language: str) -> tuple[object, ...]:
    return tuple(_one(value, language) for value in values)


def _one(value: object, language: str) -> object:
    match value:
        case str():
            return phrase(value, language)
        case Strong(text=text):
            return Strong(phrase(text, language))
        case Code() | Said() | Link():
            return value
        case tuple():
            return _each(value, language)
        case BaseModel():
            return _translated(value, language)
        case _:
            return value
