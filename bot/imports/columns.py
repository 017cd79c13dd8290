"""Which column of a table, or path of an object, is which field of a report.

``columns.json`` has presets for exports of Jira, Zendesk, Linear and Intercom, known by their
``marks``: columns that only they have all of. Else a field is the first of its usual names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.domain.errors import BadPayload

_KNOWN = json.loads(Path(__file__).with_suffix(".json").read_text())
FIELDS: tuple[str, ...] = tuple(_KNOWN["usual"])


def guessed(names: Sequence[str], of: str) -> dict[str, str]:
    """Field -> column. Raises BadPayload where nothing there can be a report's words."""
    for preset in _KNOWN["presets"]:
        if {*preset["marks"]} <= {*names}:
            return {field: name for field, name in preset["columns"].items() if name in names}
    there = {re.sub(r"[\W_]+", " ", name).strip().lower(): name for name in reversed(names)}
    found = {
        field: next((there[name] for name in usual if name in there), "")
        for field, usual in _KNOWN["usual"].items()
    }
    if not (found["title"] or found["body"]):
        shown = ", ".join(name[:40] for name in names[:12])
        raise BadPayload(f"Which of the {of} is a report's text? Say --map body=NAME: {shown}.")
    return {field: name for field, name in found.items() if name}


def preset_of(columns: Mapping[str, str]) -> str:
    """Whose export it was taken for; "" for nobody's."""
    presets = (p for p in _KNOWN["presets"] if columns.items() <= p["columns"].items())
    return next((str(preset["name"]) for preset in presets if "id" in columns), "")
