"""What was said in Slack becomes sentences of the one grammar."""

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Card, Choices, Section
from bot.domain.commands.grammar import project_in
from bot.domain.commands.markdown_lines import MOST_LINES, command_lines
from bot.domain.commands.mention import IN_PASSING, tells
from bot.domain.commands.words import typed
from bot.domain.errors import Rejected, UserError
from bot.domain.models import Person, Place, Project
from bot.log import logged
from bot.render.marker import project_of_button, project_of_message
from bot.say import whisper
from workers.commands import addressing, hear
from workers.commands.addressing import Press, project_of
from workers.commands.call import Ambiguous
from workers.commands.hear import as_answer
from workers.commands.permission import linked
from workers.hearing import plain_words
from workers.hearing.home import SEEN

# https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
ANSWER_SECONDS = 30 * 60


@dataclass(frozen=True, slots=True)
class Said:
    """One request of Slack's: lines by a person at a place, or one button there. ``at`` is the
    second it was said, 0 where Slack does not tell it. ``asked``: what ``lines`` say is our reading
    of plain words, so it is shown and asked about before anything is done. ``attached`` are files
    of the message; none is read that nobody asked to be used."""

    lines: list[str]
    person: Person
    place: Place
    origin: str
    press: Press | None = None
    at: float = 0
    asked: bool = False
    attached: tuple[str, ...] = ()


async def hear_slack(ctx: Context, row: str) -> None:
    """Take a stored Slack request to the grammar; it has taken effect when this returns."""
    delivery = await ctx.inbox.read(row)
    if delivery is None:
        return
    body = json.loads(delivery.body)
    kind = delivery.meta["kind"]
    if kind in SEEN:
        with logged("not shown in Slack", Rejected, kind=kind):
            await SEEN[kind](ctx, body)
    elif ctx.slack and (said := await _answer(ctx, kind, body) or _READ[kind](body)) is not None:
        came = datetime.fromtimestamp(delivery.received_at, UTC)
        end = came + timedelta(seconds=ANSWER_SECONDS)
        # Said nowhere, it is answered where they talk with us alone.
        team = await ctx.slack.at(said.person.slack_team) or ""
        channel = said.place.channel or await ctx.slack.direct(said.person.slack_user, team=team)
        place = said.place.model_copy(update={"answer_by": end, "channel": channel})
        said_at = datetime.fromtimestamp(said.at, UTC) if said.at else came
        for project, answer in (await _take(ctx, said, place, said_at))[delivery.answered :]:
            with logged("could not answer", Rejected, lines=said.lines):
                await whisper(ctx, project, place, said.person, answer, readers=Audience.PUBLIC)
            await ctx.inbox.answered(row)
    await ctx.inbox.finish(row)


async def _answer(ctx: Context, kind: str, body: dict[str, Any]) -> Said | None:
    """What is said in a thread where the person describes an agent, unless it says ``agent``."""
    event = body.get("event") or {}
    thread = event.get("thread_ts", "")
    if kind != "message" or not thread or event["text"].lower().startswith("agent "):
        return None
    spoken = await ctx.channels.about(event["channel"], thread)
    if spoken is None:
        return None
    place = Place(channel=event["channel"], thread=thread, message=event["ts"])
    said = _said(body, [], place)
    places = place.name, Place(channel=place.channel).name
    person = await linked(ctx, said.person)
    lines = await as_answer(ctx, spoken.project, person, typed(event["text"]), *places)
    return replace(said, lines=lines) if lines else None


async def _take(
    ctx: Context, said: Said, place: Place, said_at: datetime
) -> list[tuple[Project | None, Card]]:
    """Each line to the project that it speaks of; the answers to those that speak of none, or that
    are asked about, the same answer once."""
    person = await linked(ctx, said.person)
    placed: list[tuple[Project, str]] = []
    answers: list[tuple[Project | None, Card]] = []
    for line in list(dict.fromkeys(said.lines))[:MOST_LINES]:
        project = None
        if not person.login:
            card = await addressing.to_stranger(ctx, person, line)
        else:
            try:
                project = await project_of(ctx, person, place, line, said.press)
                if not said.asked:
                    placed.append((project, f"/soulcaster {project_in(line)[1]}"))
                    continue
                card = plain_words.question(project_in(line)[1])
            except Ambiguous as error:
                card = await addressing.to_linked(ctx, person, line, error)
                if card.key == "unheard":
                    choices = (Section(Choices(*error.choices)),)
                    card = card.model_copy(update={"sections": choices})
            except UserError as error:
                card = await addressing.to_linked(ctx, person, line, error)
        if (project, card) not in answers:
            answers.append((project, card))
    # Each project's in their order, whatever stands between them.
    for project in {each.id: each for each, _ in placed}.values():
        lines = [line for each, line in placed if each.id == project.id]
        of = project, lines, said.person, place, said.origin
        await hear.lines(ctx, *of, said_at=said_at, attached=said.attached)
    return answers


def _command(body: dict[str, Any]) -> Said | None:
    """https://docs.slack.dev/interactivity/implementing-slash-commands"""
    person = Person(slack_user=body["user_id"], slack_team=body["team_id"])
    text = typed(str(body.get("text") or "help"))
    place = Place(channel=body["channel_id"], response_url=body.get("response_url", ""))
    return Said([f"/soulcaster {text}"], person, place, f"slash:{body.get('trigger_id')}")


def _mention(body: dict[str, Any]) -> Said | None:
    """https://docs.slack.dev/reference/events/app_mention"""
    event = body["event"]
    if event.get("bot_id") or not event.get("user"):
        return None
    us = _us(body)
    text = typed(re.sub(rf"(?m)^[^\S\n]*{us}", "/soulcaster", event["text"]))
    thread = event.get("thread_ts") or event["ts"]
    place = Place(channel=event["channel"], thread=thread, message=event["ts"], public=True)
    lines = command_lines(text)
    if lines and not any(line.startswith(IN_PASSING) for line in lines):
        return _said(body, lines, place)
    # What stands behind us first, then what stands before us: "please fix this, @soulcaster".
    before, *behind = re.split(us, event["text"])
    meant = plain_words.sentence(" ".join(behind)) or plain_words.sentence(before)
    lines = [f"/soulcaster {meant or 'help'}"]
    return _said(body, lines, place, asked=not plain_words.only_reads(meant))


def _message(body: dict[str, Any]) -> Said | None:
    """Said to us alone, where no address is needed; or plain words below a card of ours.
    https://docs.slack.dev/reference/events/message.im"""
    event = body["event"]
    thread, text = event.get("thread_ts", ""), typed(event["text"])
    place = Place(channel=event["channel"], thread=thread, message=event["ts"])
    if event.get("channel_type") != "im":
        meant = plain_words.sentence(text)
        return _said(body, [f"/soulcaster {meant}"], place, asked=True) if meant else None
    text = re.sub(rf"(?m)^[^\S\n]*{_us(body)}", "", text)
    lines = [each for each in text.splitlines() if each.strip()] or ["help"]
    if plain_words.is_free(project_in(text)[1]):
        lines = [text]
    [(name, first), *more] = said = [project_in(each) for each in lines]
    told = tells(first) or (more and not all(plain_words.is_sentence(one) for _, one in said))
    if told:  # what is written over several lines is a letter, unless each of them is a sentence
        return _said(body, ["/soulcaster help"], place, asked=True)
    meant = "" if more else plain_words.sentence(first)
    asked = meant not in ("", first) and not plain_words.only_reads(meant)
    said[0] = (name, meant or first)
    return _said(body, [f"/soulcaster {n} {words}" for n, words in said], place, asked=asked)


def _said(body: dict[str, Any], lines: list[str], place: Place, *, asked: bool = False) -> Said:
    """Lines of an event. In a channel shared with other companies ``team_id`` is ours, and the
    event says whose the person is. https://docs.slack.dev/apis/slack-connect"""
    event = body["event"]
    teams = {event.get(name) for name in ("user_team", "source_team", "team")} - {None, ""}
    foreign = sorted(teams - {body.get("team_id")})
    team = foreign[0] if foreign else str(body.get("team_id", ""))
    person = Person(slack_user=event["user"], slack_team=team)
    origin, at = f"event:{body['event_id']}", float(event["ts"])
    prefix = place.channel[: place.channel.find("/") + 1]
    attached = tuple(prefix + str(file["id"]) for file in event.get("files") or ())
    return Said(lines, person, place, origin, at=at, asked=asked, attached=attached)


def _us(body: dict[str, Any]) -> str:
    """A pattern for a mention of us."""
    told = (each.get("user_id") for each in body.get("authorizations") or [])
    ids = "|".join(re.escape(user) for user in told if user)
    return rf"<@(?:{ids})(?:\|[^<>]*)?>"


def _button(body: dict[str, Any]) -> Said | None:
    """https://docs.slack.dev/reference/interaction-payloads/block_actions-payload"""
    action: dict[str, Any] = next(iter(body.get("actions") or ()), {})
    line = action.get("value") or (action.get("selected_option") or {}).get("value")
    if not line:
        return None
    message = body.get("message") or {}
    container = body.get("container") or {}
    user = body["user"]
    team = user.get("team_id") or (body.get("team") or {}).get("id", "")
    # On the home tab there is no channel: answers go where the person talks with us alone.
    at_home = container.get("type") == "view"
    elsewhere = (body.get("view") or {}).get("private_metadata", "") if at_home else ""
    place = Place(
        channel=(body.get("channel") or {}).get("id") or container.get("channel_id") or elsewhere,
        thread=container.get("thread_ts") or message.get("thread_ts") or message.get("ts", ""),
        message=message.get("ts", ""),
        response_url=body.get("response_url", ""),
        home=at_home,
    )
    press = Press(
        button=project_of_button(str(action.get("action_id", ""))),
        message=project_of_message(message.get("metadata")),
        whispered=at_home or bool(container.get("is_ephemeral")),
    )
    return Said(
        [f"/soulcaster {line}"],
        Person(slack_user=user["id"], slack_team=team),
        place,
        f"button:{body.get('trigger_id')}",
        # What was typed into a form of a shortcut was pressed nowhere.
        press if action.get("action_id") else None,
    )


_READ = {"command": _command, "mention": _mention, "message": _message, "button": _button}
