"""Before the sender is proven almost nothing is spent: the HTTP server with small limits."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.context import Context, open_context
from bot.domain.models import Project
from bot.settings import Settings
from bot.storage import keys
from bot.storage.vault import Hook
from handlers.doors.doors import DOORS, Doors
from handlers.web import build_app, serving

SECRET = "s3cret"
MB = 1024 * 1024
WRONG = "sha256=" + "0" * 64
SHOP = Project(id=1, installation=1, full_name="acme/shop")


@dataclass
class Server:
    """A running web process's inside, and its address."""

    ctx: Context
    url: str
    http: aiohttp.ClientSession
    doors: Doors

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, int]:
        """The status, and the seconds of Retry-After."""
        async with self.http.post(
            self.url + path, data=io.BytesIO(body), headers=headers
        ) as answer:
            await answer.read()
            return answer.status, int(answer.headers.get("Retry-After", 0))

    async def begin(self, *lines: str, body: bytes = b"") -> asyncio.StreamReader:
        """Send so much of a request and no more; what comes back is read by the caller."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()
        self._kept.append(writer)
        return reader

    def __post_init__(self) -> None:
        self._kept: list[asyncio.StreamWriter] = []

    def hang_up(self) -> None:
        for writer in self._kept:
            writer.transport.abort()


@pytest.fixture
async def open_server(redis_url: str, tmp_path: Path) -> AsyncIterator[Any]:
    async with AsyncExitStack() as stack:

        @asynccontextmanager
        async def serve(**more: Any) -> AsyncIterator[Server]:
            settings = Settings(
                redis_url=redis_url,
                soulcaster_data_dir=tmp_path,
                github_webhook_secret=SECRET,
                slack_signing_secret=SECRET,
                slack_bot_token="xoxb-1",
                **more,
            )
            async with open_context(settings) as ctx, aiohttp.ClientSession() as http:
                await ctx.redis.flushdb()
                await ctx.projects.put(SHOP)
                app = build_app(ctx)
                async with serving(app, "127.0.0.1", 0) as url:
                    server = Server(ctx, url, http, app[DOORS])
                    yield server
                    server.hang_up()

        yield lambda **more: stack.enter_async_context(serve(**more))


def signed(body: bytes, **more: str) -> dict[str, str]:
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {
        "X-GitHub-Event": "issues",
        "X-GitHub-Delivery": "d1",
        "X-Hub-Signature-256": f"sha256={digest}",
        **more,
    }


def head(path: str, length: int, *lines: str) -> tuple[str, ...]:
    return (f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {length}", *lines, "", "")


async def status(reader: asyncio.StreamReader) -> int:
    """The status that a server sends to whoever waits for it."""
    return int((await reader.readline()).split()[1])


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not happened():  # noqa: ASYNC110 - the server runs in this loop
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("path", "length", "lines", "expected"),
    [
        ("/github/webhook", 24 * MB, (), 401),
        ("/github/webhook", 24 * MB, ("X-Hub-Signature-256: sha256=zz",), 401),
        ("/github/webhook", 24 * MB, ("X-Hub-Signature-256: " + "0" * 64,), 401),
        ("/github/webhook", 26 * MB, (f"X-Hub-Signature-256: {WRONG}",), 413),
        ("/github/webhook", 24 * MB, ("Content-Encoding: gzip",), 400),
        ("/hooks/feedback/HOOK", 4 * MB, (), 401),
        ("/hooks/feedback/HOOK", 4 * MB, ("Authorization: Bearer wrong",), 401),
        ("/hooks/feedback/HOOK", 6 * MB, ("Authorization: Bearer wrong",), 413),
        ("/hooks/nagios/HOOK", 4 * MB, ("Authorization: Bearer wrong",), 404),
        ("/hooks/feedback/nothing", 4 * MB, ("Authorization: Bearer wrong",), 401),
        ("/slack/commands", MB // 2, (), 401),
        ("/slack/commands", MB // 2, ("X-Slack-Signature: v0=" + "0" * 64,), 401),
        ("/slack/events", 2 * MB, ("X-Slack-Signature: v0=" + "0" * 64,), 413),
    ],
)
async def test_what_the_headers_cannot_prove_is_refused_before_the_body(
    open_server: Any, path: str, length: int, lines: tuple[str, ...], expected: int
) -> None:
    server = await open_server()
    hook = await server.ctx.vault.open_hook(1, "feedback")
    # Not a byte of the body is ever sent.
    reader = await server.begin(*head(path.replace("HOOK", hook.id), length, *lines))
    assert await status(reader) == expected
    assert server.doors.bodies.peak == 0


async def test_an_old_request_of_slack_is_refused_before_the_body(open_server: Any) -> None:
    server = await open_server()
    lines = ("X-Slack-Signature: v0=" + "0" * 64, f"X-Slack-Request-Timestamp: {time.time():.0f}")
    old = (lines[0], f"X-Slack-Request-Timestamp: {time.time() - 301:.0f}")
    assert await status(await server.begin(*head("/slack/events", 10, *old))) == 401
    assert server.doors.bodies.peak == 0
    reader = await server.begin(*head("/slack/events", 10, *lines), body=b"0123456789")
    assert await status(reader) == 401
    assert server.doors.bodies.peak == 10


async def test_all_bodies_together_keep_to_one_budget(open_server: Any) -> None:
    server = await open_server(soulcaster_body_mb=2)
    # What arrives, counts: each claims 24 MB and sends 300 kB of it.
    claims = head("/github/webhook", 24 * MB, f"X-Hub-Signature-256: {WRONG}")
    readers = [await server.begin(*claims, body=b"a" * 300_000) for _ in range(12)]
    # Three quarters of the budget hold five of them.
    answers = [asyncio.create_task(status(reader)) for reader in readers]
    await until(lambda: sum(answer.done() for answer in answers) == 7)
    assert {answer.result() for answer in answers if answer.done()} == {503}
    assert await server.post("/github/webhook", b"a" * MB, signed(b"a" * MB)) == (503, 5)
    # The many small ones still find room.
    small = json.dumps({"action": "opened"}).encode()
    assert await server.post("/github/webhook", small, signed(small)) == (202, 0)
    assert server.doors.bodies.peak <= 2 * MB
    for answer in answers:
        answer.cancel()
    server.hang_up()
    await until(lambda: not server.doors.bodies.held)
    big = b'{"action": "' + b"a" * MB + b'"}'
    assert await server.post("/github/webhook", big, signed(big)) == (202, 0)


async def test_a_body_that_does_not_come_is_given_up(open_server: Any) -> None:
    server = await open_server(soulcaster_door_seconds=0.2)
    claims = head("/github/webhook", 100, f"X-Hub-Signature-256: {WRONG}")
    assert await status(await server.begin(*claims, body=b"{")) == 408
    assert server.doors.bodies.held == 0


async def test_a_body_without_a_length_keeps_to_the_cap(open_server: Any) -> None:
    server = await open_server()
    reader = await server.begin(
        *("POST /slack/events HTTP/1.1", "Host: x", "Transfer-Encoding: chunked"),
        *("X-Slack-Signature: v0=" + "0" * 64, f"X-Slack-Request-Timestamp: {time.time():.0f}"),
        *("", ""),
        body=b"110000\r\n" + b"a" * 0x110000,
    )
    assert await status(reader) == 413
    assert server.doors.bodies.peak <= MB


async def test_half_sent_requests_do_not_close_the_server(open_server: Any) -> None:
    server = await open_server(soulcaster_connections=20)
    for _ in range(100):
        await server.begin("POST /github/webhook HTTP/1.1", "Host: x", "X-a: ")
    # Whole heads whose bodies never come are no better.
    claims = head("/github/webhook", 100, f"X-Hub-Signature-256: {WRONG}")
    for _ in range(100):
        await server.begin(*claims)
    async with server.http.get(server.url + "/healthz") as answer:
        assert answer.status == 200
    assert len(server.doors.connections) <= 10
    assert server.doors.connections.cut >= 190


async def test_a_head_that_does_not_come_is_given_up(open_server: Any) -> None:
    server = await open_server(soulcaster_door_seconds=0.2)
    reader = await server.begin("POST /github/webhook HTTP/1.1", "Host: x", "X-a: ")
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    assert len(server.doors.connections) == 0


async def test_who_is_proven_is_not_cut(open_server: Any) -> None:
    server = await open_server(soulcaster_connections=2, soulcaster_proxies=1)
    connections = server.doors.connections
    async with server.ctx.redis.client() as other:
        await other.execute_command("CLIENT", "PAUSE", "300", "WRITE")
        body = json.dumps({"action": "opened"}).encode()
        posting = asyncio.create_task(server.post("/github/webhook", body, signed(body)))
        await until(lambda: connections.busy == 1)
        for _ in range(5):
            await server.begin("POST /github/webhook HTTP/1.1", "Host: x", "X-a: ")
        assert (await posting)[0] == 202
    assert connections.cut == 4


async def knock(server: Server, hook: Hook, secret: str, sender: str = "") -> tuple[int, int]:
    headers = {"Authorization": f"Bearer {secret}"}
    if sender:
        headers["X-Forwarded-For"] = sender
    return await server.post(f"/hooks/{hook.source}/{hook.id}", b'{"text": "a"}', headers)


async def test_who_guesses_waits_longer_each_time(open_server: Any) -> None:
    server = await open_server(soulcaster_wrong_secrets=3, soulcaster_proxies=1)
    hook = await server.ctx.vault.open_hook(1, "feedback")
    other = await server.ctx.vault.open_hook(1, "feedback")
    mallory, honest = "203.0.113.9", "198.51.100.7"
    # What stands before our own proxy's word was written by the sender.
    guesses = [await knock(server, hook, f"guess {n}", f"1.2.3.{n}, {mallory}") for n in range(3)]
    assert [code for code, _ in guesses] == [401, 401, 401]
    # Even the right one tells nothing while one waits, for a second; nobody else waits.
    at_once = [f"guess {n}" for n in range(3)] + [hook.secret]
    refused = await asyncio.gather(*(knock(server, hook, word, mallory) for word in at_once))
    assert [code for code, _ in refused] == [429] * 4
    assert all(0 < wait <= 1 for _, wait in refused)
    assert await knock(server, hook, hook.secret, honest) == (202, 0)
    assert await knock(server, other, other.secret, mallory) == (202, 0)


async def test_guessing_doors_is_guessing(open_server: Any) -> None:
    server = await open_server(soulcaster_wrong_secrets=3)
    hook = await server.ctx.vault.open_hook(1, "feedback")
    guesses = [
        await server.post(f"/hooks/feedback/door{n}", b"{}", {"X-Soulcaster-Token": "x"})
        for n in range(4)
    ]
    assert [code for code, _ in guesses] == [401, 401, 401, 429]
    assert await knock(server, hook, hook.secret) == (202, 0)


async def test_where_the_app_was_removed_there_is_no_door(open_server: Any) -> None:
    server = await open_server()
    hook = await server.ctx.vault.open_hook(SHOP.id, "feedback")
    assert await knock(server, hook, hook.secret) == (202, 0)
    await server.ctx.projects.remove(SHOP)
    shut = await knock(server, hook, hook.secret)
    unknown = await knock(server, hook.model_copy(update={"id": "x" * 22}), hook.secret)
    assert shut == unknown == (401, 0)
    # It is the same one when the app is back.
    await server.ctx.projects.put(SHOP)
    assert await knock(server, hook, hook.secret) == (202, 0)


async def test_who_signs_well_is_heard_whatever_its_neighbours_did(open_server: Any) -> None:
    """GitHub sends for everybody from the same addresses."""
    server = await open_server(soulcaster_wrong_secrets=3)
    body = json.dumps({"action": "opened"}).encode()
    wrong = {**signed(body), "X-Hub-Signature-256": WRONG}
    tries = [await server.post("/github/webhook", body, wrong) for _ in range(4)]
    assert [code for code, _ in tries] == [401, 401, 401, 429]
    assert await server.post("/github/webhook", body, signed(body)) == (202, 0)


async def test_what_is_no_http_fills_no_log(
    open_server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server = await open_server()
    for line in ("Content-Length: -3", "Transfer-Encoding: xchunked", "X a: b"):
        reader = await server.begin("POST /github/webhook HTTP/1.1", "Host: x", line, "", "")
        assert await status(reader) == 400
    assert caplog.records == []


async def test_a_secret_in_the_url_is_for_who_can_do_no_better(open_server: Any) -> None:
    server = await open_server()
    feedback = await server.ctx.vault.open_hook(1, "feedback")
    datadog = await server.ctx.vault.open_hook(1, "datadog")
    for hook, expected in ((feedback, 202), (datadog, 401)):
        path = f"/hooks/{hook.source}/{hook.id}?secret={hook.secret}"
        code, _ = await server.post(path, b'{"text": "a", "title": "b"}', {})
        assert code == expected, hook.source
    assert [door.weak for door in await server.ctx.vault.hooks(1)] == [False, True]


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b"", "The body is empty."),
        (b"text=form", "This is no JSON"),
        (b'{"words": "a"}', 'Feedback needs a \\"text\\".'),
    ],
)
async def test_what_a_proven_sender_sends_unreadably_is_refused_with_the_line(
    open_server: Any, body: bytes, line: str
) -> None:
    server = await open_server()
    hook = await server.ctx.vault.open_hook(SHOP.id, "feedback")
    url = f"{server.url}/hooks/feedback/{hook.id}"
    headers = {"Authorization": f"Bearer {hook.secret}"}
    async with server.http.post(url, data=body, headers=headers) as answer:
        assert (answer.status, line in await answer.text()) == (422, True)
    now = server.ctx.now()
    noted, refused, _ = await server.ctx.vault.health.state(SHOP.id, hook.id, now)
    assert noted == refused
    assert noted.how.startswith("refused: ")
    assert noted.payload.encode() == body
    assert b"words" not in await server.ctx.redis.hget(keys.door(SHOP.id, hook.id, "noted"), "last")
    assert await server.ctx.jobs.pending("work") == 0


async def test_what_to_click_at_a_vendor_is_a_page(open_server: Any) -> None:
    server = await open_server()
    async with server.http.get(f"{server.url}/docs/sources/sentry.md") as answer:
        assert (answer.status, "source add sentry" in await answer.text()) == (200, True)
    for name in ("nothing", "..%2Fredis", "..%2F..%2FREADME"):
        async with server.http.get(f"{server.url}/docs/sources/{name}.md") as answer:
            assert answer.status == 404
