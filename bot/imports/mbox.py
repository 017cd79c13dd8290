"""A mailbox: one message after another, each behind a line that begins with ``From ``. What answers
another message is no report of its own. https://www.rfc-editor.org/rfc/rfc4155"""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.utils import parseaddr
from typing import Any, BinaryIO

from typing_extensions import override

from bot.domain.errors import BadPayload
from bot.domain.imports import Wanted
from bot.imports.reading import Row, lines

NAME = "mbox"
_FROM = b"From "
# Of a message so much is read: its words come before what is attached.
_MOST = 256 * 1024
_HEADER = 1_000


class _Policy(policy.EmailPolicy):
    """Of a header so much is read: its parser takes the square of the time for twice as much."""

    @override
    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name[:_HEADER], value[:_HEADER]


def rows(file: BinaryIO, wanted: Wanted) -> Iterator[Row]:
    """The messages, by the line that each begins in."""
    columns(file)
    at, held, blank = 1, bytearray(), True
    for number, raw in lines(file):
        line = raw or b"\n"
        if blank and line.startswith(_FROM):
            yield from [_row(at, bytes(held))] if held else ()
            at, held = number, bytearray()
        elif len(held) < _MOST:
            held += line.removeprefix(b">") if line.startswith(b">From ") else line
        blank = not line.strip()
    yield from [_row(at, bytes(held))] if held else ()


def columns(file: BinaryIO) -> dict[str, str]:
    """It says itself what is what. Raises BadPayload where it is no mailbox."""
    file.seek(0)
    if not fits(file.read(len(_FROM))):
        raise BadPayload("This is no mbox: it does not begin with a line `From ...`.")
    file.seek(0)
    return {}


def fits(start: bytes) -> bool:
    """It begins with the line of its first message."""
    return _FROM.startswith(start[: len(_FROM)])


def _row(line: int, raw: bytes) -> Row:
    try:
        message: Any = message_from_bytes(raw, policy=_Policy())
        if message["in-reply-to"]:
            return Row(line)
        name, address = parseaddr(str(message["from"] or ""))
        part = message.get_body(("plain", "html"))
        names = {"title": "subject", "time": "date", "id": "message-id"}
        fields = {field: str(message[header] or "") for field, header in names.items()}
        body = part.get_content() if part else ""
        return Row(line, {**fields, "author": name or address, "body": body})
    # Its parser raises whatever a header or a charset has it stumble over.
    except Exception as error:
        return Row(line, wrong=f"it cannot be read ({type(error).__name__})")
