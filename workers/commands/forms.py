"""Verbs that a form asks for: which of a command's fields it shows, and the sentence it makes. A
new form is one line here; what its inputs are follows from the command's own fields."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.commands.command import Command
from bot.domain.commands.fields import Field, fields
from bot.domain.commands.grammar import parse, project_in
from bot.domain.commands.words import needs_quotes, quoted
from bot.domain.errors import NotUnderstood
from workers.commands.verbs import ROSTER


@dataclass(frozen=True, slots=True)
class Form:
    """The fields that are asked for, in this order. ``given`` stands behind the verb whatever is
    typed."""

    title: str
    asks: tuple[str, ...]
    given: str = ""


FORMS: Mapping[str, Form] = {
    "fix": Form("Fix a problem", ("about", "agent", "base", "steer")),
    "merge": Form("Merge problems", ("clusters", "into")),
    "split": Form("Split a problem", ("cluster", "by", "items")),
    "snooze": Form("Snooze a problem", ("about", "span", "until")),
    "ignore": Form("Ignore a problem", ("about", "reason")),
    "digest": Form("When the digest comes", ("when",), given="schedule"),
    "feedback": Form("Report as feedback", ("text", "title")),
}


def verb_of(line: str) -> str:
    """The verb of a form that a line is about; "" for a line that has none."""
    verb = project_in(line)[1].partition(" ")[0].lower()
    return verb if verb in FORMS else ""


def inputs(line: str) -> list[tuple[Field, str]]:
    """The fields of its verb's form, each with what the line says of it."""
    verb = verb_of(line)
    known = _fields(verb)
    try:
        said: Command | None = parse(line, ROSTER)
    except NotUnderstood:  # only the verb, with what it wants still to be typed
        said = None
    filled = []
    for field in (known[name] for name in FORMS[verb].asks):
        value = getattr(said, field.attribute) if said else field.default
        words = map(str, value) if field.many and value else [str(value or "")]
        filled.append((field, " ".join(words)))
    return filled


def line_of(verb: str, typed: Mapping[str, str]) -> str:
    """The sentence that a filled-in form says. Raises NotUnderstood where it is none."""
    form, known = FORMS[verb], _fields(verb)
    words, text = [verb, *filter(None, [form.given])], ""
    for name in form.asks:
        value, field = typed.get(name, "").strip(), known[name]
        if not value:
            continue
        if field.place in ("text", "rest"):
            text = value
        elif field.place == "option":
            words.append(f"{field.option}={quoted(value) if needs_quotes(value) else value}")
        else:
            words.append(f"{field.after} {value}".strip())
    line = " ".join([*words, *(["--", text] if text else [])])
    parse(line, ROSTER)
    return line


def _fields(verb: str) -> dict[str, Field]:
    command = next(each for each in ROSTER if each.verb == verb)
    return {field.attribute: field for field in fields(command)}
