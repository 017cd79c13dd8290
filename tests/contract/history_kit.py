"""A repository that has years behind it when the app comes."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.adapters.embedders.hashing import Hashing
from bot.context import Context
from bot.domain.models import Person, Place, Project
from bot.domain.ports import Vector
from bot.simulators.github import Limits
from bot.simulators.github.actions.comments import add_comment
from bot.simulators.github.actions.issues import new_issue
from bot.storage.commands import Utterance
from handlers.demo.stage import ADMIN, Stage, open_stage
from workers import jobs
from workers.commands.answering import Answered, answer_to
from workers.intake import sync
from workers.worker import drain

BEFORE = datetime(2023, 1, 2, 3, 4, 5, tzinfo=UTC)
WORDS = [f"{a}{b}" for a in ("lor", "mit", "sed", "vol", "qua", "ner") for b in ("an", "ex", "um")]


class Counting(Hashing):
    """How many texts were embedded at a time."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    async def embed(self, texts: Sequence[str]) -> Vector:
        self.calls.append(len(texts))
        return await super().embed(texts)


@asynccontextmanager
async def open_past(folder: Path, issues: int, *, record: bool = False) -> AsyncIterator[Stage]:
    """The stage with so many old issues, and the app not yet installed."""
    jobs.load()
    made = open_stage(
        folder,
        processes=False,
        limits=Limits.none(),
        record=folder / "traffic" if record else None,
        SOULCASTER_EMBEDDER="hashing",
    )
    async with made as stage:
        for number in range(issues):
            # Seven in each second of their last change: no page ends where a second does.
            old_issue(stage, *words_of(number), at=BEFORE + timedelta(seconds=number // 7))
        yield stage


def words_of(number: int) -> tuple[str, str]:
    """Title and body of a report that shares nothing with another but a few words."""
    rng = random.Random(number)
    made = [f"{rng.choice(WORDS)}{rng.choice(WORDS)}" for _ in range(15)]
    return f"The {' '.join(made[:3])} fails", f"{' '.join(made[3:])} on our machine."


def old_issue(stage: Stage, title: str, body: str, *, at: datetime) -> int:
    """An issue of before; nobody is told."""
    world = stage.github.world
    repository = world.repository(stage.repository)
    issue = new_issue(repository, world.users[ADMIN], "Issue", title, body)
    issue.created_at = issue.updated_at = at
    return issue.number


def comment(stage: Stage, issue: int, login: str, words: str, *, at: datetime) -> int:
    """A comment that was written then."""
    world = stage.github.world
    stage.github.add_user(login)
    said = world.repository(stage.repository).issues[issue]
    made = add_comment(world.users[login], said, words)
    made.created_at = made.updated_at = said.updated_at = at
    return made.id


async def install(stage: Stage) -> Project:
    """The app comes; what is asked for is left to whoever works."""
    installed = stage.github.install("acme", repositories=[stage.repository], sender=ADMIN)
    await sync.sync_installation(stage.context, installed.id)
    return await stage.project()


async def work(stage: Stage) -> None:
    """Everything that is due, as a worker does it."""
    await drain(stage.context, "work")


async def said(
    stage: Stage, line: str, place: Place | None = None, ctx: Context | None = None
) -> Answered:
    """What the operator is answered; ``ctx`` is the stage's unless given."""
    project, ctx = await stage.project(), ctx or stage.context
    told = Utterance(
        audience=project.github_readers,
        id=f"c{line}",
        project=project.id,
        line=line,
        person=Person(operator=True),
        place=place or Place(),
        heard_at=ctx.now(),
    )
    return await answer_to(ctx, project, told)


def by_us(stage: Stage) -> list[str]:
    """Comments that the app wrote, oldest first."""
    made = stage.github.world.repository(stage.repository).comments.values()
    return [one.body for one in made if one.user.type == "Bot"]
