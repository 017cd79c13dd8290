"""What Slack tells of that is no sentence: links, the assistant's pane, channels, our own end."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest
from aiohttp import web
from history_kit import said

from bot.context import Context, open_context
from bot.domain.audience import Audience
from bot.domain.errors import Rejected
from bot.domain.models import Draft, Project
from bot.sources import github_issue
from bot.storage.inbox import Delivery
from handlers.demo.stage import Stage
from handlers.slack.examined import look_at_slack
from workers import jobs
from workers.clusters import channels
from workers.hearing.slack import hear_slack
from workers.intake import items
from workers.worker import drain


async def tell(ctx: Context, kind: str, event: dict[str, Any]) -> None:
    """Have an event heard that the door has stored."""
    told = {"event": event, "team_id": "T0SOULCAST", "event_id": secrets.token_hex(8)}
    body = json.dumps(told).encode()
    delivery = Delivery(jobs.hear_slack.name, {"kind": kind}, body, ctx.now().timestamp())
    await ctx.inbox.accept(delivery)
    await hear_slack(ctx, delivery.row)
    assert await ctx.inbox.read(delivery.row) is None


@pytest.fixture
async def slack(stage: Stage, serve):
    """A Slack that takes everything down, and a context that is connected to it."""
    asked: list[tuple[str, dict[str, Any]]] = []

    async def take(request: web.Request) -> web.Response:
        is_json = request.content_type == "application/json"
        told = await request.json() if is_json else await request.post()
        asked.append((request.match_info["method"], dict(told)))
        if "issues/666" in str(told):
            return web.json_response({"ok": False, "error": "cannot_unfurl_url"})
        identity = {"team_id": "T0SOULCAST", "user_id": "UBOT", "url": "https://x"}
        channel = {"id": "C1", "is_ext_shared": request.query.get("channel") == "CSHARED"}
        return web.json_response({"ok": True, "channel": channel, "ts": "9.9", **identity})

    app = web.Application()
    app.router.add_route("*", "/api/{method}", take)
    url = str((await serve(app)).make_url("/api/"))
    settings = stage.context.settings.model_copy(update={"slack_api_url": url})
    async with open_context(settings) as ctx:
        yield ctx, asked


async def report(ctx: Context, project: Project, number: int, audience: Audience) -> None:
    draft = Draft(
        source=github_issue.NAME,
        key=github_issue.key(number),
        event=f"e{number}",
        title=f"Coupons are unknown {number}",
        body="With a space before them.",
        occurred_at=ctx.now(),
        audience=audience,
    )
    await items.take(ctx, project.id, draft)
    await drain(ctx, "work")


def link(*numbers: int, repository: str = "acme/shop", host: str = "github.com") -> dict[str, Any]:
    urls = [f"https://{host}/{repository}/issues/{number}#note" for number in numbers]
    links = [{"domain": host, "url": url} for url in urls]
    return {"type": "link_shared", "channel": "C1", "message_ts": "1.0", "links": links}


async def test_a_link_shows_its_problem_where_its_project_is_spoken_of(stage: Stage, slack) -> None:
    ctx, asked = slack
    project = await stage.project()
    host = ctx.settings.github_api_url.split("/")[2]
    await report(ctx, project, 7, Audience.PUBLIC)
    await tell(ctx, "links", link(7, host=host))
    assert asked == []  # nobody said that the channel is the project's
    await channels.bind(ctx, project, "C1", "@ines")
    for nothing in (link(8, host=host), link(7, repository="acme/none", host=host), link(7)):
        await tell(ctx, "links", nothing)
    assert [method for method, _ in asked if method == "chat.unfurl"] == []
    await tell(ctx, "links", link(7, host=host))
    [told] = [told for method, told in asked if method == "chat.unfurl"]
    [(url, shown)] = told["unfurls"].items()
    assert url.endswith("/acme/shop/issues/7#note")
    assert "Coupons are unknown 7" in json.dumps(shown)
    assert "button" not in json.dumps(shown)
    assert (told["channel"], told["ts"]) == ("C1", "1.0")
    await report(ctx, project, 666, Audience.PUBLIC)
    await tell(ctx, "links", link(666, 7, host=host))
    shown = [next(iter(told["unfurls"])) for method, told in asked if method == "chat.unfurl"]
    assert [url[-6:] for url in shown[1:]] == ["6#note", "7#note"], "one refused stops no other"


async def test_a_link_says_nothing_of_a_private_repository_where_other_companies_read(
    stage: Stage, slack
) -> None:
    ctx, asked = slack
    project = (await stage.project()).model_copy(update={"private": True})
    await ctx.projects.put(project)
    await report(ctx, project, 7, Audience.PUBLIC)  # of the time when it was public
    told = link(7, host=ctx.settings.github_api_url.split("/")[2])
    for channel, unfolds in (("CSHARED", False), ("C1", True)):
        await channels.bind(ctx, project, channel, "@ines")
        await tell(ctx, "links", told | {"channel": channel})
        assert ("chat.unfurl" in [method for method, _ in asked]) is unfolds


async def test_the_assistants_pane_offers_sentences(slack) -> None:
    ctx, asked = slack
    thread = {"user_id": "U1", "channel_id": "D1", "thread_ts": "1.0", "context": {}}
    await tell(ctx, "assistant", {"type": "assistant_thread_started", "assistant_thread": thread})
    [(method, told)] = asked
    assert method == "assistant.threads.setSuggestedPrompts"
    assert (told["channel_id"], told["thread_ts"]) == ("D1", "1.0")
    assert "digest preview" in json.dumps(told)


async def test_what_becomes_of_a_channel_is_known_and_nothing_is_posted_in_one_that_is_shut(
    stage: Stage, slack
) -> None:
    ctx, _ = slack
    project = await stage.project()
    await channels.bind(ctx, project, "C1", "@ines")
    for kind, words in (
        ("channel_archive", "is archived"),
        ("group_deleted", "was deleted"),
        ("channel_left", "invite the app"),
        ("member_left_channel", "invite the app"),
    ):
        await tell(ctx, "channel", {"type": kind, "channel": "C1"})
        assert words in str(await channels.waits(ctx, project.id))
        assert words in (await look_at_slack(ctx))[0]
        told = str((await said(stage, "doctor", ctx=ctx)).answer.card)
        assert words in told
        assert "{" not in told
        assert await channels.bound_channel(ctx, project) == ""
        assert await channels.bound_channel(ctx, project, named="C1") == ""
        assert await ctx.channels.of(project.id) == ["C1"]  # still the project's
        await tell(ctx, "channel", {"type": "channel_unarchive", "channel": "C1"})
        assert await channels.bound_channel(ctx, project) == "C1"


async def test_once_uninstalled_nothing_is_asked_of_slack_until_there_is_another_token(
    slack,
) -> None:
    ctx, asked = slack
    await tell(ctx, "gone", {"type": "tokens_revoked", "tokens": {"oauth": ["U1"]}})
    assert await ctx.slack.gone() is None  # a person's own
    await tell(ctx, "gone", {"type": "app_uninstalled"})
    before = len(asked)
    with pytest.raises(Rejected, match="took our token back"):
        await ctx.slack.direct("U1")
    found, mend = await look_at_slack(ctx)
    assert "uninstalled" in found
    assert "SLACK_BOT_TOKEN" in mend
    assert len(asked) == before
    again = type(ctx.settings.slack_bot_token)("xoxb-new")
    settings = ctx.settings.model_copy(update={"slack_bot_token": again})
    async with open_context(settings) as reinstalled:
        assert await reinstalled.slack.direct("U1") == "C1"
