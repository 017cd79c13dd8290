"""Names for exact and near-exact repeats: equal names, one problem."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from bot.domain.models import Frame
from bot.domain.text.masking import mask

_VALUE = re.compile(r"(?<=[=:])\s*(?:\"[^\"\n]*\"|'[^'\n]*'|\[[^\]\n]*\]|<\w+>|[^\s,;=]+)")
_QUOTED = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|`[^`\n]*`")
_HOST = re.compile(r"\b(?:[a-z0-9-]+\.){2,}[a-z]{2,}\b(?:<num>|:\d+)?", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
STACK_DEPTH = 5
_GENERATED = re.compile(r"\$\d+|\$\$\w+|0x[0-9a-f]+|<\w+>|\{\{[^}]*\}\}|\d+")


def _name(kind: str, text: str) -> str:
    return f"{kind}:{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"


def template(text: str) -> tuple[str, ...]:
    """The tokens of a log line with everything that looks like a value as ``<*>``."""
    line = _QUOTED.sub("<*>", text)
    line = _HOST.sub("<*>", mask(line))
    return tuple(
        "<*>" if "<" in token or any(c.isdigit() for c in token) else token
        for token in _SPACE.split(line.strip())
        if token
    )


def stack_signature(error: str, frames: Sequence[Frame]) -> str:
    """Names a crash by its error's type and its innermost in-app frames; empty without frames.

    Line numbers and generated parts of names are left out, so that it survives a release.
    """
    own = [frame for frame in frames if frame.in_app] or list(frames)
    if len(own) < 2:
        return ""
    calls = [
        f"{frame.path.replace(chr(92), '/').rsplit('/', 1)[-1]}:"
        f"{_GENERATED.sub('', frame.function.split('(')[0])}"
        for frame in own[-STACK_DEPTH:]
    ]
    kind = error.split(":", 1)[0].strip()
    return _name("stack", "\n".join([kind, *calls]))


def fingerprint(title: str, body: str) -> str:
    """Names a text by what is left of it after masking, letter case and spaces aside.

    Empty when fewer than three words are left: too little to call two reports the same.
    """
    text = f"{title}\n{body}" if title.strip() not in body else body
    line = _SPACE.sub(" ", mask(text)).strip().lower()
    words = [word for word in line.split() if not word.startswith("<")]
    return _name("text", line) if len(words) >= 3 else ""
