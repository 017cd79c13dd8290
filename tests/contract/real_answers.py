"""Answers that GitHub really gave, as shapes: which field is of which type."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any


def fields(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Every ``(path, JSON type)`` in a value; the entries of a list share one path."""
    yield at, type(value).__name__
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from fields(inner, f"{at}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from fields(inner, f"{at}[]")


def shape(values: list[Any]) -> dict[str, set[str]]:
    """The types that stand at each path in any of these, null apart."""
    found: dict[str, set[str]] = defaultdict(set)
    for value in values:
        for at, kind in fields(value):
            if kind != "NoneType":
                found[at].add(kind)
    return found


def answered(exchanges: list[Any], checker: Any) -> dict[str, list[Any]]:
    """The bodies of good answers by GitHub's name of the operation."""
    found: dict[str, list[Any]] = defaultdict(list)
    for each in exchanges:
        path = each["url"].removeprefix("https://api.github.com").partition("?")[0]
        _, operation, _, _ = checker.route(each["method"].lower(), path)
        body = each["response_body"]
        if isinstance(body, str):
            with suppress(ValueError):
                body = json.loads(body)
        if operation and 200 <= int(each["status"]) < 300 and isinstance(body, dict | list):
            found[operation["operationId"]].append(body)
    return found


def at_odds(ours: list[Any], shared: Path, checker: Any) -> list[str]:
    """Fields that we answer with a type that GitHub's answers of that operation never had.

    Fields newer than the recordings are held to the description, which knows them.
    """
    theirs, found = answered(real(shared), checker), []
    for operation, bodies in answered(ours, checker).items():
        known = shape(theirs.get(operation, []))
        for at, kinds in shape(bodies).items():
            # A path of ``get-content`` is a file or a folder.
            if at and not kinds <= known.get(at, kinds):
                found.append(f"{operation}{at}: {kinds} where GitHub has {known[at]}")
    return found


def real(shared: Path) -> list[Any]:
    """Exchanges with GitHub that others recorded and published."""
    folder = shared / "conformance" / "github-rest-real"
    return [
        json.loads(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text().splitlines()
    ]
