"""Names for exact and near-exact repeats: equal names, one problem."""

import hashlib
import re
from collections.abc import Sequence

from bot.domain.models import Frame
from bot.domain.text.masking import mask
from bot.domain.text.terms import unspaced

_ANY = "<*>"
# A quoted word is a value; what quotes more than a word says it itself.
_QUOTED = re.compile(r"\"[^\"\s]*\"|(?<!\w)'[^'\s]*'(?!\w)|`[^`\s]*`")
# The value after ``key=``, whole; true and false stay, since they often tell two events apart.
_VALUE = re.compile(
    r"(?<![=<>!])([\w.-]+=)(?!=)(?!(?:true|false)\b)"
    r"(?:\[[^\]]*\]|\{[^}]*\}|\([^)]*\)|\"[^\"\n]*\"|'[^'\n]*'|[^\s,;&)\]]+)"
)
_CODE = r"(?!(?:org|com|net|io|java|javax|android|sun)\.)"  # a package, not a host
_HOST = re.compile(
    rf"(?<![\w.]){_CODE}(?:[\w-]+\.)+(?:com|net|org|edu|gov|mil|info|local|internal|[a-z]{{2}})"
    r"(?![\w.])(?::\d+)?",
    re.IGNORECASE,
)
_KIND = re.compile(r"<(?:url|email|uuid|time|ip|path|hex|id|num)>")
_DIGITS = re.compile(r"[\w@#+-]*\d[\w@#+-]*")
_ASIDE = re.compile(r"\s*\([^()]*<\*>[^()]*\)")
# Words after which a name follows: "user alice", "for class com.acme.Job".
_NAMED = re.compile(
    r"\b(user|username|account|class|host)(:?\s+)"
    r"(?!(?:from|by|is|has|was|not|for|to|of|on|in|at|and|with|the|a|an|unknown)\b)"
    r"[^\s<>]*[\w\]})]",
    re.IGNORECASE,
)
_QUALIFIED = re.compile(r"(?<=\s)(?:[a-z]\w*\.){2,}[\w$.]*\w(?=[\s,;)}\]]|$)")
_REPEATED = re.compile(r"<\*>(?:[\s,;:./|#*-]*<\*>)+")
LINE_LIMIT = 1_000
_HEAD = 3  # words at the beginning in which a qualified name says who speaks
_SPACE = re.compile(r"\s+")
_LETTER = re.compile(r"[^\W\d_]{2}")
STACK_DEPTH, STACK_LEAST = 5, 2
LONG_TEXT = 25  # words
_TYPED = re.compile(r"(?:Error|Exception|Failure|Fault|Warning|Interrupt)$")
_TELLING = frozenset({"num", "url"})
_GENERATED = re.compile(r"\$\d+|\$\$\w+|0x[0-9a-f]+|<\w+>|\{\{[^}]*\}\}|\d+")


def _name(kind: str, text: str) -> str:
    return f"{kind}:{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"


def template(line: str) -> str:
    """A log line with everything that looks like a value as ``<*>``. What log parsers such as Drain
    (https://doi.org/10.1109/ICWS.2017.13) learn from many lines is read off one line here, so that
    the first repeat is known already."""
    text = _VALUE.sub(rf"\1{_ANY}", _QUOTED.sub(_ANY, line[:LINE_LIMIT]))
    text = _KIND.sub(_ANY, mask(_HOST.sub(_ANY, text)))
    text = _ASIDE.sub("", _DIGITS.sub(_ANY, text))
    text = _REPEATED.sub(_ANY, _NAMED.sub(rf"\1\2{_ANY}", text))
    words = text.split()
    said = " ".join(words[:_HEAD])
    rest = _QUALIFIED.sub(_ANY, " " + " ".join(words[_HEAD:])).rstrip()
    return _REPEATED.sub(_ANY, said + rest)


def template_key(line: str) -> str:
    """Names a log line by its template; empty when the template has no word."""
    found = template(line)
    return _name("log", found) if _LETTER.search(found) else ""


def stack_signature(error: str, frames: Sequence[Frame]) -> str:
    """Names a crash by its error's type and its innermost in-app frames; empty if too few. Line
    numbers and generated parts of names are left out, so that it survives a release."""
    own = [frame for frame in frames if frame.in_app] or list(frames)
    if len(own) < STACK_LEAST:
        return ""
    calls = [
        f"{frame.path.replace(chr(92), '/').rsplit('/', 1)[-1]}:"
        f"{_GENERATED.sub('', frame.function.split('(')[0])}"
        for frame in own[-STACK_DEPTH:]
    ]
    kind, _, message = error.partition(":")
    kind = kind.strip()
    if not _TYPED.search(kind):  # "panic" alone says nothing: its message is the type
        kind = mask(f"{kind}:{message}").lower()
    return _name("stack", "\n".join([kind, *calls]))


def fingerprint(title: str, body: str) -> str:
    """Names a text by what is left of it after masking, letter case and spaces aside. Numbers in
    the title stay ("update to 9.4.44"), and in a short text all numbers and links do: there they
    are what it is about. Empty when fewer than three words are left."""
    masked = mask(body)
    named = "" if title.strip() in body else mask(title)
    said = f"{named}\n{masked}"
    words = sum(not word.startswith("<") for word in said.split()) + unspaced(said) // 2
    if words < LONG_TEXT:
        masked = mask(body, _TELLING)
    line = _SPACE.sub(" ", f"{mask(title, _TELLING)}\n{masked}").strip().lower()
    return _name("text", line) if words >= 3 else ""
