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
from workers.commands.verbs.config import Config, run_config
from workers.commands.verbs.doctor import Doctor, run_doctor
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
