"""A command's fields as the grammar sees them: kind, place, how a word is read and written."""

import types
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from bot.domain.commands.command import After, Command, TextMark, WordMark
from bot.domain.commands.references import Reference

Place = Literal["word", "after", "option", "flag", "text", "rest"]

_YES = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}


@dataclass(frozen=True, slots=True)
class WordKind:
    """What one word may be. ``read`` gives None for a word that is something else. ``what``
    completes "wants …", ``choices`` are the words of a closed list. ``loosely`` reads what would do
    where nothing else is meant."""

    what: str
    example: str
    read: Callable[[str], Any]
    choices: tuple[str, ...] = ()
    free: bool = False
    loosely: Callable[[str], Any] = lambda _: None


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a command. ``name`` is as it is written, ``attribute`` as it is in Python."""

    attribute: str
    name: str
    place: Place
    kind: WordKind
    required: bool
    default: Any
    many: bool
    after: str = ""
    unit: str = ""

    @property
    def option(self) -> str:
        """``--dry-run``."""
        return f"--{self.name}"


@lru_cache(maxsize=256)
def fields(command_type: type[Command]) -> tuple[Field, ...]:
    """The fields in the order of the class. Raises TypeError for a class the grammar can't read."""
    found = tuple(
        _field(name, info, info.metadata) for name, info in command_type.model_fields.items()
    )
    if sum(field.place in ("text", "rest") for field in found) > 1:
        raise TypeError(f"{command_type.__name__} has two fields for free text")
    return found


def _field(attribute: str, info: Any, marks: list[Any]) -> Field:
    required = info.is_required()
    annotation, many = _one_of_many(info.annotation)
    kind = kind_of(annotation)
    after = next((mark for mark in marks if isinstance(mark, After)), None)
    text = next((mark for mark in marks if isinstance(mark, TextMark)), None)
    place: Place = "option"
    if text:
        place = "rest" if text.bare else "text"
    elif after:
        place = "after"
    elif required or any(isinstance(mark, WordMark) for mark in marks):
        place = "word"
    elif annotation is bool:
        place = "flag"
    return Field(
        attribute=attribute,
        name=attribute.strip("_").replace("_", "-"),
        place=place,
        kind=kind,
        required=required,
        default=None if required else info.get_default(call_default_factory=True),
        many=many,
        after=after.word if after else "",
        unit=after.unit if after else "",
    )


def _one_of_many(annotation: Any) -> tuple[Any, bool]:
    """``tuple[ItemRef, ...]`` is many of ItemRef."""
    if get_origin(annotation) is tuple:
        return get_args(annotation)[0], True
    return annotation, False


def kind_of(annotation: Any) -> WordKind:
    """How words of this type are read. Raises TypeError for a type the grammar doesn't know."""
    if get_origin(annotation) is Annotated:
        return kind_of(get_args(annotation)[0])
    if annotation is str:
        return WordKind("text", "text", lambda word: word or None, free=True)
    if annotation is int:
        return WordKind("a number", "5", _number)
    if annotation is bool:
        return WordKind("yes or no", "yes", lambda word: _YES.get(word.lower()), ("yes", "no"))
    if get_origin(annotation) is Literal:
        return _choice(tuple(str(choice) for choice in get_args(annotation)))
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [kind_of(part) for part in get_args(annotation) if part is not types.NoneType]
        return kinds[0] if len(kinds) == 1 else _either(kinds)
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return _choice(tuple(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Reference):
        loosely = annotation.read_loosely
        return WordKind(annotation.what, annotation.example, annotation.read, loosely=loosely)
    raise TypeError(f"no word is read as {annotation!r}")


def _number(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdigit() and len(word) <= 12 else None


def _choice(choices: tuple[str, ...]) -> WordKind:
    by_word = {choice.lower(): choice for choice in choices}
    what = f"one of {', '.join(choices)}" if len(choices) > 1 else choices[0]
    return WordKind(what, choices[0], lambda word: by_word.get(word.lower()), choices)


def _either(kinds: list[WordKind]) -> WordKind:
    def read(word: str) -> Any:
        return next((value for kind in kinds if (value := kind.read(word)) is not None), None)

    return WordKind(
        what=" or ".join(kind.what for kind in kinds),
        example="|".join(kind.example for kind in kinds),
        read=read,
        choices=tuple(choice for kind in kinds for choice in kind.choices),
        free=any(kind.free for kind in kinds),
        loosely=lambda word: next(filter(None, (kind.loosely(word) for kind in kinds)), None),
    )
