"""Kinds of files that bring a history: one small module a kind, which reads and nothing else. A
kind is given a file that can be sought in, and yields its records one by one: it never holds more
than one of them. To add one, write its module and its line in ``_ALL``."""

from bot.domain.errors import NotUnderstood
from bot.imports import chatgpt, csv_table, jsonl, mbox, slack
from bot.imports.reading import Kind

_ALL: tuple[Kind, ...] = (chatgpt, csv_table, jsonl, mbox, slack)
KINDS: dict[str, Kind] = {kind.NAME: kind for kind in _ALL}


def kind_of(name: str) -> Kind:
    """The kind of this name. Raises NotUnderstood with those there are."""
    if name not in KINDS:
        raise NotUnderstood(f"Which kind of file? There are: {', '.join(sorted(KINDS))}.")
    return KINDS[name]
