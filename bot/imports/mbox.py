"""A mailbox: one message after another, each behind a line that begins with ``From ``.

What answers another message is none of its own report.
https://www.rfc-editor.org/rfc/rfc4155
"""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from typing import BinaryIO

from bot.domain.errors import BadPayload
from bot.domain.imports import Wanted
from bot.imports.reading import Row, lines

NAME = "mbox"
_FROM = b"From "
# Of a message so much is read: its words come before what is attached.
_MOST = 256 * 1024


def rows(file: BinaryIO, wanted: Wanted) -> Iterator[Row]:
    """The messages, by the line that each begins in. Raises BadPayload where it is no mailbox."""
    columns(file)
    at, size, held, blank = 0, 0, list[bytes](), True
    for number, raw in lines(file):
        line = raw or b"\n"
        if blank and line.startswith(_FROM):
            if held:
                yield _row(at, b"".join(held))
            at, size, held = number, 0, []
        elif size < _MOST:
            held.append(line.removeprefix(b">") if line.startswith(b">From ") else line)
            size += len(line)
        blank = not line.strip()
    if held:
        yield _row(at, b"".join(held))


def columns(file: BinaryIO) -> dict[str, str]:
    """It says itself what is what. Raises BadPayload where it is no mailbox."""
    file.seek(0)
    if not file.read(1_024).startswith(_FROM):
        raise BadPayload("This is no mbox: it does not begin with a line `From ...`.")
    file.seek(0)
    return {}


def fits(start: bytes) -> bool:
    """Whether it may be such a file, by its beginning."""
    return start.startswith(_FROM)


def _row(line: int, raw: bytes) -> Row:
    try:
        message = message_from_bytes(raw, policy=policy.default)
        assert isinstance(message, EmailMessage)  # noqa: S101 - what this policy makes
        if message["in-reply-to"]:
            return Row(line)
        name, address = parseaddr(str(message["from"] or ""))
        part = message.get_body(("plain", "html"))
        fields = {
            "title": str(message["subject"] or ""),
            "body": part.get_content() if part else "",
            "author": name or address,
            "time": str(message["date"] or ""),
            "id": str(message["message-id"] or ""),
        }
    # Its parser raises whatever a header or a charset has it stumble over.
    except Exception as error:
        return Row(line, wrong=f"it cannot be read ({type(error).__name__})")
    return Row(line, fields)
