"""Text drawn out of files: by what they hold, not by what they are called."""

import csv
import io
import re

from bot.documents.pdf import pages
from bot.domain.errors import NotAllowed, NotUnderstood, TooLarge
from bot.domain.memory.shelf import (
    DRAWN,
    FILE_BYTES,
    IMAGES,
    MB,
    PIECE,
    Part,
    as_words,
    numbered,
    pieces,
)
from bot.domain.secrets import tokens

_BEGINS = re.compile(rb"(\x89PNG\r\n\x1a\n)|(\xff\xd8\xff)|(RIFF....WEBP)", re.DOTALL)
_NAMED = {"md": "Markdown", "markdown": "Markdown", "csv": "CSV", "log": "log"}


def read(name: str, data: bytes) -> tuple[str, list[Part], bool]:
    """Its kind, its parts, and whether only the beginning of it was read. Keeps a core busy. Raises
    NotUnderstood for what it cannot read, TooLarge, NotAllowed for a secret in it."""
    if len(data) > FILE_BYTES:
        raise TooLarge(f"{name} has {len(data) / MB:.1f} MB, and a file may have 20 MB.")
    if not data:
        raise NotUnderstood(f"{name} is empty.")
    kind, parts, cut = _drawn(name, data)
    if not parts:
        raise NotUnderstood(f"{name} holds no text (a scan?): give it as text, or as an image.")
    return kind, parts, cut


def image_kind(data: bytes) -> str:
    """``PNG``, ``JPEG`` or ``WebP`` as its bytes begin; "" for anything else."""
    begins = _BEGINS.match(data)
    return IMAGES[(begins.lastindex or 1) - 1] if begins else ""


def _drawn(name: str, data: bytes) -> tuple[str, list[Part], bool]:
    if kind := image_kind(data):
        _require_no_secret(name, data.decode("latin-1"), "in its data")
        said = f"{as_words(name)}: an image of this name, in which no text was read."
        return kind, [Part(unit="", text=said)], False
    if b"%PDF-" in data[:1024]:
        texts, cut = pages(name, data)
        for page, text in enumerate(texts, 1):
            _require_no_secret(name, text, f"p. {page}")
        parts = [
            Part(unit="p.", first=page, last=page, text=text[at : at + PIECE])
            for page, text in enumerate(texts, 1)
            for at in range(0, len(text), PIECE)
            if text[at : at + PIECE].strip()
        ]
        return "PDF", numbered(parts), cut
    text, kind = _text(name, data), _NAMED.get(name.rpartition(".")[2].lower(), "text")
    _require_no_secret(name, text)
    cut, text = len(text) > DRAWN, text[:DRAWN]
    if kind == "CSV":
        return kind, _rows(text), cut
    return kind, pieces("l.", text.splitlines()), cut


def _require_no_secret(name: str, text: str, where: str = "") -> None:
    """Raises NotAllowed; of text it says the line."""
    if found := next(tokens(text), None):
        where = where or f"line {text.count(chr(10), 0, text.index(found[1])) + 1}"
        raise NotAllowed(f"{name} seems to hold {found[0]} ({where}): take it out, then add it.")


def _text(name: str, data: bytes) -> str:
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise NotUnderstood(f"{name} is no PDF, PNG, JPEG, WebP and no text in UTF-8.")
    return text


def _rows(text: str) -> list[Part]:
    """Every part says what the columns are."""
    try:
        header, *rows = [", ".join(row) for row in csv.reader(io.StringIO(text)) if row]
    except (csv.Error, ValueError):
        return pieces("l.", text.splitlines())
    return pieces("row", rows, head=header[: PIECE // 2]) or pieces("row", [header])
