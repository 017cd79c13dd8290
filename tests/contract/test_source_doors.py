"""A project's doors: several of a source, how each does, its secret's change, its pause."""

from __future__ import annotations

import json
from datetime import timedelta

import aiohttp
import pytest
from structlog.testing import capture_logs
from test_source_secrets import ISSUE, SHELL, SHOP, say

from bot.context import Context
from bot.render import render_markdown
from bot.storage.vault import Hook
from handlers.web import build_app
from workers import jobs, worker

BODY = b'{"title": "Disk is full", "id": "1"}'


@pytest.fixture
async def url(ctx: Context, serve) -> str:
    jobs.load()
    await ctx.projects.put(SHOP)
    return str((await serve(build_app(ctx))).make_url("/hooks"))


async def send(
    url: str, door: Hook, secret: str = "", body: bytes = BODY, kind: str = "application/json"
) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {secret or door.secret}", "Content-Type": kind}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.post(f"{url}/{door.source}/{door.id}", data=body) as answer,
    ):
        return answer.status, await answer.text()


async def listed(ctx: Context, place=SHELL, project=SHOP) -> str:
    return render_markdown((await say(ctx, "source list", place, project))[0].card)


def later(ctx: Context, **span: float) -> None:
    moment = ctx.now() + timedelta(**span)
    ctx.clock = lambda: moment


async def test_a_door_is_called_as_its_reports_are(ctx: Context) -> None:
    await say(ctx, "source add generic", SHELL)
    assert "- Generic: `/hooks/generic/" in await listed(ctx)


async def test_two_doors_of_a_source_have_names(ctx: Context) -> None:
    for words in ("source add datadog", "source add datadog:eu"):
        assert (await say(ctx, words, SHELL))[1] == "done"
    first, second = await ctx.vault.hooks(SHOP.id)
    assert [first.word, second.word] == ["datadog", "datadog:eu"]
    for words in ("source add datadog --match=x", "source add datadog:a/b"):
        refused, how = await say(ctx, words, SHELL)
        assert (how, "a name that none has" in str(refused.card)) == ("refused", True)
    assert f"Datadog `datadog:eu`: `/hooks/datadog/{second.id}`" in await listed(ctx)
    _, how = await say(ctx, "source remove datadog", SHELL)
    assert (how, await ctx.vault.hooks(SHOP.id)) == ("done", [second])
    # The only one needs no name; of several that were never named one is called by its id.
    assert (await say(ctx, "source pause datadog", SHELL))[1] == "done"
    unnamed = [await ctx.vault.open_hook(SHOP.id, "feedback") for _ in range(2)]
    words = [door.word for door in await ctx.vault.hooks(SHOP.id) if door.source == "feedback"]
    other = max(unnamed, key=lambda door: door.id)
    assert words == ["feedback", f"feedback:{other.id}"]
    refused, how = await say(ctx, "source remove feedback:nothing", SHELL)
    assert (how, f"source remove {words[1]}" in str(refused.card)) == ("refused", True)
    assert (await say(ctx, f"source remove {words[1]}", SHELL))[1] == "done"
    assert other.id not in {door.id for door in await ctx.vault.hooks(SHOP.id)}


async def test_a_secret_is_good_for_a_day_after_it_was_replaced(ctx: Context, url: str) -> None:
    before = await ctx.vault.open_hook(SHOP.id, "datadog")
    told, _ = await say(ctx, "source rotate datadog", SHELL)
    [door] = await ctx.vault.hooks(SHOP.id)
    assert (door.id, door.secret == before.secret) == (before.id, False)
    until = f"{ctx.now() + timedelta(days=1):%d %b %H}:"
    assert f"The secret before is good until {until}" in str(told.card)
    again, _ = await say(ctx, "source rotate datadog", SHELL)
    assert door.secret in again.card.model_dump_json(), "obeyed again, it is the same"
    assert "The secret before is good until" in await listed(ctx)
    both = [(await send(url, door, secret))[0] for secret in (before.secret, door.secret)]
    assert both == [202, 202]
    later(ctx, hours=25)
    both = [(await send(url, door, secret))[0] for secret in (before.secret, door.secret)]
    assert both == [401, 202]
    assert "The secret before" not in await listed(ctx)


async def test_what_comes_to_a_paused_door_is_counted_and_not_taken(ctx: Context, url: str) -> None:
    door = await ctx.vault.open_hook(SHOP.id, "datadog")
    await say(ctx, "source pause datadog", SHELL)
    assert await send(url, door) == (202, "paused: not taken")
    assert (await send(url, door, "wrong"))[0] == 401
    assert await ctx.jobs.pending("work") == 0
    told = await listed(ctx)
    assert "paused: nothing is taken before you say `source resume datadog`" in told
    assert "let pass 1 in 24 hours, 1 in 7 days" in told
    await say(ctx, "source resume datadog", SHELL)
    assert await send(url, door) == (202, "accepted")
    assert "paused" not in await listed(ctx)


async def test_the_list_says_how_a_door_does(ctx: Context, url: str) -> None:
    door = await ctx.vault.open_hook(SHOP.id, "datadog")
    for days in (0, 2, 6):
        later(ctx, days=days)
        assert await send(url, door, body=BODY.replace(b"1", str(days).encode())) == (
            202,
            "accepted",
        )
    assert (await send(url, door, body=b'{"id": "secret words"}'))[0] == 422
    assert (await send(url, door, "wrong"))[0] == 401
    await worker.drain(ctx, "work")
    told = await listed(ctx)
    assert "; taken 1 in 24 hours, 2 in 7 days" in told
    assert "; refused 1 in 24 hours, 1 in 7 days" in told
    assert "; with a wrong secret 1 in 24 hours" in told
    assert "; last refused" in told
    assert "keep title in it" in told
    public = await listed(ctx, ISSUE, SHOP.model_copy(update={"private": False}))
    assert ("refused 1 in" in public, "keep title" in public) == (True, False)


async def test_a_shape_that_nobody_reads_is_named_once_and_need_not_come_again(
    ctx: Context, url: str
) -> None:
    door = await ctx.vault.open_hook(SHOP.id, "grafana")
    form = {"body": b"alert=1", "kind": "application/x-www-form-urlencoded"}
    why = f"Grafana is not read from {form['kind']}: have it send JSON."
    with capture_logs() as logs:
        for _ in range(2):
            assert await send(url, door, **form) == (202, why)
    assert [line["event"] for line in logs] == [f"grafana of project {SHOP.id}: {why}"]
    told = await listed(ctx)
    assert ("refused 2 in 24 hours" in told, why in told) == (True, True)
    # A form with JSON in it is read, and where a form is read a wrong one is wrong.
    datadog = await ctx.vault.open_hook(SHOP.id, "datadog")
    assert (await send(url, datadog, **form))[0] == 422
    assert (await send(url, datadog, body=b"title=a&id=1", kind=form["kind"]))[0] == 202


async def test_only_the_topic_that_was_agreed_on_is_heard(ctx: Context, url: str) -> None:
    door = await ctx.vault.open_hook(SHOP.id, "cloudwatch")
    await ctx.vault.change(door, topic="arn:aws:sns:eu-west-1:1:alarms")
    told = {"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:1:alarms"}
    other = json.dumps({**told, "TopicArn": "arn:aws:sns:eu-west-1:6:evil"}).encode()
    assert (await send(url, door, body=json.dumps(told).encode()))[0] == 202
    status, why = await send(url, door, body=other)
    assert (status, "say source confirm cloudwatch" in why) == (403, True)
    assert "of the topic arn:aws:sns:eu-west-1:6:evil" in await listed(ctx)
    await say(ctx, "source confirm cloudwatch", SHELL)
    assert (await send(url, door, body=other))[0] == 202
    assert (await say(ctx, "source confirm datadog", SHELL))[1] == "refused"
