"""What was said in Slack becomes sentences of the one grammar."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Card, Choices, Section
from bot.domain.commands.grammar import project_in
from bot.domain.commands.markdown_lines import MOST_LINES, command_lines
from bot.domain.errors import Rejected, UserError
from bot.domain.models import Person, Place, Project
from bot.log import log
from bot.render.belonging import project_of_button, project_of_message
from bot.say import whisper
from workers.commands import anybody, hear
from workers.commands.addressing import Press, project_of
from workers.commands.call import Ambiguous
from workers.commands.linking import linked

# https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
ANSWER_SECONDS = 30 * 60


@dataclass(frozen=True, slots=True)
class Said:
    """One request of Slack's: lines by a person at a place, or one button there.

    ``at`` is the second it was said, 0 where Slack does not tell it.
    """

    lines: list[str]
    person: Person
    place: Place
    origin: str
    press: Press | None = None
    at: float = 0


async def hear_slack(ctx: Context, row: str) -> None:
    """Take a stored Slack request to the grammar; it has taken effect when this returns."""
    delivery = await ctx.inbox.read(row)
    if delivery is None:
        return
    body = json.loads(delivery.body)
    read = {"command": _command, "mention": _mention, "button": _button}[delivery.meta["kind"]]
    said = read(body)
    if said is not None:
        came = datetime.fromtimestamp(delivery.received_at, UTC)
        end = came + timedelta(seconds=ANSWER_SECONDS)
        place = said.place.model_copy(update={"answer_by": end})
        said_at = datetime.fromtimestamp(said.at, UTC) if said.at else came
        for answer in (await _take(ctx, said, place, said_at))[delivery.answered :]:
            try:
                await whisper(ctx, None, place, said.person, answer, readers=Audience.PUBLIC)
            except Rejected as error:
                log.warning("could not answer", lines=said.lines, why=str(error))
            await ctx.inbox.answered(row)
    await ctx.inbox.finish(row)


async def _take(ctx: Context, said: Said, place: Place, said_at: datetime) -> list[Card]:
    """Each line to the project that it speaks of; the answers to those that speak of none, the
    same answer once."""
    person = await linked(ctx, said.person)
    placed: list[tuple[Project, str]] = []
    answers: list[Card] = []
    for line in list(dict.fromkeys(said.lines))[:MOST_LINES]:
        if not person.login:
            card = await anybody.to_stranger(ctx, person, line)
        else:
            try:
                project = await project_of(ctx, person, place, line, said.press)
                placed.append((project, f"/soulcaster {project_in(line)[1]}"))
                continue
            except Ambiguous as error:
                card = await anybody.to_linked(ctx, person, line, error)
                card = _with_choices(card, error)
            except UserError as error:
                card = await anybody.to_linked(ctx, person, line, error)
        if card not in answers:
            answers.append(card)
    # Each project's in their order, whatever stands between them.
    for project in {each.id: each for each, _ in placed}.values():
        lines = [line for each, line in placed if each.id == project.id]
        await hear.lines(ctx, project, lines, said.person, place, said.origin, said_at=said_at)
    return answers


def _with_choices(card: Card, error: Ambiguous) -> Card:
    if card.key != "unheard":
        return card
    return card.model_copy(update={"sections": (Section(Choices(*error.choices)),)})


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
    return Said([f"/soulcaster {text}"], person, place, f"slash:{body.get('trigger_id')}")


def _mention(body: dict[str, Any]) -> Said | None:
    """https://docs.slack.dev/reference/events/app_mention

    In a channel shared with other companies ``team_id`` is ours, and the event says whose the
    person is. https://docs.slack.dev/apis/slack-connect
    """
    event = body["event"]
    if event.get("bot_id") or not event.get("user"):
        return None
    teams = {event.get(name) for name in ("user_team", "source_team", "team")} - {None, ""}
    foreign = sorted(teams - {body.get("team_id")})
    team = foreign[0] if foreign else str(body.get("team_id", ""))
    person = Person(slack_user=event["user"], slack_team=team)
    us = "|".join(
        re.escape(a["user_id"]) for a in body.get("authorizations") or [] if a.get("user_id")
    )
    text = plain(re.sub(rf"(?m)^\s*<@(?:{us})(?:\|[^>]*)?>", "/soulcaster", event["text"]))
    thread = event.get("thread_ts") or event["ts"]
    place = Place(channel=event["channel"], thread=thread, message=event["ts"], public=True)
    origin, at = f"event:{body['event_id']}", float(event["ts"])
    return Said(command_lines(text), person, place, origin, at=at)


def _button(body: dict[str, Any]) -> Said | None:
    """https://docs.slack.dev/reference/interaction-payloads/block_actions-payload"""
    action = next((each for each in body.get("actions", []) if each.get("value")), None)
    if action is None:
        return None
    message = body.get("message") or {}
    container = body.get("container") or {}
    user = body["user"]
    team = user.get("team_id") or (body.get("team") or {}).get("id", "")
    place = Place(
        channel=(body.get("channel") or {}).get("id") or container.get("channel_id", ""),
        thread=message.get("thread_ts") or message.get("ts", ""),
        message=message.get("ts", ""),
        response_url=body.get("response_url", ""),
    )
    press = Press(
        button=project_of_button(str(action.get("action_id", ""))),
        message=project_of_message(message.get("metadata")),
        whispered=bool(container.get("is_ephemeral")),
    )
    return Said(
        [f"/soulcaster {action['value']}"],
        Person(slack_user=user["id"], slack_team=team),
        place,
        f"button:{body.get('trigger_id')}",
        press,
    )
