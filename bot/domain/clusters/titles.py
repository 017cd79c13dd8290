"""What a problem is called: in words that people would choose, and that no stranger can change."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from bot.domain.text import terms

_READ = 2_000  # characters of a body
_ENTITY = re.compile(r"<(?:https?://[^>|\s]+\|([^>]*)|#\w+\|([^>]*)|[!@#][^>\s]*)>")
_MARKUP = re.compile(
    r"<!--.*?(?:-->|$)|</?(?:b|i|em|strong|code|pre|img|a|br|p|div|span|h\d|sub|sup|kbd)\b[^<>]*>"
    r"|!?\[([^\]\n]*)\]\(\S*?\)|(?<!\w)(?:\*\*|~~|`|\*)(?=\w)([^*`]+?)(?<=\S)(?:\*\*|~~|`|\*)(?!\w)"
    r"|^\s*#{1,6}\s+",
    re.IGNORECASE,
)
_MENTION = re.compile(r"(?<![\w/])@(?=[A-Za-z][\w-]*(?![\w/]))")
_NOISE = re.compile(
    r"(?<!\w)(?:@(?:channel|here|everyone)\b|:[a-z][a-z0-9_+-]+:(?!\w))"
    r"|[\u2600-\u27bf\ufe0f\U0001f000-\U0001faff]"
)
_PREFIX = re.compile(
    r"^(?:\s*\[\s*(?:p\d|s\d|sev[- ]?\d|prio\w*[- ]?\d|(?:re-?)?triggered|recovered|resolved"
    r"|(?:alert|fir)(?:ing)?(?::\s*\d+)?|no data|warn(?:ing)?|crit(?:ical)?|error|ok|bug|urgent)"
    r"\s*\]\s*[:-]?)+\s*",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_BETTER, _BY = 1.5, 8  # times as clear, and by as many letters
_SAYS_NOTHING = frozenset(terms("error exception failure issue problem bug works wrong broken see"))


def plain(title: str) -> str:
    """The title without mentions, markup, emoji and the prefixes of monitors; "" if that is all."""
    title = _ENTITY.sub(lambda found: found[1] or found[2] or " ", title)
    title = _MARKUP.sub(lambda found: found[1] or found[2] or "", title)
    title = _MENTION.sub("", _NOISE.sub(" ", title))
    return " ".join(_PREFIX.sub("", title).split()).strip(" -:|")


def clearest(titles: Iterable[tuple[str, bool]], current: str) -> str:
    """The title to go by, of the plain ones of a cluster's reports, the oldest first; with each,
    whether it may change what is there. "" where none has any. The oldest names the problem.
    ``current`` stands as long as a report says it, until one that may change it is clearly
    better."""
    named = [(title, may) for title, may in titles if title] or [("", False)]
    best = current if current in dict(named) else named[0][0]
    for title, may in named:
        ours, theirs = _clarity(best), _clarity(title)
        if may and theirs >= max(ours * _BETTER, ours + _BY):
            best = title
    return best


def shared_name(reports: Sequence[tuple[str, str]], *, without: str = "") -> str:
    """Up to two words that most reports (title and body) say, for a problem that is theirs. ""
    where they share none. ``without`` names what all of them are about anyway."""
    idle = {*terms(without), *_SAYS_NOTHING}
    texts = [f"{title}\n{body[:_READ]}" for title, body in reports]
    titles = Counter(word for title, _ in reports for word in {*terms(title)} - idle)
    said = Counter(word for text in texts for word in {*terms(text)})
    spelled: dict[str, str] = {}
    for word in sorted(_WORD.findall("\n".join(texts)), key=len):
        if len(said_as := terms(word)) == 1:
            spelled.setdefault(said_as[0], word.lower())
    most = sorted(
        (word for word in titles.keys() & spelled if 2 * said[word] > len(reports)),
        key=lambda word: (-said[word], -titles[word], len(word), word),
    )
    best = [w for w in most[:2] if said[w] == said[most[0]] and titles[w] > 1]
    places = " ".join(texts).lower()
    return " ".join(sorted((spelled[word] for word in best or most[:1]), key=places.find))


def _clarity(title: str) -> float:
    """How many letters are in plain words, held back where codes stand between them."""
    tokens = title.split()
    plain_ = [t for t in tokens if _WORD.search(t) and not re.search(r"\d|\w_\w", t)]
    # A letter of a script without spaces says about as much as a short word.
    letters = sum(3 if ord(c) > 0x2E80 else c.isalpha() for t in plain_ for c in t)
    return min(letters, 40) * len(plain_) / max(1, len(tokens))
