"""Keep neighbours apart where together they would be read as something that neither is. Each part
of a line is made harmless by itself. Put together, ``!`` before a link is an image, two code spans
are one, and ``@`` before a name is a mention: so what touches is separated, unless the sign at the
seam can be part of nothing."""

import re
from collections.abc import Iterable, Iterator

from bot.domain.cards.card import Inline, Line

_BEFORE_ANYTHING = re.compile(r"[\s(“\"']\Z")
_AFTER_ANYTHING = re.compile(r"[\s)”\"',;]|[.:!?](?:\s|\Z)")


def joined(parts: Iterable[str], seam: str) -> str:
    """Rendered neighbours as one text, with ``seam`` between those that touch."""
    text = ""
    for part in filter(None, parts):
        apart = not text or _BEFORE_ANYTHING.search(text) or _AFTER_ANYTHING.match(part)
        text += part if apart else seam + part
    return text


def whole(line: Line) -> Iterator[Inline]:
    """The parts of a line, our own words that follow each other as one: we know what they make."""
    own = ""
    for part in line:
        if isinstance(part, str):
            own += part
            continue
        if own:
            yield own
        own = ""
        yield part
    if own:
        yield own
