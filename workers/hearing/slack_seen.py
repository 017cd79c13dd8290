"""What Slack tells of that is no sentence: a home tab opened, a link shown, a channel gone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.context import Context
from bot.domain.models import Person
from workers.hearing.home import show

See = Callable[[Context, dict[str, Any]], Awaitable[None]]


async def _home(ctx: Context, body: dict[str, Any]) -> None:
    """https://docs.slack.dev/reference/events/app_home_opened"""
    event = body["event"]
    if event.get("tab", "home") == "home":
        person = Person(slack_user=event["user"], slack_team=str(body.get("team_id", "")))
        await show(ctx, person, event["channel"])


SEEN: Mapping[str, See] = {"home": _home}
