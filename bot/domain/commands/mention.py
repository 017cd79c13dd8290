"""Whether a line speaks to the bot, and what somebody means who names it in passing. Pure. On
GitHub the bot is called by the app's slug, which is read as ``@soulcaster``."""

import re
from functools import lru_cache
from typing import NamedTuple

from bot.domain.commands.grammar import ADDRESS, Roster, parse, sentence
from bot.domain.commands.words import cleaned
from bot.domain.errors import NotUnderstood

# Begins the line of somebody who named the bot in the middle of one.
IN_PASSING = "… "
_MOST_GREETED = 4
_MARK = re.compile(r"(?:(?:[-*+•]|\d{1,9}[.)])\s+)?(?:\[[ xX]\]\s+)?")
_STRESS = re.compile(r"\*{1,3}|_{1,3}")
_GREETING = re.compile(
    r"(?:hey|hi|hello|hallo|dear|cc|ok|okay|yo|please|pls|thanks|thx|and|also|now|so|good|morning"
    r"|there|all|everyone|team)\b[\s,.:!;-]*",
    re.IGNORECASE,
)
# What stands behind "fix" in "the fix is in": severity alone is said so.
_TELLS = re.compile(
    r"(?!sev)[\w-]+\s+(?:is|isn't|was|wasn't|are|were|has|had|will|would|should|works|worked|went)\b",
    re.IGNORECASE,
)


class Addressed(NamedTuple):
    """What is said to the bot, and where in the line that begins."""

    line: str
    at: int


@lru_cache(maxsize=16)
def _named(name: str) -> re.Pattern[str]:
    name = re.escape(name)
    return re.compile(rf"(?<![\w@/.`-])@{name}(?:\[bot\])?(?![\w/-]|\.\w)", re.IGNORECASE)


def called(text: str, slug: str) -> str:
    """``text`` with the app's own name as the one that the grammar knows."""
    return _named(slug).sub("@soulcaster", text) if slug and "@" in text else text


def tells(words: str) -> bool:
    """Whether they tell how something is and order nothing: "fix is in 1.2"."""
    return _TELLS.match(words.strip(" ,.:")) is not None


def addressed(line: str) -> Addressed | None:
    """What a line says to the bot, from its name or ``/soulcaster`` on; None for one to others.
    Where it is named in passing that begins with ``IN_PASSING``."""
    said = _bare(line)
    rest = said
    for _ in range(_MOST_GREETED):
        if found := ADDRESS.match(rest):
            told = IN_PASSING if tells(rest[found.end() :]) else ""
            return Addressed(told + rest, max(0, line.find(rest[:3])))
        if not (greeting := _GREETING.match(rest)):
            break
        rest = rest[greeting.end() :]
    if named := _named("soulcaster").search(said):
        return Addressed(IN_PASSING + said[named.start() :], line.lower().find("@soulcaster"))
    return None


def _bare(line: str) -> str:
    """Without a list's mark before it, and without the stars of bold around what comes first."""
    said = cleaned(line)
    if mark := _MARK.match(said):
        said = said[mark.end() :]
    if stress := _STRESS.match(said):
        said = said[stress.end() :].replace(stress[0], "", 1)
    return cleaned(said)


def asked(line: str, roster: Roster) -> str | None:
    """The sentence that somebody may mean who names the bot in passing, "" where no verb stands
    there; None for a line that is a command."""
    if not line.startswith(IN_PASSING):
        return None
    words = ADDRESS.sub("", line.removeprefix(IN_PASSING), count=1).split()[:12]
    words = [word.strip(".,;:!?()") for word in words]
    verbs = {name for each in roster for name in (each.verb, *each.aliases) if len(name) > 2}
    for index, word in enumerate(words):
        if word.lower() not in verbs:
            continue
        # As much of what follows as makes a sentence.
        for end in range(len(words), index, -1):
            try:
                return sentence(parse(" ".join(words[index:end]), roster))
            except NotUnderstood:
                continue
    return ""
