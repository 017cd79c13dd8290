"""A sentence of the grammar in plain words: "hey, could you fix this please?" is ``fix``. Nothing
is guessed: without what people say around it, it has to be a sentence."""

import re

from bot.domain.audience import Audience
from bot.domain.cards.card import Action, Card, Code, note
from bot.domain.commands.command import Command
from bot.domain.commands.fields import fields
from bot.domain.commands.grammar import parse
from bot.domain.commands.mention import tells
from bot.domain.errors import NotUnderstood
from workers.commands.verbs import ROSTER

_LONGEST = 300
_BEFORE = re.compile(
    r"(?:hey|hi|hello|ok(?:ay)?|so|and|now|just|then|please|pls|kindly|(?:can|could|would|will) "
    r"(?:you|we)|let'?s|show(?: me)?(?: the)?|give me(?: the)?|what(?:'s| is)(?: the)?|<@\w+>)"
    r"(?=[\s,.:!–—-]|$)[\s,.:!–—-]*",
    re.I,
)
_BEHIND = re.compile(
    r"(?:[\s,.:!?–—-]|(?<=\s)(?:please|pls|thanks?(?: you)?|thx|now|again|for (?:us|me)|"
    r"(?:this|that)(?: (?:one|problem|bug|issue))?|it)(?=[\s,.:!?]|$))+$",
    re.I,
)
# What changes nothing, so that it may be done without asking.
_READS = frozenset(
    {"help", "status", "clusters", "why", "similar", "quota", "whoami", "versions", "diff", "logs"}
)


def sentence(text: str) -> str:
    """The sentence that ``text`` is about, "" where it is none; free words are nobody's order."""
    words = " ".join(text.split()).lstrip(" ,.:;!") if len(text) <= _LONGEST else ""
    while before := _BEFORE.match(words):
        words = words[before.end() :]
    whole, short = words.strip(" ,.:"), _BEHIND.sub("", f" {words} ").strip(" ,.:")
    said, meant = _read(whole), _read(short)
    # "now" is nothing behind most verbs, and something else behind digest.
    found = whole if meant is None or (said is not None and said != meant) else short
    command = said if found == whole else meant
    return "" if command is None or tells(words) or _free(command, "rest") else found


def is_free(text: str) -> bool:
    """Whether it is a sentence with words of one's own behind it."""
    command = _read(text)
    return command is not None and not tells(text) and _free(command, "rest", "text")


def is_sentence(text: str) -> bool:
    """Whether it is one as it stands, with nothing that people say around it."""
    return sentence(text) == text or is_free(text)


def _read(words: str) -> Command | None:
    try:
        return parse(words, ROSTER)
    except NotUnderstood:
        return None


def _free(command: Command, *places: str) -> bool:
    """Whether words of one's own stand at one of these places of it."""
    free = (each for each in fields(type(command)) if each.place in places)
    return any(getattr(command, each.attribute) for each in free)


def only_reads(said: str) -> bool:
    """Whether a sentence changes nothing."""
    return bool(said) and parse(said, ROSTER).verb in _READS


def question(said: str) -> Card:
    """Is that what was meant? The button says it."""
    if said == "help":
        words, action = "I read no command in that. What I know:", Action("Help", "help")
        return note("meant", words, audience=Audience.PERSON, actions=(action,))
    asked = ("Shall I do this: ", Code(said), "?")
    return note("meant", *asked, audience=Audience.PERSON, actions=(Action(said, said),))
