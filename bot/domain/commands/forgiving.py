"""What people type who don't look the grammar up: ``snooze 3 days``, ``fixed in 45``, ``please fix
this``. Pure: words in, the words they stand for out."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.commands.fields import Field
from bot.domain.commands.references import ClusterRef, Duration
from bot.domain.commands.words import Word, is_separator

_POLITE = re.compile(
    r"please|pls|kindly|just|now|can|could|would|will|you|we|to|let'?s", re.IGNORECASE
)
# Before "we": else it tells what people do, and asks for nothing.
_ASKING = ("can", "could", "let's", "lets")
_FILLING = re.compile(
    r"this|that|it|please|pls|thanks|for|to|as|is|in|because|the|an?|here|issue|bug|problem|now"
    r"|again|with|fixed",
    re.IGNORECASE,
)


def means_nothing(word: str) -> bool:
    """Whether it is skipped where it is no field's word."""
    return _FILLING.fullmatch(word.strip(".,!?")) is not None


def without_politeness(words: Sequence[Word], verbs: Sequence[str]) -> list[Word]:
    """``can you please fix this`` from ``fix`` on, where one of the first words is a verb."""
    before = ""
    for index, word in enumerate(words):
        if word.raw.lower() in verbs:
            return list(words[index:])
        said = word.raw.strip(",.:").lower()
        if not _POLITE.fullmatch(said) or (said == "we" and before not in _ASKING):
            break
        before = said
    return list(words)


def joined(words: Sequence[Word], fields: Sequence[Field]) -> list[Word]:
    """``3 days`` as one word where a duration is wanted, and ``fixed in`` as ``--fixed-in``."""
    spans = any(Duration.what in field.kind.what for field in fields)
    options = {
        tuple(each.name.split("-")): each
        for each in fields
        if each.place in ("option", "flag") and not any(one.place == "rest" for one in fields)
    }
    found: list[Word] = []
    at = 0
    while at < len(words):
        word = words[at]
        if is_separator(word):
            return [*found, *words[at:]]
        two = tuple(each.raw.lower() for each in words[at : at + 2])
        if spans and len(two) == 2 and two[0].isdigit() and Duration.read("".join(two)):
            found.append(replace(word, raw=" ".join(two), text="".join(two)))
        elif option := options.get(two):
            found.append(Word(" ".join(two), word.start, None, option=option.name))
        else:
            found.append(word)
            at -= 1
        at += 2
    return found


def blamed(fields: Sequence[Field], word: str) -> Field:
    """Which of the fields that are open a word was meant for that is none of them: one that is
    written alike (``S9`` a severity, ``@`` a person), else one that is wanted, else any but the
    cluster, which nobody writes otherwise."""
    other = {field.name: ClusterRef.what not in field.kind.what for field in fields}
    return max(fields, key=lambda field: (_alike(field, word), field.required, other[field.name]))


def listed(choices: Sequence[str]) -> str:
    """``S1 to S4`` of four that are counted up, else ``recent, count, severity``."""
    counted = len(choices) > 2 and all(each[-1].isdigit() for each in choices)
    return f"{choices[0]} to {choices[-1]}" if counted else ", ".join(choices)


def _alike(field: Field, word: str) -> bool:
    shape = re.sub(r"[0-9]+", "0", word.upper())
    examples = (*field.kind.choices, *field.kind.example.split("|"))
    return any(
        shape == re.sub(r"[0-9]+", "0", example.upper())
        or (not example[0].isalnum() and word.startswith(example[0]))
        for example in examples
    )
