"""Whether a comment says no more than that its author sees the same problem."""

import re

_LONGEST = 300
_PHRASES = (
    r"(?:exactly |the )*(?:same|similar) (?:here|issue|problem|bug|error|thing|for (?:me|us))\b",
    r"(?:still )?(?:see|seeing|have|having|get|getting|hit|hitting) "
    r"(?:the same|this (?:too|issue|problem|bug|error))\b",
    r"(?:also|still) (?:seeing|having|getting|hitting|experiencing) this\b",
    r"(?:this |it |it's |still )*happen(?:s|ed|ing) (?:to|for) (?:me|us)\b",
    r"me,? too\b",
    r"us,? too\b",
    r"can confirm\b",
    r"(?:also )?affected\b",
    r"bei (?:mir|uns) auch\b",
    r"moi aussi\b",
    r"a mí también\b",
    r"anch'io\b",
    r"eu também\b",
    r"我也|同样的问题|私も",
    r"\+1(?!\d)|👍",
)
_SAYS = re.compile(
    rf"(?:(?:i|we)(?:'m|'re|'ve| am| are| have)? )?(?:also )?(?:{'|'.join(_PHRASES)})",
    re.IGNORECASE,
)
_UNSAYS = re.compile(r"\?|\b(?:not|no longer|never|fixed|solved|gone)\b|n't\b", re.IGNORECASE)


def says_same(said: str) -> bool:
    """True for a short comment that begins so ("same here"); what it quotes is not read."""
    own = "\n".join(line for line in said.splitlines() if not line.lstrip().startswith(">"))
    words = own.replace("’", "'").strip()
    return len(words) <= _LONGEST and bool(_SAYS.match(words)) and not _UNSAYS.search(words)
