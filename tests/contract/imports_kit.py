"""A file of made records, handed over and read."""

from __future__ import annotations

import asyncio
import json

from history_kit import work

from bot.domain.imports import FileImport, Wanted
from handlers.demo.stage import Stage
from workers.intake import imports
from workers.intake.receiving import begin, receive

PIECE = 100_000
WORDS = ("invoice", "login", "coupon", "search", "export", "avatar", "calendar", "webhook")


def record(number: int) -> str:
    words = [WORDS[number // 8**i % 8] for i in range(3)]
    told = {"id": number, "title": f"{' '.join(words)} fails {number}", "author": "jane",
            "body": f"The {words[1]} of the {words[0]} is broken {number}.",
            "created_at": f"2023-03-{1 + number % 28:02} 10:00"}  # fmt: skip
    return json.dumps(told)


def made(first: int, last: int) -> bytes:
    return "\n".join(record(number) for number in range(first, last)).encode()


async def hand_over(stage: Stage, data: bytes, kind: str = "jsonl") -> FileImport:
    ctx, project = stage.context, await stage.project()
    one = await begin(ctx, project, kind, "a/b/old.jsonl", Wanted(), len(data), by="ana")
    for at in range(0, len(data), PIECE):
        one = await receive(ctx, project, one, at, data[at : at + PIECE])
    return one


async def finished(stage: Stage, number: int) -> FileImport:
    project = await stage.project()
    for _ in range(20):
        await work(stage)
        await imports.read_import(stage.context, project.id, number)
        one = await stage.context.file_imports.get(project.id, number)
        if one.state not in ("processing", "quick ready"):
            break
        await asyncio.sleep(0.3)
    return one
