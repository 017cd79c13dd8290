"""What was said in Slack becomes sentences of the one grammar."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import note
from bot.domain.commands.markdown_lines import command_lines
from bot.domain.errors import NotFound
from bot.domain.models import Person, Place, Project
from bot.say import whisper
from workers.commands import hear


async def hear_slack(ctx: Context, row: str) -> None:
    """Take a stored Slack request to the grammar; it has taken effect when this returns."""
    delivery = await ctx.inbox.read(row)
    if delivery is None:
        return
    body = json.loads(delivery.body)
    said = {"command": _command, "mention": _mention, "button": _button}[delivery.meta["kind"]](
        body
    )
    if said is not None:
        lines, person, place, origin = said
        try:
            project = await project_of(ctx, place)
        except NotFound as error:
            told = note(f"unheard:{origin}", str(error), audience=Audience.PERSON, tone="refused")
            await whisper(ctx, person, place, told)
        else:
            await hear.lines(ctx, project, lines, person, place, origin)
    await ctx.inbox.finish(row)


Said = tuple[list[str], Person, Place, str]


def plain(text: str) -> str:
    """Slack's markup as it was typed: links, entities and user mentions unwrapped.

    https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages
    """
    text = re.sub(r"<(https?://[^|>]+)(?:\|[^>]*)?>", r"\1", text)
    return html.unescape(text)


def _command(body: dict[str, Any]) -> Said | None:
    """https://docs.slack.dev/interactivity/implementing-slash-commands"""
    person = Person(slack_user=body["user_id"], slack_team=body["team_id"])
    text = plain(str(body.get("text") or "help"))
    place = Place(channel=body["channel_id"], response_url=body.get("response_url", ""))
    return [f"/soulcaster {text}"], person, place, f"slash:{body.get('trigger_id')}"


def _mention(body: dict[str, Any]) -> Said | None:
    """https://docs.slack.dev/reference/events/app_mention"""
    event = body["event"]
    if event.get("bot_id") or not event.get("user"):
        return None
    person = Person(slack_user=event["user"], slack_team=body.get("team_id", ""))
    us = "|".join(
        re.escape(a["user_id"]) for a in body.get("authorizations") or [] if a.get("user_id")
    )
    text = plain(re.sub(rf"(?m)^\s*<@(?:{us})(?:\|[^>]*)?>", "/soulcaster", event["text"]))
    thread = event.get("thread_ts") or event["ts"]
    place = Place(channel=event["channel"], thread=thread, message=event["ts"], public=True)
    return command_lines(text), person, place, f"event:{body['event_id']}"


def _button(body: dict[str, Any]) -> Said | None:
    """https://docs.slack.dev/reference/interaction-payloads/block_actions-payload"""
    sentences = [str(a["value"]) for a in body.get("actions", []) if a.get("value")]
    message = body.get("message") or {}
    container = body.get("container") or {}
    person = Person(
        slack_user=body["user"]["id"], slack_team=(body.get("team") or {}).get("id", "")
    )
    place = Place(
        channel=(body.get("channel") or {}).get("id") or container.get("channel_id", ""),
        thread=message.get("thread_ts") or message.get("ts", ""),
        message=message.get("ts", ""),
        response_url=body.get("response_url", ""),
    )
    lines = [f"/soulcaster {sentence}" for sentence in sentences]
    return lines, person, place, f"button:{body.get('trigger_id')}"


async def project_of(ctx: Context, place: Place) -> Project:
    """Which project is spoken of: the channel's, or the only one. Raises NotFound."""
    chosen = await ctx.digests.project_of_channel(place.channel)
    if chosen is not None:
        return await ctx.projects.get(chosen)
    projects = await ctx.projects.all()
    if len(projects) == 1:
        return projects[0]
    names = ", ".join(project.full_name for project in projects) or "none yet"
    raise NotFound(
        f"Which repository is this channel for? Set slack.channel in its "
        f".github/soulcaster.yml. Installed on: {names}."
    )
