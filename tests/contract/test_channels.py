"""Whose a Slack channel is: asked once, one tenant's, and never taken from them."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.errors import NotAllowed, Unavailable
from bot.domain.models import Project
from handlers.demo.stage import Stage
from workers.clusters import channels
from workers.digests.posting import send_digest
from workers.intake import sync


async def other_tenant(stage: Stage) -> Project:
    stage.github.add_user("evil-corp")
    await stage.github.add_repository("evil-corp/bait", {"README.md": b"x"})
    installed = stage.github.install("evil-corp")
    await sync.sync_installation(stage.context, installed.id)
    return await stage.context.projects.named("evil-corp/bait")


async def settled(stage: Stage, project: Project) -> str:
    await channels.settle_channel(stage.context, project.id)
    return (await stage.context.channels.standings(project.id)).get(stage.channel, "")


async def posted(stage: Stage) -> list[str]:
    state = await stage.slack_state()
    return [str(m["blocks"]) for c in state["channels"] for m in c["messages"] if m.get("bot_id")]


async def test_the_operators_channel_is_the_only_tenants(stage: Stage) -> None:
    project = await stage.project()
    assert await settled(stage, project) == "bound"
    assert await posted(stage) == []
    assert await channels.channel_of(stage.context, project) == stage.channel
    # Who comes later neither gets it nor is heard of there.
    other = await other_tenant(stage)
    assert await settled(stage, other) == "taken"
    assert await channels.channel_of(stage.context, other) == ""
    assert await posted(stage) == []
    with pytest.raises(NotAllowed, match="belongs to somebody else"):
        await channels.bind(stage.context, other, stage.channel, "@evil-corp")


async def test_of_two_tenants_each_is_asked_once(stage: Stage) -> None:
    other = await other_tenant(stage)
    for project in (other, await stage.project()):
        for _ in range(2):
            assert await settled(stage, project) == "offered"
        assert await channels.channel_of(stage.context, project) == ""
    asked = await posted(stage)
    assert len(asked) == 2
    assert "evil-corp/bait" in asked[0]
    assert "acme" not in asked[1], "private, and whoever is there reads it"


async def test_a_channel_is_not_inherited(stage: Stage) -> None:
    await stage.context.channels.set_bound(stage.channel, {1: "@somebody"})  # and left
    assert await settled(stage, await stage.project()) == "offered"


async def test_what_was_released_is_not_taken_again(stage: Stage) -> None:
    project = await stage.project()
    await settled(stage, project)
    await channels.release(stage.context, project, stage.channel)
    assert await settled(stage, project) == "released"
    assert await stage.context.channels.bound(stage.channel) == {}


async def test_where_the_bot_is_not_it_waits(stage: Stage) -> None:
    await other_tenant(stage)
    channel = stage.slack.workspace.channels[stage.channel]
    channel.members.remove(stage.slack.workspace.bot.id)
    project = await stage.project()
    assert await settled(stage, project) == "closed"
    assert "say /invite @soulcaster there" in str(await channels.waits(stage.context, project.id))
    channel.members.append(stage.slack.workspace.bot.id)
    assert await settled(stage, project) == "offered"


async def test_two_tenants_at_once_are_one(stage: Stage) -> None:
    other = await other_tenant(stage)

    async def take(project: Project) -> bool:
        while True:
            try:
                await channels.bind(stage.context, project, stage.channel, "@me")
            except NotAllowed:
                return False
            except Unavailable:
                await asyncio.sleep(0)
            else:
                return True

    won = await asyncio.gather(*(take(p) for p in (await stage.project(), other)))
    assert sorted(won) == [False, True]
    assert len(await stage.context.channels.bound(stage.channel)) == 1


async def test_a_digest_for_a_channel_that_is_shut_stays_on_github_and_says_what_opens_it(
    stage: Stage,
) -> None:
    project, ctx = await stage.project(), stage.context
    assert await settled(stage, project) == "bound"
    workspace = stage.slack.workspace
    workspace.channels[stage.channel].members.remove(workspace.bot.id)  # and nobody told us
    await send_digest(ctx, project.id, "2026-11-30")
    assert await ctx.digests.last(project.id) > 0, "it is not tried again, nor given up"
    assert await channels.waits(ctx, project.id) == [
        f"{stage.channel} cannot be posted in: say /invite @soulcaster there"
    ]
    workspace.channels[stage.channel].members.append(workspace.bot.id)
    await send_digest(ctx, project.id, "2026-12-01")
    assert "Triage digest" in "".join(await posted(stage))
