"""What sort of answer a question wants: who did it is not said where nobody is named."""

from __future__ import annotations

import re

from bot.domain.text import terms

_COUNT = (
    r"zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty"
    r"|hundred|thousand|million|half|twice|dozen"
)
_NUMBER = re.compile(rf"\d|\b(?:{_COUNT})\b", re.I)
_TIME = re.compile(
    r"\b(?:\d{4}-\d\d|(?:19|20)\d\d|\d{1,2}:\d\d|(?:jan|febr)uary|march|april|june|july|august"
    r"|(?:septem|octo|novem|decem)ber|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|yesterday|today"
    r"|tomorrow|tonight|night|morning|noon|evening|weekend|daily|weekly|monthly|yearly|ago"
    r"|(?:every|each|last|next|this|per|a|an|\d+|" + _COUNT + ")"
    r" (?:second|minute|hour|day|week|month|year)s?"
    r"|release|version)\b",
    re.I,
)
# What always happens does so at a time or on an occasion.
_OCCASION = re.compile(
    rf"{_TIME.pattern}|\b(?:after|before|during|if|once|until|when|whenever|while)\b", re.I
)
_PERSON = re.compile(
    r"[@~]\w|(?i:\b(?:admin|author|buyer|colleague|customer|developer|everybody|everyone|guest"
    r"|maintainer|manager|member|nobody|operator|owner|people|person|reporter|seller|somebody"
    r"|someone|stranger|support|team|user|visitor)s?\b)|\w[,;]? (?:[A-Z][a-z]+ ){1,2}[A-Z][a-z]+"
)
# What is used is named behind a verb that says so; by another word only a name is one.
_NAME = re.compile(
    r"\b(?i:(?:use[sd]?|using|chose|chosen)\s+(?:the |an? )?(\w[\w.+-]*))"
    r"|\b(?i:with|via|through|called|named|is|by|on)\s+([A-Z]\w*|\w*[a-z]\w*[A-Z\d]\w*|\d[\w.]*)"
)
_WANTS = (
    (r"^\W*(?:which|what) [\w -]+? (?:do|does|did) (?:we|you|they|it|the [\w-]+|[A-Z]\w+)"
     r" (?:use|choose|run on|rely on)\b", _NAME),
    (r"^\W*(?:who|whom|whose)\b", _PERSON),
    (r"^\W*when (?:are|can|do|does|is|must|should)\b", _OCCASION),
    (r"^\W*(?:since |until )?when\b", _TIME),
    (r"^\W*(?:how (?:many|much|long|often|old|big|large|small|fast|slow|full|far|high|deep)"
     r"|what (?:percentage|share|number|amount|price|size))\b", _NUMBER),
)  # fmt: skip
_VALUE = re.compile(r"\d+(?:\.\d+)*")
_UNITS = {"eur": "euro", "usd": "dollar", "gbp": "pound", "pct": "percent"}
_SIGNS = {"€": "euro", "$": "dollar", "£": "pound", "%": "percent"}


def values(text: str) -> set[str]:
    """The numbers in a text, each in one spelling: 50.00 is 50, and 1.6.0 a release."""
    found = _VALUE.findall(text.replace(",", "."))
    return {f"{float(v):.12g}" if v.count(".") < 2 else v for v in found}


def said(text: str) -> set[str]:
    """What a text says: its words, stemmed, a unit in one spelling, and its numbers."""
    words = {_UNITS.get(word, word) for word in terms(text)}
    return words | {unit for sign, unit in _SIGNS.items() if sign in text} | values(text)


def is_answer(question: str, sentence: str) -> bool:
    """Whether a sentence can answer the question at all: it asks nothing itself, and where a
    person, a time or a number is wanted, it has one that the question does not have."""
    if sentence.rstrip(" \"'”)").endswith("?"):
        return False
    found = ((re.search(asked, question, re.I), wanted) for asked, wanted in _WANTS)
    asked, wants = next(((match, wanted) for match, wanted in found if match), (None, None))
    if asked is None or wants is None:
        return True
    rest = question[asked.end() :]
    known = {match[0].lower() for match in wants.finditer(rest)}
    if wants is _NAME:
        known = set(re.findall(r"\w+", question.lower()))
    told = (match[match.lastindex or 0].lower() for match in wants.finditer(sentence))
    return any(each not in known for each in told)
