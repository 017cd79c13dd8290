"""What Slack tells of that is no sentence: a home tab opened, a link shown, a channel gone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bot.context import Context
from bot.domain.audience import may_read
from bot.domain.cards.card import Action
from bot.domain.cards.views.cluster import cluster_card
from bot.domain.errors import Rejected
from bot.domain.fixes.run import FixRun
from bot.domain.models import Item, Person
from bot.domain.rooms import Standing, readers_in
from bot.log import log
from bot.say import room_of, suggest, unfurl
from bot.sources import github_issue
from workers.clusters.channels import heard_of
from workers.clusters.views import cluster_view
from workers.hearing.home import show

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
        try:
            await _unfold(ctx, str(link["url"]), event["channel"], place)
        except Rejected as error:  # the others are shown
            log.warning("not shown in Slack", kind="links", why=str(error))


async def _unfold(ctx: Context, url: str, channel: str, below: dict[str, str]) -> None:
    api, link = urlsplit(ctx.settings.github_api_url), urlsplit(url)
    found = _LINK.fullmatch(link.path)
    if not found or link.netloc not in (api.netloc, api.netloc.removeprefix("api.")):
        return
    projects = [p for p in await ctx.projects.all() if p.full_name.lower() == found[1].lower()]
    for project in projects:
        room, number = await room_of(ctx, project, channel), int(found[2])
        if not room.own:
            continue
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
