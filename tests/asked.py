"""The forty questions of asked.yml, and the demo's reports as items to ask about."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.domain.audience import Audience
from bot.domain.models import Draft, Item
from bot.sources import SOURCES
from handlers.demo.reports import DemoReport, load

ASKED = Path(__file__).with_name("asked.yml")


@cache
def asked() -> dict[str, Any]:
    """The questions, by what should come of them."""
    found: dict[str, Any] = yaml.safe_load(ASKED.read_text("utf-8"))
    return found


def drafts(start: datetime) -> list[tuple[Draft, str]]:
    """What the sources read in the demo's reports, each with the problem behind it."""
    found = []
    for number, report in enumerate(load(start), 1):
        if report.issue is not None:
            made = [
                Draft(
                    audience=Audience.PROJECT, source="github", key=f"demo:{number}",
                    event=f"demo:{number}", title=report.issue.title, body=report.issue.body,
                    url=f"https://github.com/acme/shop/issues/{number}", author=report.issue.login,
                    occurred_at=start,
                )
            ]  # fmt: skip
        else:
            made = _read(report, start)
        found += [(draft, report.problem) for draft in made]
    return found


def _read(report: DemoReport, start: datetime) -> list[Draft]:
    headers = {name.lower(): value for name, value in report.headers.items()}
    heard = SOURCES[report.source].parse(report.body, headers, start)
    return [one for one in heard if isinstance(one, Draft)]


def history(start: datetime) -> list[tuple[Item, str]]:
    """The same as items, a repeat left out."""
    found: dict[str, tuple[Item, str]] = {}
    for draft, problem in drafts(start):
        key = f"{draft.source}:{draft.key}"
        number = len(found) + 1
        item = Item(**dict(draft), number=number, created_at=start, updated_at=start)
        found.setdefault(key, (item, problem))
    return [*found.values()]
