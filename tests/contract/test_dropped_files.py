"""Files that are dropped into Slack: whose, from where, how large, and how they are fetched."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from imports_kit import made

from bot.context import Context, open_context
from bot.domain.audience import Audience
from bot.domain.errors import NotAllowed, Unavailable
from bot.domain.imports import Wanted
from bot.simulators.slack import SlackSimulator
from bot.simulators.slack.methods.files import attach
from bot.simulators.slack.service import SCOPES
from bot.simulators.slack.wire import message_json
from bot.simulators.slack.workspace import Message
from bot.slack.dropped import Dropped, pieces
from bot.storage.inbox import Delivery
from handlers.demo import reports
from handlers.demo.stage import ADMIN, Stage
from handlers.slack.examined import look_at_slack
from workers import jobs
from workers.hearing.slack import hear_slack
from workers.intake import imports
from workers.intake.receiving import begin, receive
from workers.worker import drain

Serve = Callable[[web.Application], Awaitable[TestServer]]


@dataclass
class Room:
    """A channel in a Slack of its own, where somebody with all rights says things."""

    ctx: Context
    slack: SlackSimulator
    url: str
    person: str
    other: str

    def attached(self, name: str, text: str, user: str = "", **changed: Any) -> dict[str, Any]:
        at = self.slack.workspace
        return attach(at, user or self.person, name, text, self.url, **changed)

    async def say(self, line: str, *files: dict[str, Any]) -> str:
        """Said with these files attached; all that is answered, to anybody."""
        workspace, where = self.slack.workspace, self.ctx.settings.soulcaster_slack_channel
        bot, ts = workspace.bot.id, workspace.next_ts()
        text = f"<@{bot}> {line}"
        message = workspace.post(Message(ts, where, self.person, text, files=list(files)))
        event = message_json(workspace, message) | {"type": "app_mention", "channel": where}
        told = {"event": event, "team_id": workspace.team.id, "event_id": secrets.token_hex(8),
                "authorizations": [{"user_id": bot}]}  # fmt: skip
        body, at = json.dumps(told).encode(), datetime.now(UTC).timestamp()
        delivery = Delivery(jobs.hear_slack.name, {"kind": "mention"}, body, at, lane="people")
        await self.ctx.inbox.accept(delivery)
        await hear_slack(self.ctx, delivery.row)
        await drain(self.ctx, "work")
        posted = [m for c in workspace.channels.values() for m in c.messages.values()]
        return "\n".join(
            str((one.text, one.blocks)) for one in (*posted, *workspace.ephemerals) if one.ts > ts
        )


async def opened(stage: Stage, serve: Serve, *more: str) -> tuple[SlackSimulator, str, Any]:
    """A Slack in which the app has the scopes of its manifest, and ``more``."""
    settings = stage.context.settings
    slack = SlackSimulator(
        signing_secret="s", bot_token=settings.slack_bot_token.get_secret_value(),
        request_url="http://127.0.0.1:9", scopes=SCOPES | {*more},
    )  # fmt: skip
    members = [one for one in reports.world().members if one.slack_user]
    for member in members:
        slack.workspace.add_user(member.login, member.name, user_id=member.slack_user)
    channel = slack.workspace.add_channel("triage")
    url = str((await serve(slack.build_app())).make_url("/")).rstrip("/")
    told = {"slack_api_url": f"{url}/api/", "soulcaster_slack_channel": channel.id}
    return slack, url, settings.model_copy(update=told)


def people() -> tuple[str, str]:
    """Who may do all, and another."""
    members = [one for one in reports.world().members if one.slack_user]
    [admin] = [one.slack_user for one in members if one.login == ADMIN]
    return admin, next(one.slack_user for one in members if one.login != ADMIN)


@pytest.fixture
async def room(stage: Stage, serve: Serve) -> AsyncIterator[Room]:
    jobs.load()
    slack, url, settings = await opened(stage, serve, "files:read")
    async with open_context(settings) as ctx:
        yield Room(ctx, slack, url, *people())


async def test_dropped_files_are_the_teams_and_kept_once(stage: Stage, room: Room) -> None:
    project = await stage.project()
    two = room.attached("spec.md", "Points expire."), room.attached("prices.csv", "a,b\n1,2\n")
    said = await room.say("files add", *two)
    assert "spec.md" in said
    assert "prices.csv" in said
    kept = await room.ctx.shelf.all(project.id)
    assert {file.audience for file in kept} == {Audience.TEAM}
    assert {file.origin for file in kept} == {"dropped into Slack"}
    assert ", reads attached files" in (await look_at_slack(room.ctx))[0]
    assert "is what that is called already" in await room.say("files add --as=x.md", two[0])
    assert len(await room.ctx.shelf.all(project.id)) == 2
    # What is attached where nobody asked for it is not even looked at.
    del room.slack.workspace.files[two[1]["id"]]
    assert "spec.md" in await room.say("files", two[1])


@pytest.mark.parametrize(
    "told",
    [{"mode": mode} for mode in ("external", "tombstone", "hidden_by_limit", "quip", "")]
    + [{"is_external": True}],
)
def test_what_does_not_lie_in_slack_is_no_file(told: dict[str, Any]) -> None:
    assert Dropped(mode="hosted").lies_there
    assert not Dropped.model_validate({"id": "F1", "mode": "hosted", **told}).lies_there


async def test_what_may_not_be_taken_is_refused_before_a_byte_of_it(
    stage: Stage, room: Room
) -> None:
    good = room.attached("good.md", "Good.")
    refused: tuple[tuple[dict[str, Any], str], ...] = (
        ({"user": room.other}, "is not yours"),
        ({"size": 20 * 1024 * 1024 + 1}, "a file may have 20 MB"),
        ({"url_private_download": "http://127.0.0.1:9/f"}, "does not lie in Slack: attach"),
    )
    for told, why in refused:
        bad = room.attached("bad.md", "Bad.", **told)
        assert why in await room.say("files add", good, bad)
        assert not await room.ctx.shelf.all((await stage.project()).id)


async def test_without_the_scope_one_line_says_what_to_add(stage: Stage, serve: Serve) -> None:
    jobs.load()
    slack, url, settings = await opened(stage, serve)
    async with open_context(settings) as ctx:
        room = Room(ctx, slack, url, *people())
        for line in ("files add", "import --kind=jsonl"):
            assert "adds files:read" in await room.say(line, room.attached("a.md", "{}"))
        found, mend = await look_at_slack(ctx)
        assert "does not read (optional) attached files" in found
        assert not mend


async def test_an_import_is_fetched_where_it_was_left_and_read(stage: Stage, room: Room) -> None:
    ctx, project, data = room.ctx, await stage.project(), made(0, 60)
    file = room.attached("old.jsonl", data.decode())
    how = {"attached": file["id"]}
    one = await begin(ctx, project, "jsonl", "old.jsonl", Wanted(), len(data), by="ana", **how)
    one = await receive(ctx, project, one, 0, data[:5_000])
    await imports.read_import(ctx, project.id, one.number)  # by another, after the first was killed
    one = await ctx.file_imports.get(project.id, one.number)
    assert (one.records, one.new, one.audience) == (60, 60, Audience.TEAM)
    await ctx.file_imports.end(project.id, one.number, "stopped")
    said = await room.say("import --kind=jsonl", file)
    assert "old.jsonl" in said
    again = await ctx.file_imports.get(project.id, one.number + 1)
    assert (again.records, again.new, again.known) == (60, 0, 60)
    assert "is failed" in await room.say("import --kind=csv", file)
    assert "There are: chatgpt, csv" in await room.say("import", file)
    assert "Attach the file to the message" in await room.say("import --kind=csv")


async def test_an_import_of_what_is_gone_meanwhile_fails_with_the_reason(
    stage: Stage, room: Room
) -> None:
    ctx, project = room.ctx, await stage.project()
    gone = room.attached("old.jsonl", "{}", mode="tombstone")
    how = {"attached": gone["id"]}
    one = await begin(ctx, project, "jsonl", "old.jsonl", Wanted(), 2, by="ana", **how)
    await imports.read_import(ctx, project.id, one.number)
    one = await ctx.file_imports.get(project.id, one.number)
    assert one.state == "failed"
    assert "does not lie in Slack" in one.reason


async def test_only_the_file_itself_is_taken_and_no_redirect_followed(serve: Serve) -> None:
    async def give(request: web.Request) -> web.Response:
        match request.match_info["how"]:
            case "elsewhere":
                raise web.HTTPFound("/page")
            case "page":
                return web.Response(text="<html>", content_type="text/html")
            case "long":
                return web.Response(body=b"x" * 11)
            case "all":
                return web.Response(status=416)
            case "short":
                return web.Response(body=b"x" * 9)
        return web.Response(status=503)

    app = web.Application()
    app.router.add_get("/{how}", give)
    server = await serve(app)
    file = Dropped(name="a.md", size=10, mimetype="text/markdown")

    async def got(how: str) -> bytes:
        asked = file.model_copy(update={"url_private_download": str(server.make_url(f"/{how}"))})
        async with aiohttp.ClientSession() as http:
            return b"".join(
                [piece async for piece in pieces(http, asked, "xoxb-1", 10 * (how == "all"))]
            )

    for how in ("elsewhere", "page"):
        with pytest.raises(NotAllowed, match="files:read"):
            await got(how)
    with pytest.raises(NotAllowed, match="not the file that Slack told of"):
        await got("long")
    with pytest.raises(Unavailable, match="broke off at 9 of 10"):
        await got("short")
    with pytest.raises(Unavailable, match="503"):
        await got("away")
    assert await got("all") == b""  # of whom all is here already
