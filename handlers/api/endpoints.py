"""What can be asked: a function for each operation of ``openapi.yaml``, by its id."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Card, Paragraph
from bot.domain.cards.views.cluster import ClusterView
from bot.domain.commands.command import Level
from bot.domain.commands.rights import NEEDED, level_of
from bot.domain.commands.words import quoted
from bot.domain.errors import NotAllowed, NotUnderstood, SoulcasterError, Unavailable
from bot.domain.fixes.run import FixRun
from bot.domain.models import Item, Person, Project
from bot.domain.secrets import redact
from bot.say import in_words
from bot.storage.cluster_jobs import ClusterJob
from handlers.api.shapes import Cancel, FixOf, How, Message, Query, Report
from workers.clusters import views
from workers.clusters.alike import alike
from workers.commands.answering import answer_at_once
from workers.commands.permission import role_of

# A token reads as the team of its project.
READERS = Audience.TEAM
# A request looks at so many pages of records for those that it asks for.
MOST_PAGES = 20


class Standing(Exception):
    """Nothing was done, because of what it holds: 409."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of somebody who is known. ``command`` is the id of what it says."""

    ctx: Context
    project: Project
    person: Person
    command: str

    async def require(self, level: Level) -> None:
        """Raises NotAllowed where who made the token has not the right to it any more."""
        role = await role_of(self.ctx, self.project, self.person)
        if level_of(role) < level:
            where = self.project.full_name
            raise NotAllowed(f"{self.person.name} needs {NEEDED[level]} on {where} (has: {role}).")

    async def say(self, line: str) -> Card:
        """Have a sentence obeyed in the person's name. Raises what it is refused for."""
        answer, outcome, _ = await answer_at_once(
            self.ctx, self.project, self.person, line, command=self.command
        )
        if answer.refusal:
            raise answer.refusal
        if outcome != "done":
            raise SoulcasterError(in_words(answer.card))
        return answer.card


async def report(asked: Asked, body: Report) -> Item:
    """It has its cluster a moment later."""
    title = f"--title={quoted(body.title)} " if body.title else ""
    items, mine = asked.ctx.items, (asked.project.id, "feedback", asked.command)
    try:
        await asked.say(f"feedback {title}-- {body.text}")
    except Unavailable:
        if not await items.by_key(*mine):
            raise
    return await items.get(asked.project.id, await items.by_key(*mine) or 0)


async def sync(asked: Asked) -> object:
    """It goes on in the background."""
    await asked.say("import github")
    return await asked.ctx.imports.get(asked.project.id)


async def list_feedback(asked: Asked, query: Query) -> object:
    """Those that the team reads."""

    async def read(numbers: list[int]) -> list[Item]:
        found = await asked.ctx.items.many(asked.project.id, numbers)
        wanted = [one for one in found if query.source in ("", one.source) and not one.gone]
        return [one for one in wanted if may_read(READERS, one.audience)]

    return await _page(asked, "item", query, read)


async def list_clusters(asked: Asked, query: Query) -> object:
    """Without those that were merged away."""

    async def read(numbers: list[int]) -> list[dict[str, Any]]:
        found = await views.rows(asked.ctx, asked.project, numbers, readers=READERS)
        here = [_cluster(view) for view in found if view.cluster.redirect is None]
        return [one for one in here if query.state in (None, one["state"])]

    return await _page(asked, "cluster", query, read)


async def show_cluster(asked: Asked, number: int) -> object:
    """The number of one that was merged away leads to where it is now."""
    view = await views.cluster_view(asked.ctx, asked.project, number, readers=READERS)
    return {**_cluster(view), "feedback": [item.number for item in view.shown]}


async def start_fix(asked: Asked, number: int, body: How) -> FixRun:
    """Raises Standing with the run that is under way."""
    runs, project = asked.ctx.runs, asked.project.id
    cluster = await asked.ctx.clusters.get(project, number)
    run = await runs.active(project, cluster.number)
    if run is None:
        await asked.say(f"fix {cluster.name}{' --dry-run' * body.dry_run}")
        run = (await runs.newest(project, [cluster.number]))[cluster.number]
    if run.command != asked.command:
        raise Standing(run)
    return run


async def create_job(asked: Asked, body: FixOf) -> FixRun:
    """The same."""
    return await start_fix(asked, body.cluster, body)


async def cleanup(asked: Asked) -> object:
    """What ``merge --suggest`` says; it changes nothing."""
    found, _ = await alike(asked.ctx, asked.project, readers=READERS)
    names = ("cluster", "into", "report", "like", "likelihood")
    pairs = [
        (i.cluster, each.item.cluster, i.number, each.item.number, each.near.score)
        for question in found
        for i, each in question.told
    ]
    return {"items": [dict(zip(names, pair, strict=True)) for pair in pairs], "next": None}


async def recluster(asked: Asked, body: How) -> ClusterJob:
    """Raises Standing with the one that is under way."""
    await asked.say(f"recluster{' --dry-run' * body.dry_run}")
    known = await asked.ctx.cluster_jobs.all(asked.project.id)
    mine = [job for job in known if job.command == asked.command]
    if not mine:
        raise Standing(known[0])
    return mine[0]


async def list_cluster_jobs(asked: Asked, query: Query) -> object:
    """The newest that are kept."""
    known = await asked.ctx.cluster_jobs.all(asked.project.id)
    left = [job for job in known if job.number < (query.cursor or job.number + 1)]
    page = left[: query.limit]
    return {"items": page, "next": page[-1].number if len(left) > len(page) else None}


async def show_cluster_job(asked: Asked, number: int) -> ClusterJob:
    """One of them."""
    return await asked.ctx.cluster_jobs.get(asked.project.id, number)


async def list_jobs(asked: Asked, query: Query) -> object:
    """All there were."""
    return await _page(asked, "run", query, partial(asked.ctx.runs.many, asked.project.id))


async def show_job(asked: Asked, number: int) -> FixRun:
    """One of them."""
    return await asked.ctx.runs.get(asked.project.id, number)


async def cancel_job(asked: Asked, number: int, body: Cancel) -> FixRun:
    """Raises Standing with a run that has ended."""
    run = await show_job(asked, number)
    if run.ended:
        raise Standing(run)
    await asked.say(f"stop {run.name}")
    return await show_job(asked, number)


async def show_log(asked: Asked, number: int) -> object:
    """For those who may say logs."""
    await asked.require(Level.L3)
    run = await show_job(asked, number)
    lines = await asked.ctx.runs.log_tail(asked.project.id, run.number, 500)
    return {"lines": [redact(line) for line in lines]}


async def create_session(asked: Asked) -> object:
    """What is asked first."""
    return await _session(asked, "new")


async def answer_session(asked: Asked, number: int, body: Message) -> object:
    """What is asked next, or what is wrong with the answer."""
    return await _session(asked, f"answer --interview={number} -- {body.text}")


async def show_session(asked: Asked, number: int) -> object:
    """For who began it."""
    return await _session(asked, f"status --interview={number}")


async def resume_session(asked: Asked, number: int) -> object:
    """The question at which it stopped."""
    return await _session(asked, f"resume --interview={number}")


async def cancel_session(asked: Asked, number: int) -> object:
    """As it stays."""
    return await _session(asked, f"cancel --interview={number}")


async def _session(asked: Asked, words: str) -> object:
    """What ``agent`` says to it, and the interview that is about. Raises Standing with one that
    does not wait for that."""
    said: Card | str
    try:
        said = await asked.say(f"agent {words}")
        number = int(said.key.split(":")[1])
    except NotUnderstood as error:
        found = re.search(r"--interview=(\d+)", words)
        said, number = str(error), int(found[1]) if found else 0
    known = await asked.ctx.own_agents.interviews(asked.project.id)
    held = next(one for one in known if one.number == number)
    silence = asked.ctx.settings.soulcaster_keep.interviews
    state = held.state_at(asked.ctx.now(), silence)
    told = {**dict(held), "state": state}
    if isinstance(said, str):
        raise Standing({**told, "said": said})
    blocks = [block for part in said.sections for block in part.blocks]
    lines = [block.line for block in blocks if isinstance(block, Paragraph)]
    parts = [[part if isinstance(part, str) else part.text for part in line] for line in lines]
    return {**told, "said": "\n".join(map("".join, parts))}


def _cluster(view: ClusterView) -> dict[str, Any]:
    counts = {"reports": view.tally.reports, "occurrences": view.tally.total}
    return {**dict(view.cluster), **counts}


async def _page(
    asked: Asked, kind: str, query: Query, read: Callable[[list[int]], Awaitable[Sequence[Any]]]
) -> object:
    """Numbered records from below the cursor downwards: what is added later moves none of them."""
    last = await asked.ctx.items.last(asked.project.id, kind)
    top = min(query.cursor or last + 1, last + 1)
    found: list[Any] = []
    for _ in range(MOST_PAGES):
        # No more than are still wanted, so that the page ends where they do.
        bottom = max(1, top - query.limit + len(found))
        found += await read(list(range(top - 1, bottom - 1, -1)))
        top = bottom
        if top == 1 or len(found) == query.limit:
            break
    return {"items": found, "next": top if top > 1 else None}


_ALL: tuple[Callable[..., Awaitable[object]], ...] = (
    *(report, sync, list_feedback, list_clusters, show_cluster, start_fix),
    *(cleanup, recluster, list_cluster_jobs, show_cluster_job, create_job, list_jobs),
    *(show_job, cancel_job, show_log),
    *(create_session, answer_session, show_session, resume_session, cancel_session),
)
ENDPOINTS = {each.__name__: each for each in _ALL}
