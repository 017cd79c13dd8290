"""``config`` and ``doctor`` tell of a project only those who may know."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.audience import Audience
from bot.domain.errors import NotAllowed
from bot.domain.models import Person, Place
from bot.simulators.github import Limits
from bot.storage.commands import Utterance
from handlers.demo.stage import ADMIN, Stage, open_stage
from workers.commands.call import Call
from workers.commands.verbs.config import Config, Doctor, run_config, run_doctor
from workers.intake import sync


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path, processes=False, limits=Limits.none()) as made:
        made.github.install("acme", repositories=[made.repository], sender=ADMIN)
        [installation] = [one async for one in made.context.github.installations()]
        await sync.sync_installation(made.context, int(installation["id"]))
        yield made


async def call(stage: Stage, readers: Audience, *, private: bool) -> Call:
    project = (await stage.project()).model_copy(update={"private": private})
    said = Utterance(
        audience=readers,
        id="u1",
        project=project.id,
        line="doctor",
        person=Person(login=ADMIN),
        place=Place(issue=1),
        heard_at=stage.context.now(),
    )
    return Call(stage.context, project, said.person, said, readers)


async def test_others_read_nothing_of_a_private_repositorys_file(stage: Stage) -> None:
    shared = await call(stage, Audience.PUBLIC, private=True)
    for what in ("show", "validate"):
        with pytest.raises(NotAllowed, match="private repository"):
            await run_config(shared, Config(what=what))
    with pytest.raises(NotAllowed, match="private repository"):
        await run_doctor(shared, Doctor())
    team = await call(stage, Audience.TEAM, private=True)
    assert "fix.max_files" in (await run_config(team, Config())).card.model_dump_json()


async def test_the_teams_channels_are_the_teams_to_know(stage: Stage) -> None:
    channel = "C0SECRET01"
    ctx = stage.context
    await ctx.channels.set_standing((await stage.project()).id, channel, "offered")
    public, team = [
        (await run_doctor(await call(stage, readers, private=False), Doctor())).card
        for readers in (Audience.PROJECT, Audience.TEAM)
    ]
    assert channel in team.model_dump_json()
    assert channel not in public.model_dump_json()


async def test_what_the_owners_private_repository_says_is_not_told_where_others_read(
    stage: Stage,
) -> None:
    ctx, file = stage.context, {".github/soulcaster.yml": b"fix:\n  max_lines: 4321\n"}
    for private in (True, False):
        name = "acme/.github"
        if private:
            await stage.github.add_repository(name, file, private=True)
            stage.github.world.repository(stage.repository).private = True
            installed = stage.github.install("acme", sender=ADMIN)
            await sync.sync_installation(ctx, installed.id)
        else:
            stage.github.world.repository(name).private = False
            theirs = await ctx.projects.named(name)
            await ctx.projects.put(theirs.model_copy(update={"private": False}))
        team = await call(stage, Audience.TEAM, private=True)
        told = (await run_config(team, Config(key="fix.max_lines"))).card.model_dump_json()
        assert ("4321" in told, "set by the organisation" in told) == (not private, private)
        assert f"{name}:.github/soulcaster.yml:2" in told
        operator = Call(ctx, team.project, Person(operator=True), team.said, Audience.TEAM)
        assert "4321" in (await run_config(operator, Config())).card.model_dump_json()
