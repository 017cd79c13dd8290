"""Files over HTTP by tus, as its client of ours and others speak it; export and erasure."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from history_kit import said, work
from imports_kit import finished, hand_over, made

from bot.domain.audience import Audience
from bot.domain.errors import Rejected
from bot.domain.fixes.run import RunState
from bot.domain.imports import Download
from bot.domain.memory.conversation import Conversation
from bot.domain.memory.facts import Fact
from bot.domain.memory.profile import Profile
from bot.domain.models import Draft, Person, Place, Verdict
from bot.imports import slack
from bot.imports.reading import draft_of
from bot.render import render_markdown
from handlers.api.serving import describe
from handlers.demo.stage import Stage
from handlers.imports import exporting
from handlers.imports.shell import upload
from handlers.web import build_app, serving
from workers import jobs
from workers.clusters.evidence import fetch
from workers.clusters.taking_back import erase_words
from workers.intake import items
from workers.memory.retrieve import learn

TUS = {"Tus-Resumable": "1.0.0"}
OFFSET = {"Content-Type": "application/offset+octet-stream"}


@dataclass
class Door:
    stage: Stage
    url: str
    token: str

    async def ask(self, method: str, path: str = "/imports", data: bytes = b"", **headers: str):
        told = {"Authorization": f"Bearer {self.token}", **TUS}
        told |= {name.replace("_", "-"): said for name, said in headers.items()}
        async with self.stage.http.request(
            method, f"{self.url}{path}", data=data or None, headers=told
        ) as answer:
            return answer.status, await answer.read(), answer.headers


@pytest.fixture
async def door(stage: Stage) -> AsyncIterator[Door]:
    jobs.load()
    ctx, project = stage.context, await stage.project()
    token = await ctx.tokens.new(project.id, "write", Person(operator=True), "c", ctx.now())
    async with serving(build_app(ctx), "127.0.0.1", 0) as url:
        yield Door(stage, url, token)


async def test_a_file_comes_in_pieces_by_the_protocol(door: Door) -> None:
    data = made(0, 40)
    status, _, told = await door.ask("OPTIONS")
    assert (status, told["Tus-Version"]) == (204, "1.0.0")
    assert (told["Tus-Extension"], told["Tus-Max-Size"]) == ("creation,termination", f"{1 << 30}")
    meta = {"Upload_Length": str(len(data)), "Upload_Metadata": "kind anNvbmw=,filename YQ=="}
    assert (await door.ask("POST", **meta, Tus_Resumable="0.2"))[0] == 412
    assert (await door.ask("POST", **meta, Authorization="Bearer no"))[0] == 401
    assert (await door.ask("POST", Upload_Metadata=meta["Upload_Metadata"]))[0] == 400
    assert (await door.ask("POST", **{**meta, "Upload_Length": f"{1 << 31}"}))[0] == 413
    assert (await door.ask("POST", **{**meta, "Upload_Metadata": "kind eA=="}))[0] == 422
    status, _, told = await door.ask("POST", **meta)
    assert (status, told["Location"], told["Tus-Resumable"]) == (201, "/imports/1", "1.0.0")
    status, why, _ = await door.ask("POST", **meta)
    assert status == 409
    assert b"Import 1 of a: receiving, 0 %" in why
    one = told["Location"]
    assert (await door.ask("PATCH", one, data[:9], Upload_Offset="0"))[0] == 415
    assert (await door.ask("PATCH", one, data[:9], Upload_Offset="1", **OFFSET))[0] == 409
    status, _, told = await door.ask("PATCH", one, data[:900], Upload_Offset="0", **OFFSET)
    assert (status, told["Upload-Offset"]) == (204, "900")
    status, _, told = await door.ask("HEAD", one)
    assert (status, told["Upload-Offset"]) == (200, "900")
    assert (told["Upload-Length"], told["Cache-Control"]) == (str(len(data)), "no-store")
    assert json.loads((await door.ask("GET", one))[1])["percent"] == 20 * 900 // len(data)
    more = await door.ask("PATCH", one, data[900:] + b"x", Upload_Offset="900", **OFFSET)
    assert more[0] == 413
    assert (await door.ask("PATCH", one, data[900:], Upload_Offset="900", **OFFSET))[0] == 204
    told = json.loads((await door.ask("GET", one))[1])
    assert {*told} == {*describe()["components"]["schemas"]["FileImport"]["required"]}
    assert (told["state"], told["stage"], told["percent"]) == ("processing", "reading", 20)
    assert (await door.ask("GET", "/imports/2"))[0] == 404
    assert (await door.ask("DELETE", one))[0] == 204
    assert json.loads((await door.ask("GET", one))[1])["state"] == "stopped"


async def test_so_many_requests_of_uploads_are_taken_in_a_minute(door: Door) -> None:
    ctx, meta = door.stage.context, {"Upload_Length": "4", "Upload_Metadata": "kind anNvbmw="}
    now, ctx.clock = ctx.now().replace(second=50, microsecond=0), lambda: now
    ctx.settings = ctx.settings.model_copy(update={"soulcaster_calls": (1, 1, 2)})
    one = (await door.ask("POST", **meta))[2]["Location"]
    assert (await door.ask("PATCH", one, b"{", Upload_Offset="0", **OFFSET))[0] == 204
    status, why, told = await door.ask("PATCH", one, b"}", Upload_Offset="1", **OFFSET)
    assert (status, told["Retry-After"]) == (429, "10")
    assert b"come back in 10 s" in why
    assert (await door.ask("HEAD", one))[0] == 200
    ctx.clock = lambda: now + timedelta(seconds=10)
    assert (await door.ask("PATCH", one, b"}", Upload_Offset="1", **OFFSET))[0] == 204


def test_they_are_described() -> None:
    described = {p: set(how) for p, how in describe()["paths"].items() if p.startswith("/imports")}
    assert described == {
        "/imports": {"post"},
        "/imports/{id}": {"get", "head", "patch", "delete"},
    }


async def test_what_begins_no_file_of_its_kind_is_refused_at_once(door: Door) -> None:
    meta = {"Upload_Length": "4", "Upload_Metadata": "kind c2xhY2s=,filename YQ=="}
    one = (await door.ask("POST", **meta))[2]["Location"]
    assert (await door.ask("PATCH", one, b"{}", Upload_Offset="0", **OFFSET))[0] == 422
    assert json.loads((await door.ask("GET", one))[1])["state"] == "failed"


async def test_the_first_piece_may_be_shorter_than_what_tells_the_kind(door: Door) -> None:
    for kind, data, status in (("bWJveA==", b"From a\n\nx", 204), ("c2xhY2s=", b"PKzip", 422)):
        meta = {"Upload_Length": str(len(data)), "Upload_Metadata": f"kind {kind},filename YQ=="}
        one = (await door.ask("POST", **meta))[2]["Location"]
        assert (await door.ask("PATCH", one, data[:2], Upload_Offset="0", **OFFSET))[0] == 204
        rest = await door.ask("PATCH", one, data[2:], Upload_Offset="2", **OFFSET)
        assert rest[0] == status
        await door.ask("DELETE", one)


async def test_who_may_only_read_or_is_no_maintainer_imports_nothing(door: Door) -> None:
    ctx, project = door.stage.context, await door.stage.project()
    for scope, who in (("read", Person(operator=True)), ("write", Person(login="pavel-novak"))):
        door.token = await ctx.tokens.new(project.id, scope, who, f"{scope}", ctx.now())
        assert (await door.ask("GET", "/imports/1"))[0] == 403


async def test_the_shell_sends_it_to_a_server_and_follows_it(door: Door) -> None:
    stages, data = [], made(0, 30)

    def tell(stage: str, percent: int) -> None:
        stages.append((stage, percent))

    async def working() -> None:
        while True:
            await work(door.stage)
            await asyncio.sleep(0.1)

    worker = asyncio.create_task(working())
    one = await upload(
        door.url, door.token, io.BytesIO(data), {"filename": "a", "kind": "jsonl"}, tell
    )
    worker.cancel()
    assert (one["state"] in ("quick ready", "complete"), one["new"]) == (True, 30)
    assert stages[0] == ("receiving", 20)
    with pytest.raises(Rejected, match="422"):
        await upload(door.url, door.token, io.BytesIO(b"x"), {"kind": "what"}, tell)


async def exported(stage: Stage) -> list[dict[str, Any]]:
    project = await stage.project()
    return [json.loads(line) async for line in exporting.lines(stage.context, project)]


async def test_what_is_exported_can_be_imported_again(stage: Stage) -> None:
    jobs.load()
    ctx, project = stage.context, await stage.project()
    for number, source in enumerate(("sentry", "github", "feedback")):
        draft = Draft(source=source, key=f"k{number}", event="e", title=f"Error {number} <b>",
                      body="One\n\n<p>two: three</p> 💥", author="ana", occurred_at=ctx.now(),
                      url="https://example.com/1", tags={"page": "/cart"},
                      audience=Audience.PROJECT)  # fmt: skip
        await items.take(ctx, project.id, draft)
    await work(stage)
    first = await exported(stage)
    assert {line["record"] for line in first} == {"report", "cluster"}
    reports = [line for line in first if line["record"] == "report"]
    data = "".join(f"{json.dumps(line)}\n" for line in first).encode()
    one = await finished(stage, (await hand_over(stage, data)).number)
    assert (one.new, one.passed, one.bad) == (3, len(first) - 3, 0)
    again = [line for line in await exported(stage) if line["record"] == "report"][3:]
    for before, after in zip(reports, again, strict=True):
        assert {**before, "cluster": 0} == {**after, "cluster": 0}
        assert after["tags"]["from"] == before["tags"]["from"]


async def test_what_is_exported_is_given_to_who_asked_and_still_may(door: Door) -> None:
    ctx, project = door.stage.context, await door.stage.project()
    await finished(door.stage, (await hand_over(door.stage, made(0, 3))).number)
    assert (
        "SOULCASTER_PUBLIC_URL" in (await said(door.stage, "export")).answer.card.model_dump_json()
    )
    ctx.settings = ctx.settings.model_copy(update={"soulcaster_public_url": door.url})
    card = (await said(door.stage, "export")).answer.card
    assert card.audience is Audience.PERSON
    [path] = re.findall(r"/exports/[0-9a-f]{24}", card.model_dump_json())
    status, kept, told = await door.ask("GET", path)
    assert (status, told["Cache-Control"]) == (200, "no-store")
    assert [json.loads(line) for line in kept.splitlines()] == await exported(door.stage)
    other = Download(exported=project.id, by=Person(login="pavel-novak"))
    for secret, refused in ((other.model_dump_json(), 403), ("what was typed", 404), ("", 404)):
        word = await ctx.vault.hand_over(secret)
        assert (await door.ask("GET", f"/exports/{word}"))[0] == refused
    place = Place(issue=1)
    assert "Slack" in render_markdown((await said(door.stage, "export", place)).answer.card)


async def test_a_persons_words_are_erased_everywhere(stage: Stage) -> None:
    jobs.load()
    ctx, project = stage.context, await stage.project()
    told = {"source": "feedback", "event": "e", "occurred_at": ctx.now()}
    told |= {"audience": Audience.PROJECT}
    for name, ident in (("jane", None), ("bo", None), ("ana", 7)):
        draft = Draft(key=name, title=f"{name} cannot pay", author=name, author_id=ident, **told)
        await items.take(ctx, project.id, draft)
    row = slack.Row(1, {"body": "bo: It is down\n\nJane: my card is 4711", "author": "bo"})
    thread = draft_of("slack", 1, row.told, datetime.now(UTC))
    assert isinstance(thread, Draft)
    await items.take(ctx, project.id, thread)
    await work(stage)
    heard = Audience.PROJECT
    for words, by, ident, read in (
        ("Bo pays", "@bea", 7, ()),
        ("We sold", "@bo", 8, ()),
        ("It is down", "", None, (1,)),
        ("We ship", "@eve", 9, ()),
    ):
        fact = Fact(audience=heard, text=words, by=by, by_id=ident, items=read, made_at=ctx.now())
        await ctx.memory.keep(project.id, fact)
    for ident in (7, 8):
        asking = Conversation(
            audience=heard, title="Who pays?", by="bo", by_id=ident, place="#1", edited_at=ctx.now()
        )
        await ctx.memory.talk(project.id, asking)
    await ctx.memory.put_profile(project.id, Profile(audience=heard, made_at=ctx.now()))
    done = await erase_words(ctx, project.id, {"bo"}, 7, proven=True)
    assert (done["memory"], done["others"]) == (2, 2)
    assert await ctx.memory.profile(project.id) is None
    assert done["reports"] == 1
    assert (await ctx.items.get(project.id, 3)).gone
    assert (await said(stage, "erase Jane")).answer.card.actions[0].sentence
    answer = (await said(stage, "erase @Jane --confirm")).answer.card
    assert "2, with their vectors" in answer.model_dump_json()
    facts, asked = await ctx.memory.facts(project.id), await ctx.memory.conversations(project.id)
    assert [fact.text for fact in facts] == ["We sold", "We ship"], "another has that login now"
    assert [each.by_id for each in asked] == [8]
    assert set(await fetch(ctx, project.id, [1, 2, 3, 4])) == {2}
    await work(stage)
    known = await ctx.items.many(project.id, range(1, 5))
    assert [item.gone for item in known] == [True, False, True, False]
    assert (known[0].title, known[0].author) == ("(deleted report)", "")
    assert known[3].body == "bo: It is down"
    kept = "".join([line async for line in exporting.lines(ctx, project)])
    assert "jane" not in kept.lower()
    assert "4711" not in kept


async def test_no_plan_fact_profile_or_ended_fix_keeps_what_was_erased(stage: Stage) -> None:
    jobs.load()
    ctx, project = stage.context, await stage.project()
    draft = Draft(source="feedback", key="1", event="e", title="Zanzibar cannot pay",
                  body="The zanzibar checkout refuses my card.", author="jane",
                  occurred_at=ctx.now(), audience=Audience.PROJECT)  # fmt: skip
    await items.take(ctx, project.id, draft)
    await work(stage)
    for line in ("plan C-1", "plan C-1 --approve=v1"):
        await said(stage, line)
    await said(stage, "fix C-1")
    now = ctx.now()
    over = {"state": RunState.FAILED, "verdict": Verdict.LIMIT_REACHED, "ended_at": now}
    run = await ctx.runs.update(project.id, 1, lambda held: held.model_copy(update=over))
    await learn(ctx, project, run, {"number": 45})
    by = {"audience": Audience.PROJECT, "made_at": now}
    await ctx.memory.keep(project.id, Fact(text="Zanzibar is slow", by="@Jane (token t1)", **by))
    await ctx.memory.put_profile(project.id, Profile(audience=by["audience"], made_at=now))
    assert await words_of_jane(stage)
    await said(stage, "erase jane --confirm")
    await work(stage)
    assert await words_of_jane(stage) == []
    assert await ctx.memory.tell(project.id, read_to=1) is None
    assert await ctx.memory.profile(project.id) is None


async def test_erasing_that_is_killed_is_ended_by_saying_it_again(stage: Stage) -> None:
    jobs.load()
    ctx, project = stage.context, await stage.project()
    for number in range(20):
        draft = Draft(source="feedback", key=f"{number}", event="e", title=f"No {number} pays",
                      author="jane", occurred_at=ctx.now(), audience=Audience.PROJECT)  # fmt: skip
        await items.take(ctx, project.id, draft)
    await work(stage)
    erasing = asyncio.create_task(erase_words(ctx, project.id, {"jane"}, None, proven=False))
    for _ in range(10_000):
        if (await ctx.items.get(project.id, 1)).gone:
            break
    erasing.cancel()
    await asyncio.wait([erasing])
    assert erasing.cancelled()
    await erase_words(ctx, project.id, {"jane"}, None, proven=False)
    assert await fetch(ctx, project.id, [*range(1, 21)]) == {}


async def words_of_jane(stage: Stage) -> list[str]:
    """Keys that hold them."""
    redis, found = stage.context.redis, []
    reads = {b"hash": redis.hgetall, b"string": redis.get, b"set": redis.smembers}
    async for key in redis.scan_iter():
        kind = await redis.type(key)
        held = await reads[kind](key) if kind in reads else await redis.dump(key)
        found += [key.decode()] if "zanzibar" in str(held).lower() else []
    return found
