"""What Slack tells of that is no sentence: a link shown, a channel gone, a home tab opened. That
shows of each project what is mine, what is worst, what runs and what is watched. Whoever is linked
to nobody is told how to be, and nothing else."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards import card as cards
from bot.domain.cards.card import Action
from bot.domain.cards.views.cluster import (
    ClusterView,
    cluster_card,
    count,
    counts_line,
    run_line,
    watch_line,
)
from bot.domain.commands.rights import HOW_TO_LINK, NOTHING_TO_READ
from bot.domain.errors import Rejected
from bot.domain.fixes.run import FixRun
from bot.domain.models import Item, Person, Place, Project
from bot.domain.rooms import Standing, readers_in
from bot.jobs import enqueue
from bot.log import log, logged
from bot.say import room_of, show_home, suggest, unfurl
from bot.sources import github_issue
from bot.storage.commands import Utterance
from workers import jobs
from workers.clusters.channels import heard_of
from workers.clusters.views import cluster_view, page
from workers.commands.answering import answer_to
from workers.commands.permission import NOT_OURS, asker_of, at_home, linked, way_of
from workers.commands.verbs.source import UNHEARD

# So many projects are shown, and of each so many of its worst problems looked through.
PROJECTS, LOOKED_AT, SHOWN = 5, 100, 5
DRAWN_EVERY = 5.0  # seconds
# What its parts are the answers to, where the person may ask.
_ASKED = ("whoami", "quota", "source list")


async def show(ctx: Context, person: Person, channel: str) -> None:
    """Show them their home; ``channel`` is where they talk with us alone. One at a time: who opens
    it again meanwhile sees that one."""
    async with ctx.leases.hold(f"home:{person.slack_team}/{person.slack_user}") as token:
        if token:
            await show_home(ctx, person, channel, await _cards(ctx, person, channel))


async def draw_home(
    ctx: Context, project: int, team: str, user: str, channel: str, times: int
) -> None:
    """Show it again, as something was pressed there, so often until no run is stopping any more."""
    await show(ctx, Person(slack_team=team, slack_user=user), channel)
    runs = await ctx.runs.many(project, await ctx.runs.under_way(project))
    if times > 1 and any(run.stop_asked_by for run in runs):
        ids = project, team, user, channel, times - 1
        await enqueue(ctx, jobs.draw_home, *ids, delay=DRAWN_EVERY)


async def _cards(ctx: Context, person: Person, channel: str) -> list[tuple[int, cards.Card]]:
    person = await linked(ctx, person)
    if not person.login:
        ours = await at_home(ctx, person)
        actions = (cards.Action("Link", "link", style="primary"),) if ours else ()
        words = HOW_TO_LINK if ours else NOT_OURS
        return [(0, cards.note("home", words, audience=Audience.PUBLIC, actions=actions))]
    found = [p for p in await ctx.projects.all() if (await asker_of(ctx, p, person)).reads]
    shown = [(p.id, await _card(ctx, p, person, channel)) for p in found[:PROJECTS]]
    if not shown or len(found) > PROJECTS:
        more = f"{len(found) - PROJECTS} more: /soulcaster owner/repo status"
        words = more if shown else NOTHING_TO_READ
        shown.append((0, cards.note("home", words, audience=Audience.PERSON)))
    return shown


async def _card(ctx: Context, project: Project, person: Person, channel: str) -> cards.Card:
    place = Place(channel=channel)
    _, way = await way_of(ctx, project, person, place)
    readers = way.readers
    worst, open_ = await page(ctx, project, "open", most=LOOKED_AT, readers=readers)
    watched, _ = await page(ctx, project, "watching", most=SHOWN, readers=readers)
    mine = [v for v in worst if v.cluster.owner.casefold() == person.login.casefold()]
    found = await ctx.runs.many(project.id, await ctx.runs.under_way(project.id))
    runs = [run for run in found if may_read(readers, run.audience)][:SHOWN]
    going = [run for run in runs if not run.stop_asked_by]
    stops = [cards.Choice(f"Stop {run.name}", sentence=f"stop {run.name}") for run in going]
    facts: list[cards.Fact] = [cards.Fact("You", cards.Code(person.login))]
    told: list[cards.Section] = []
    by: dict[str, Any] = {"person": person, "place": place, "heard_at": ctx.now()}
    by |= {"project": project.id, "audience": Audience.TEAM}
    for asked in _ASKED:
        said = Utterance(id=f"home:{asked}", line=f"/soulcaster {asked}", **by)
        answered = await answer_to(ctx, project, said)
        if answered.outcome == "done":
            facts += answered.answer.card.facts
            told += map(_heard_of, answered.answer.card.sections)
    return cards.Card(
        key=f"home:{project.full_name}",
        audience=readers,
        title=(cards.Code(project.full_name), ": ", count(open_, "open problem")),
        facts=tuple(facts),
        sections=(
            _listed("Yours", [_problem(v) for v in mine], mine),
            _listed("Worst", [_problem(v) for v in worst], worst),
            _listed("Fix runs under way", [run_line(run) for run in runs], choices=stops),
            _listed("Watched fixes", [_watched(v) for v in watched], watched),
            *told,
        ),
        actions=(cards.Action("All problems", "clusters"), cards.Action("What I may say", "help")),
    )


def _heard_of(part: cards.Section) -> cards.Section:
    """The sources of which something is to be told; the others are counted."""
    lines = [line for one in part.blocks if isinstance(one, cards.Bullets) for line in one.lines]
    # Of a door there is its name, its address, and what is the matter with it.
    heard = [line for line in lines if line[3:4] != (UNHEARD,)]
    if silent := len(lines) - len(heard):
        heard.append((f"{count(silent, 'more source')}: nothing came yet",))
    blocks = (cards.Bullets(*heard),) if silent else part.blocks
    return cards.Section(*blocks, title=part.title or "Sources")


def _problem(view: ClusterView) -> cards.Line:
    return (cards.Strong(view.cluster.severity), " ", *view.title, " · ", *counts_line(view))


def _watched(view: ClusterView) -> cards.Line:
    watch = view.cluster.watch
    return (*view.title, " · ", watch_line(view.cluster, watch) if watch else "")


def _listed(
    title: str,
    lines: Sequence[cards.Line],
    views: Sequence[ClusterView] = (),
    choices: Sequence[cards.Choice] = (),
) -> cards.Section:
    """The first of them, with what leads to each."""
    names = [view.cluster.name for view in views[:SHOWN]]
    pressed = [*choices, *(cards.Choice(name, sentence=f"status {name}") for name in names)]
    listed = cards.Bullets(*(lines[:SHOWN] or [("None.",)]))
    return cards.Section(listed, cards.Choices(*pressed), title=title)


_LINK = re.compile(r"/([\w.-]+/[\w.-]+)/(?:issues|pull)/([0-9]{1,9})(?:[/#?].*)?")
_LINKS = 5
_PROMPTS = (
    Action("What is worst now?", "clusters"),
    Action("How do we stand?", "status"),
    Action("What would the digest say?", "digest preview"),
    Action("What can I say?", "help"),
)
# How a channel stands after an event; after every other that we hear it can be posted in.
_BECAME: Mapping[str, Standing] = {"archive": "archived", "deleted": "deleted", "left": "closed"}


async def _home(ctx: Context, body: dict[str, Any]) -> None:
    """https://docs.slack.dev/reference/events/app_home_opened"""
    event = body["event"]
    if event.get("tab", "home") == "home":
        person = Person(slack_user=event["user"], slack_team=str(body.get("team_id", "")))
        await show(ctx, person, event["channel"])


async def _assistant(ctx: Context, body: dict[str, Any]) -> None:
    """https://docs.slack.dev/reference/events/assistant_thread_started"""
    thread = body["event"]["assistant_thread"]
    await suggest(ctx, thread["channel_id"], thread["thread_ts"], _PROMPTS)


async def _links(ctx: Context, body: dict[str, Any]) -> None:
    """Say below a link to an issue or pull request what its problem is, in its project's own
    channels and as their readers may read it. https://docs.slack.dev/reference/events/link_shared
    """
    event = body["event"]
    place = {"channel": event["channel"], "ts": event["message_ts"]}
    if event.get("source") == "composer":
        place = {"unfurl_id": event["unfurl_id"], "source": "composer"}
    for link in list(event.get("links") or [])[:_LINKS]:
        with logged("not shown in Slack", Rejected, kind="links"):  # the others are shown
            await _unfold(ctx, str(link["url"]), event["channel"], place)


async def _unfold(ctx: Context, url: str, channel: str, below: dict[str, str]) -> None:
    api, link = urlsplit(ctx.settings.github_api_url), urlsplit(url)
    found = _LINK.fullmatch(link.path)
    if not found or link.netloc not in (api.netloc, api.netloc.removeprefix("api.")):
        return
    projects = [p for p in await ctx.projects.all() if p.full_name.lower() == found[1].lower()]
    for project in projects:
        room, number = await room_of(ctx, project, channel), int(found[2])
        readers, key = readers_in(project, room), github_issue.key(number)
        of: FixRun | Item | None = await ctx.runs.of_pull(project.id, number)
        if report := await ctx.items.by_key(project.id, github_issue.NAME, key):
            of = await ctx.items.get(project.id, report)
        # What was said while all could read the repository stays so; that it is there does not.
        known = may_read(readers, project.github_readers)
        if known and of and of.cluster and may_read(readers, of.audience):
            card = cluster_card(await cluster_view(ctx, project, of.cluster, readers=readers))
            # Slack does not say of what stands below a link whose it is: nothing to press.
            card = card.model_copy(update={"sections": (), "actions": (), "more": ()})
            await unfurl(ctx, project, channel, below, url, card)


async def _channel(ctx: Context, body: dict[str, Any]) -> None:
    """https://docs.slack.dev/reference/events/channel_archive, and its like"""
    event = body["event"]
    became = str(event["type"]).removeprefix("member_").removesuffix("_channel")
    how = _BECAME.get(became.rpartition("_")[2], "bound")
    await heard_of(ctx, event["channel"], how)


async def _gone(ctx: Context, body: dict[str, Any]) -> None:
    """https://docs.slack.dev/reference/events/tokens_revoked"""
    event = body["event"]
    if ctx.slack is None:
        return
    if event["type"] == "tokens_revoked" and not (event.get("tokens") or {}).get("bot"):
        return  # a person's own
    team = str(body.get("team_id"))
    if await ctx.slack.lost(team, ctx.now()):
        log.warning("Slack took our token back: nothing is posted there any more", team=team)


SEEN = {"home": _home, "assistant": _assistant, "links": _links, "channel": _channel, "gone": _gone}
