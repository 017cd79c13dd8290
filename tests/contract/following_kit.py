"""A project whose channel is bound, and what its people and simulators see of its problems."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.context import Context, open_context
from bot.domain.audience import Audience
from bot.domain.errors import Unavailable
from bot.domain.models import Draft, Person, Place, Project
from bot.say import in_words
from bot.settings import Settings
from bot.simulators.github import Limits
from bot.storage.commands import Utterance
from handlers.demo.stage import ADMIN, Stage, open_stage
from workers import worker
from workers.clusters.channels import settle_channel
from workers.commands.answering import answer_to
from workers.digests import following, posting
from workers.intake import items, sync

_events = itertools.count()
LOSS = "Customers are charged twice and the order history is lost: data loss"


class Team:
    """A project whose channel is bound, on a clock that is moved."""

    def __init__(self, stage: Stage, project: Project) -> None:
        self.stage, self.project = stage, project
        self.now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
        self.ctx: Context

    def clock(self) -> datetime:
        return self.now

    async def seen(
        self, title: str = LOSS, key: str = "1", *, drain: bool = True, **more: Any
    ) -> int:
        """One event of an alert; its cluster. Where it waits, that is the first."""
        told = {
            "audience": Audience.TEAM, "source": "sentry", "key": key, "title": title,
            "event": f"e{next(_events)}", "occurred_at": self.now, "level": "critical",
        }  # fmt: skip
        await items.take(self.ctx, self.project.id, Draft(**{**told, **more}))
        if not drain:
            return 1
        await self.drain()
        found = await self.ctx.items.by_key(self.project.id, str(more.get("source", "sentry")), key)
        assert found is not None
        placed = await self.ctx.items.get(self.project.id, found)
        assert placed.cluster is not None
        await self.follow(placed.cluster)
        return placed.cluster

    async def drain(self) -> None:
        await worker.drain(self.ctx, "work")

    async def follow(self, *clusters: int) -> None:
        """What comes some seconds after a change."""
        for cluster in clusters:
            with contextlib.suppress(Unavailable):  # it was edited just now
                await following.follow_problem(self.ctx, self.project.id, cluster)
        await self.drain()

    async def change(self, cluster: int, **fields: Any) -> None:
        await self.ctx.clusters.change(self.project.id, cluster, updated_at=self.now, **fields)
        await self.follow(cluster)

    async def messages(self) -> list[Any]:
        state = await self.stage.slack_state()
        [here] = [c["messages"] for c in state["channels"] if c["id"] == self.stage.channel]
        mine = [m for m in here if m.get("bot_id")]
        found: list[Any] = json.loads(json.dumps(mine).replace("\\u200b", ""))
        return found

    async def ask(self, line: str, *, issue: int | None = None) -> str:
        """What the operator is answered."""
        said = Utterance(
            id=f"u{next(_events)}", project=self.project.id, line=line, audience=Audience.TEAM,
            person=Person(operator=True), place=Place(issue=issue),
            heard_at=self.now,
        )  # fmt: skip
        answer, *_ = await answer_to(self.ctx, self.project, said)
        await self.drain()
        return in_words(answer.card).replace("\u200b", "") + str(answer.card.sections)

    async def digest(self, slot: str) -> str:
        await posting.send_digest(self.ctx, self.project.id, slot)
        found = [m for m in await self.cards() if "Triage digest" in m["text"]]
        return str(found[-1])

    async def issue(self, number: int) -> Any:
        state = json.loads(json.dumps(await self.stage.github_state()).replace("&#8203;", ""))
        found = [issue for repo in state["repositories"] for issue in repo["issues"]]
        return next((one for one in found if one["number"] == number), None)

    def edits(self, number: int) -> int:
        """How often we wrote into an issue."""
        lines = (self.stage.folder / "record" / "github.jsonl").read_text().splitlines()
        asked = [json.loads(line) for line in lines]
        return sum(a["method"] == "PATCH" and a["url"].endswith(f"/{number}") for a in asked)

    async def cards(self) -> list[Any]:
        return [m for m in await self.messages() if m.get("thread_ts") in (None, m["ts"])]

    async def thread(self) -> list[str]:
        found = [m for m in await self.messages() if m.get("thread_ts") not in (None, m["ts"])]
        return [str(m["text"]) for m in found]

    def calls(self, method: str) -> int:
        """How often it was called, as the simulator wrote it down."""
        lines = (self.stage.folder / "record" / "slack.jsonl").read_text().splitlines()
        return sum(json.loads(line)["url"].endswith(f"/{method}") for line in lines)


@contextlib.asynccontextmanager
async def open_team(folder: Path) -> AsyncIterator[Team]:
    """The two simulators, which write down what they are asked for, and none of our processes."""
    record = folder / "record"
    async with open_stage(folder, processes=False, limits=Limits.none(), record=record) as stage:
        installed = stage.github.install("acme", repositories=[stage.repository], sender=ADMIN)
        await sync.sync_installation(stage.context, installed.id)
        made = Team(stage, await stage.project())
        async with open_context(Settings.load(stage.environment), clock=made.clock) as made.ctx:
            await settle_channel(made.ctx, made.project.id)
            yield made
