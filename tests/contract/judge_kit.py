"""Reports, the jobs that place and judge them, and a language model that says what a test wants."""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gemini_server as gemini
from aiohttp.test_utils import TestServer
from gemini_server import Body, GeminiServer, Reply, Script

from bot.context import Context, open_context
from bot.domain.audience import Audience
from bot.domain.models import Draft, Item, Person, Place, Project
from bot.settings import Settings
from bot.storage.commands import Utterance
from workers import jobs, worker
from workers.commands.answering import answer_to

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
_projects = itertools.count(2_000_000)  # a process remembers what it knows of a project

FIRST = ("Cart total is wrong", "The total in the cart leaves out the last article I put in.")
AGAIN = (
    "Sum at the till too low",
    "The total in the cart leaves something out, one article short.",
)
OTHER = ("Login goes round in circles", "On Safari the login page comes back after the password.")


class Shop:
    """One project, its language model, and what a person can do to it."""

    def __init__(self, ctx: Context, model: GeminiServer) -> None:
        self.ctx = ctx
        self.model = model
        self.project = Project(
            id=next(_projects), installation=1, full_name="acme/shop", private=True
        )

    @property
    def id(self) -> int:
        """The project's."""
        return self.project.id

    async def report(self, words: tuple[str, str], **fields: Any) -> int:
        """A report comes in and is placed; its number."""
        number = await self.receive(words, **fields)
        await self.work()
        return number

    async def receive(self, words: tuple[str, str], **fields: Any) -> int:
        """A report comes in; its number."""
        key = secrets.token_hex(4)
        draft = Draft(
            audience=fields.pop("audience", Audience.PROJECT),
            source=fields.pop("source", "feedback"),
            key=key,
            event=key,
            title=words[0],
            body=words[1],
            occurred_at=NOW,
            **fields,
        )
        made = await self.ctx.items.record(self.id, draft, NOW)
        await self.ctx.jobs.ask(jobs.cluster_items, self.id)
        return made.item

    async def work(self) -> None:
        """Do what is due, as a worker does."""
        await worker.drain(self.ctx, "work")

    async def item(self, number: int) -> Item:
        """A report with its cluster."""
        return await self.ctx.items.get(self.id, number)

    async def say(self, line: str) -> str:
        """A person gives a command; all of the answer."""
        said = Utterance(
            audience=Audience.TEAM,
            id=secrets.token_hex(4),
            project=self.id,
            line=line,
            person=Person(operator=True),
            place=Place(),
            heard_at=NOW,
        )
        answer, *_ = await answer_to(self.ctx, self.project, said)
        return answer.card.model_dump_json()


@asynccontextmanager
async def open_shop(redis_url: str, folder: Path, **settings: Any) -> AsyncIterator[Shop]:
    """A shop on an empty database."""
    jobs.load()
    scripted = GeminiServer()
    async with TestServer(scripted.app()) as served:
        chosen = Settings(
            **{
                "redis_url": redis_url,
                "soulcaster_data_dir": folder,
                "soulcaster_embedder": "hashing",
                "soulcaster_lease_seconds": 3,
                "soulcaster_summary_budget": 0,
                "soulcaster_judge_budget": 0,
                "soulcaster_calls": (1_000, 1_000, 1_000),
                "gemini_api_key": "k-1",
                "gemini_base_url": str(served.make_url("/")),
            }
            | settings
        )
        async with open_context(chosen) as ctx:
            await ctx.redis.flushdb()
            shop = Shop(ctx, scripted)
            await ctx.projects.put(shop.project)
            yield shop


def material(body: Body) -> Any:
    """What the model was given to work on."""
    return json.loads(body["contents"][0]["parts"][1]["text"].split("\n", 1)[1].rsplit("\n", 1)[0])


def verdict(word: str, *, ours: str = "", theirs: str = "") -> Script:
    """The model says this of every candidate, quoting the first line of both unless told what."""

    def reply(body: Body) -> Reply:
        told = material(body)
        return gemini.says(
            {
                "comparisons": [
                    {
                        "candidate": each["id"],
                        "verdict": word,
                        "report_quote": ours or told["report"]["text"].split("\n")[0],
                        "candidate_quote": theirs or each["text"].split("\n")[0],
                    }
                    for each in told["candidates"]
                ]
            }
        )

    return reply


def summary(title: str, *sentences: tuple[str, list[int]]) -> Reply:
    """The model writes a summary."""
    told = [{"text": words, "items": items} for words, items in sentences]
    return gemini.says({"title": title, "sentences": told})
