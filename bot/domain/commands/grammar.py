"""The one grammar: a line to a command, and back. Pure; the verbs come as a roster.

    line   = [address] [owner/repo] verb *(word | option) ["--" free text]
    option = --name | --name=value | --name value

The repository may stand before a C-12, too: ``status owner/repo C-12``. What is wrong is said in
one line with an example, as a NotUnderstood."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from pydantic import ValidationError
from rapidfuzz import fuzz, process

from bot.domain.commands import forgiving
from bot.domain.commands.command import Command
from bot.domain.commands.fields import Field, fields
from bot.domain.commands.references import names_record, names_repository
from bot.domain.commands.usage import example, usage
from bot.domain.commands.words import Word, cleaned, is_separator, needs_quotes, quoted, split
from bot.domain.errors import NotUnderstood

Roster = Sequence[type[Command]]

ADDRESS = re.compile(r"(?:/soulcaster|/sc|@soulcaster(?:\[bot\])?)(?=[\s:,]|$)[:,]?", re.IGNORECASE)
MOST_CHARACTERS = 20_000
_NEAR = 60  # of 100: "fx" is near "fix", "hello" is near nothing


def parse(line: str, roster: Roster) -> Command:
    """The command that ``line`` says, with or without ``/soulcaster`` before it. Raises
    NotUnderstood, nothing else, for whatever ``line`` is."""
    if len(line) > MOST_CHARACTERS:
        raise NotUnderstood(f"That line is longer than {MOST_CHARACTERS:,} characters.")
    _, line = project_in(line)
    words = split(line)
    if not words:
        raise NotUnderstood("Say what to do. Example: /soulcaster help")
    verb, *rest = forgiving.without_politeness(words, list(_verbs(tuple(roster))))
    reading = _Reading(_command_type(verb, tuple(roster)), line)
    if any(name.startswith(f"{verb.raw.lower()}-") for name in reading.names):
        rest = [verb, *rest]  # fixed in 45
    return reading.read(forgiving.joined(rest, reading.fields))


def project_in(line: str) -> tuple[str, str]:
    """The ``owner/repo`` that a line names, "" for none, and what it says without that."""
    line = cleaned(line)
    line = line[found.end() :].strip() if (found := ADDRESS.match(line)) else line
    first, second, third, *_ = [*line.split(maxsplit=2), "", "", ""]
    if second and names_repository(first):
        return first, line[len(first) :].strip()
    if names_repository(second) and names_record(third.partition(" ")[0]):
        return second, f"{first} {third}"
    return "", line


def sentence(command: Command) -> str:
    """The line that :func:`parse` reads as ``command``; the value of its button."""
    command_type = type(command)
    parts = [command_type.verb]
    text = ""
    for field in fields(command_type):
        value = getattr(command, field.attribute)
        if not field.required and value == field.default:
            continue
        if field.place in ("text", "rest"):
            text = str(value)
            continue
        for each in value if field.many else [value]:
            parts.append(_written(field, each, command_type))
    return " ".join([*parts, *(["--", text] if text else [])])


def _written(field: Field, value: Any, command_type: type[Command]) -> str:
    if field.place == "flag" and value is True:
        return field.option
    word = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    if field.place in ("option", "flag"):
        return f"{field.option}={quoted(word) if needs_quotes(word) else word}"
    if isinstance(value, str) and not field.kind.choices:
        word = quoted(word)  # so that it is no other field's word
    return f"{field.after} {word}".strip()


@lru_cache(maxsize=8)
def _verbs(roster: tuple[type[Command], ...]) -> dict[str, type[Command]]:
    return {name: each for each in roster for name in (each.verb, *each.aliases)}


def _command_type(word: Word, roster: tuple[type[Command], ...]) -> type[Command]:
    verbs = _verbs(roster)
    name = word.raw.lower()
    if found := verbs.get(name):
        return found
    near = nearest(name, list(verbs))
    if near is None:
        raise NotUnderstood(f"I don't know {shown(word.raw)}. What I know: /soulcaster help")
    raise NotUnderstood(f"I don't know {shown(word.raw)}. Did you mean {verbs[near].verb}?")


def nearest(word: str, known: Sequence[str]) -> str | None:
    """What was probably meant, None where nothing is near."""
    found = process.extractOne(word[:60], known, scorer=fuzz.ratio, score_cutoff=_NEAR)
    return found[0] if found else None


def shown(word: str) -> str:
    """A word somebody typed, in quotes, at most 40 characters of it."""
    word = " ".join(word.split())
    return f'"{word[:39]}…"' if len(word) > 40 else f'"{word}"'


class _Reading:
    """Reads the words of one line into the fields of one command."""

    def __init__(self, command_type: type[Command], line: str) -> None:
        self.type = command_type
        self.verb = command_type.verb
        self.line = line
        self.fields = fields(command_type)
        self.values: dict[str, Any] = {}
        self.rest: list[str] = []
        self.text = next((each for each in self.fields if each.place in ("text", "rest")), None)
        self.names = [each.name for each in self.fields if each.place in ("option", "flag")]

    def read(self, words: list[Word]) -> Command:
        remaining = iter(words)
        for word in remaining:
            if is_separator(word) and not self.rest:
                self._free_text(self.line[word.start + len(word.raw) :].strip())
                break
            if word.option and self._option(word, remaining):
                continue
            self._word(word, remaining)
        if self.rest and self.text:
            self.values[self.text.attribute] = " ".join(self.rest)
        return self._command()

    def _free_text(self, text: str) -> None:
        if self.text is None:
            raise NotUnderstood(f"{self.verb} takes no text after --. Usage: {usage(self.type)}")
        if text:
            self.values[self.text.attribute] = text

    def _option(self, word: Word, remaining: Iterator[Word]) -> bool:
        """Read an option; False where the word only looks like one, within free text."""
        options = {
            each.name: each for each in self.fields if each.place in ("option", "flag", "after")
        }
        field = options.get(word.option.replace("_", "-"))
        if field is None:
            if self.text and self.text.place == "rest":
                return False
            raise NotUnderstood(self._unknown_option(word, list(options)))
        if word.text is None and field.place == "flag":
            self._put(field, True, word)
            return True
        value = word if word.text is not None else next(remaining, None)
        if value is None or (value is not word and value.option):
            raise NotUnderstood(f"{field.option} wants {field.kind.what}. {self._hint(field)}")
        self._put(field, self._value(field, value, field.option), word)
        return True

    def _unknown_option(self, word: Word, known: list[str]) -> str:
        near = nearest(word.option, known)
        said = f"{self.verb} has no option {shown('--' + word.option)}."
        return f"{said} Did you mean --{near}?" if near else f"{said} Usage: {usage(self.type)}"

    def _word(self, word: Word, remaining: Iterator[Word]) -> None:
        if self.rest:
            self.rest.append(word.raw)
            return
        for field in self.fields:
            if field.place == "after" and self._open(field) and word.raw.lower() == field.after:
                self._after(field, word, remaining)
                return
        text = word.text or ""
        for field in self._word_fields(free=False):
            if not word.quoted and (value := field.kind.read(text)) is not None:
                self._put(field, value, word)
                return
        unit = word.raw.lower() in {each.unit for each in self.fields if each.unit}
        if unit and self.values:
            return
        self._free_word(word)

    def _free_word(self, word: Word) -> None:
        free = next(self._word_fields(free=True), None)
        if free and (word.text or word.quoted) and not word.unclosed:
            self._put(free, self._free_value(free, word), word)
        elif self.text and self.text.place == "rest":
            self.rest.append(word.text if word.quoted and word.text else word.raw)
        elif word.unclosed:
            raise NotUnderstood(f"The quote that begins {shown(word.raw)} is never closed.")
        elif self._loose_word(word):
            return
        elif wanted := list(self._word_fields(free=False)):
            raise NotUnderstood(self._wrong(self.verb, forgiving.blamed(wanted, word.raw), word))
        else:
            raise NotUnderstood(
                f"{self.verb} doesn't know what to do with {shown(word.raw)}."
                f" Usage: {usage(self.type)}"
            )

    def _loose_word(self, word: Word) -> bool:
        """Whether it can only be meant as one thing, or means nothing: ``sam`` where a person is
        wanted, ``spam`` where that is the word of an option, ``this``."""
        text = word.text or ""
        if word.quoted:
            return False
        if forgiving.means_nothing(text):
            return True
        for field in self._word_fields(free=False):
            if (value := field.kind.loosely(text)) is not None:
                self._put(field, value, word)
                return True
        for field in self.fields:
            closed = field.place == "option" and field.kind.choices and self._open(field)
            if closed and not field.kind.free and text.lower() in field.kind.choices:
                self._put(field, field.kind.read(text), word)
                return True
        return False

    def _after(self, field: Field, word: Word, remaining: Iterator[Word]) -> None:
        value = next(remaining, None)
        if value is None:
            raise NotUnderstood(f"{field.after} wants {field.kind.what}. {self._hint(field)}")
        self._put(field, self._value(field, value, field.after), word)

    def _value(self, field: Field, word: Word, name: str) -> Any:
        if word.unclosed and field.kind.free:
            raise NotUnderstood(f"The quote that begins {shown(word.raw)} is never closed.")
        value = self._free_value(field, word)
        if value is None:
            value = field.kind.loosely(word.text or "")
        if value is None:
            raise NotUnderstood(self._wrong(name, field, word))
        return value

    @staticmethod
    def _free_value(field: Field, word: Word) -> Any:
        """A quoted word is text wherever text is taken, whatever it looks like."""
        text = word.text or ""
        return text if word.quoted and field.kind.free else field.kind.read(text)

    def _wrong(self, name: str, field: Field, word: Word) -> str:
        got = shown(word.raw if word.text is None else word.text)
        near = nearest((word.text or "").lower(), field.kind.choices)
        if field.place == "word" and field.required and len(field.kind.choices) > 1:
            choices = forgiving.listed(field.kind.choices)
            return f"{got} is no {name}: {choices}. {self._hint(field)}"
        if near:
            return f"{name} wants {field.kind.what}, got {got}. Did you mean {near}?"
        return f"{name} wants {field.kind.what}, got {got}. {self._hint(field)}"

    def _hint(self, field: Field) -> str:
        if field.place in ("option", "flag"):
            return f"Example: {field.option}={field.kind.example}"
        return f"Example: {example(self.type)}"

    def _put(self, field: Field, value: Any, word: Word) -> None:
        if field.many:
            self.values[field.attribute] = (*self.values.get(field.attribute, ()), value)
        elif field.attribute in self.values:
            raise NotUnderstood(f"{shown(word.raw)} comes on top: {field.name} is given twice.")
        else:
            self.values[field.attribute] = value

    def _open(self, field: Field) -> bool:
        return field.many or field.attribute not in self.values

    def _word_fields(self, *, free: bool) -> Iterator[Field]:
        """Fields for words that still have room."""
        return (
            each
            for each in self.fields
            if each.place == "word" and each.kind.free is free and self._open(each)
        )

    def _command(self) -> Command:
        for field in self.fields:
            if field.required and field.attribute not in self.values:
                what = f'"{field.after}" and {field.kind.what}' if field.after else field.kind.what
                raise NotUnderstood(f"{self.verb} wants {what}. {self._hint(field)}")
        try:
            return self.type(**self.values)
        except ValidationError as error:
            raise NotUnderstood(f"{self._invalid(error)} Usage: {usage(self.type)}") from None

    def _invalid(self, error: ValidationError) -> str:
        first = error.errors(include_url=False)[0]
        where = str(first["loc"][0]) if first["loc"] else ""
        field = next((each for each in self.fields if each.attribute == where), None)
        name = (field.option if field.place in ("option", "flag") else field.name) if field else ""
        message = first["msg"].removeprefix("Value error, ").rstrip(".")
        known = first.get("ctx", {})
        for bound, words in (("ge", "at least"), ("le", "at most")):
            if bound in known:
                return f"{name} wants {words} {known[bound]}, got {first['input']}."
        return f"{name}: {message}." if name else f"{message}."
