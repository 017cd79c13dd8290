"""Where a project is quiet nothing is written to GitHub, whoever asks for it; a reaction is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from gidgethub import sansio

from bot.domain.audience import Audience
from bot.domain.cards.card import note
from bot.domain.errors import Quiet, Rejected
from bot.domain.models import Place, Project
from bot.github import issues
from bot.say import say
from bot.simulators.github import Limits
from bot.storage.projects import MOVED
from handlers.demo.stage import ADMIN, Stage, open_stage
from workers import jobs
from workers.clusters import channels
from workers.digests import onboarding
from workers.digests.posting import send_digest
from workers.hearing.github import installations
from workers.intake import sync
from workers.intake.issues import read_issues


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A project that is there since a moment, and asked for nothing yet."""
    async with open_stage(
        tmp_path, processes=False, limits=Limits.none(), SOULCASTER_ONBOARDING="true"
    ) as made:
        made.github.install("acme", repositories=[made.repository], sender=ADMIN)
        await made.github.webhooks.settle()
        await sync.sync_all(made.context)
        [installation] = [one async for one in made.context.github.installations()]
        await sync.sync_installation(made.context, int(installation["id"]))
        yield made


async def write(stage: Stage, file: str) -> Project:
    """A person puts the file into the repository, and it is heard."""
    files = {".github/soulcaster.yml": file}
    await stage.person("/push", login=ADMIN, files=files)
    project = await stage.project()
    await onboarding.check_file(stage.context, project.id)
    return project


@pytest.fixture
async def removed(stage: Stage) -> Project:
    """The shop's own file is gone, so nobody has agreed."""
    await stage.person("/push", login=ADMIN, files={".github/soulcaster.yml": None})
    return await stage.project()


async def test_nothing_is_written_but_a_reaction(stage: Stage, removed: Project) -> None:
    ctx, repo = stage.context, stage.context.github.repo(removed)
    made = await stage.person("/issues", login=ADMIN, title="Totals are wrong")
    number = int(made["number"])
    with pytest.raises(Quiet, match="mode: act"):
        await issues.create_comment(repo, number, "Hello")
    with pytest.raises(Quiet):
        await issues.add_labels(repo, number, ["bug"])
    await issues.react(repo, f"issues/{number}", "eyes")
    card = note("hello", "Hello", audience=Audience.PUBLIC)
    assert await say(ctx, removed, Place(issue=number), card) == ""


async def test_it_asks_once_when_there_is_something_to_show(stage: Stage, removed: Project) -> None:
    ctx = stage.context
    await stage.person("/issues", login=ADMIN, title="Totals are wrong")
    await onboarding.offer_to_act(ctx, removed.id)
    assert await ctx.projects.onboarding(removed.id) == "reading"
    await read_all(stage, removed)
    for _ in range(2):
        await onboarding.offer_to_act(ctx, removed.id)
    number = int(await ctx.projects.onboarding(removed.id))
    files = await ctx.github.repo(removed).get(f"/pulls/{number}/files")
    assert [one["filename"] for one in files] == [".github/soulcaster.yml"]


async def read_all(stage: Stage, project: Project) -> None:
    """All there is to show has been read."""
    ctx = stage.context
    while not (told := await ctx.imports.get(project.id)) or told.ended is None:
        await read_issues(ctx, project.id)
    later = ctx.now() + onboarding.LATEST * 2
    ctx.clock = lambda: later


async def test_it_asks_for_nothing_that_others_pushed(stage: Stage, removed: Project) -> None:
    theirs = {".github/soulcaster.yml": onboarding.FILE, "backdoor.py": "import os\n"}
    await stage.person("/push", login=ADMIN, branch=onboarding.BRANCH, files=theirs)
    await read_all(stage, removed)
    with pytest.raises(Rejected, match="not ours"):
        await onboarding.offer_to_act(stage.context, removed.id)
    same_file = {".github/soulcaster.yml": "mode: act\n", "backdoor.py": None}
    await stage.person("/push", login=ADMIN, branch=onboarding.BRANCH, files=same_file)
    with pytest.raises(Rejected, match="not ours"):
        await onboarding.offer_to_act(stage.context, removed.id)
    assert await stage.context.projects.onboarding(removed.id) == "reading"


async def test_a_file_that_said_quiet_leaves_no_yes_behind(stage: Stage, removed: Project) -> None:
    project = await write(stage, "mode: quiet\n")
    await onboarding.offer_to_act(stage.context, project.id)
    await stage.person("/push", login=ADMIN, files={".github/soulcaster.yml": None})
    await onboarding.check_file(stage.context, project.id)
    await stage.context.configs.in_force(project)
    assert await stage.context.configs.is_quiet(project.id)


@pytest.mark.parametrize(
    ("file", "quiet"), [("mode: act\n", False), ("cluster: sure\n", False), ("mode: quiet\n", True)]
)
async def test_the_file_says_whether(
    stage: Stage, removed: Project, file: str, quiet: bool
) -> None:
    assert await stage.context.configs.is_quiet(removed.id)
    project = await write(stage, file)
    assert await stage.context.configs.is_quiet(project.id) is quiet
    # What was agreed to is not taken back by a file that goes.
    if not quiet:
        await stage.person("/push", login=ADMIN, files={".github/soulcaster.yml": None})
        await onboarding.check_file(stage.context, project.id)
        await stage.context.configs.in_force(project)
        assert not await stage.context.configs.is_quiet(project.id)


async def test_a_digest_where_it_is_quiet_comes_to_slack_and_complains_of_nothing(
    stage: Stage, removed: Project
) -> None:
    project = await write(stage, "mode: quiet\n")
    await send_digest(stage.context, project.id, "2026-11-30")
    channels = (await stage.slack_state())["channels"]
    said = [one["text"] for each in channels for one in each["messages"] if one.get("bot_id")]
    assert len(said) == 1
    assert "Triage digest" in said[0]


async def test_another_owner_is_asked_again(stage: Stage, removed: Project) -> None:
    ctx, world = stage.context, stage.github.world
    project = await write(stage, "mode: act\ncluster: ask\n")
    assert not await ctx.configs.is_quiet(project.id)
    await channels.bind(ctx, project, "C0123", "ana")
    moved = world.repositories.pop(stage.repository)
    moved.owner = stage.github.add_user("globex", kind="Organization")
    world.repositories["globex/shop"] = moved
    installed = stage.github.install("globex", repositories=["globex/shop"], sender=ADMIN)
    await sync.sync_installation(ctx, installed.id)
    for _ in range(2):  # a list that says the same again asks nothing anew
        assert await ctx.configs.is_quiet(project.id)
        there = await ctx.projects.get(project.id)
        await read_all(stage, there)
        await onboarding.offer_to_act(ctx, project.id)
        await sync.sync_installation(ctx, installed.id)
    await channels.leave_channels(ctx, project.id)
    assert await ctx.channels.bound("C0123") == {}
    # What the former owner pushed and is told late settles nothing.
    push = {
        "ref": "refs/heads/main",
        "commits": [{"modified": [".github/soulcaster.yml"]}],
        "installation": {"id": project.installation},
        "repository": {**project.model_dump(), "owner": {"id": project.owner}},
        "sender": {"login": ADMIN},
    }
    before = await ctx.jobs.pending(jobs.check_file.lane)
    await installations.pushed(sansio.Event(push, event="push", delivery_id="1"), ctx)
    assert await ctx.jobs.pending(jobs.check_file.lane) == before
    told, _, number = (await ctx.projects.onboarding(project.id)).partition(" ")
    assert (told, number.isdigit()) == (MOVED, True)
    merge = f"{stage.github_url}/_sim/repos/globex/shop/pulls/{number}/merge"
    async with stage.http.post(merge, json={"login": ADMIN}) as merged:
        assert merged.status == 200
    await onboarding.check_file(ctx, project.id)
    assert not await ctx.configs.is_quiet(project.id)
    said = (await ctx.configs.file(there)).decode()
    assert said == "# globex lets Soulcaster act here.\nmode: act\ncluster: ask\n"
