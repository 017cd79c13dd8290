"""A model for one run in a sandbox: our key stays here, a token with a cap goes there.

Speaks Gemini's own wire, https://ai.google.dev/api/generate-content, for one model. A request is
refused once requests, dollars or time are used up; they are asked one after the other, so that
no crowd of them slips through.
"""

from __future__ import annotations

import asyncio
import hmac
import io
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import aiohttp
from aiohttp import web

from bot.adapters.gemini_prices import price_of
from bot.domain.errors import Unavailable

UPSTREAM = "https://generativelanguage.googleapis.com"
KEY = "x-goog-api-key"
LARGEST = 4_000_000  # bytes of a request
BYTES_A_TOKEN = 3  # few, so that an estimate is rather too high
MOST_OUTPUT, LEAST_OUTPUT = 65_536, 256  # tokens of an answer
QUIET_SECONDS = 300.0  # of an answer that comes in pieces
_CALLS = ("generateContent", "streamGenerateContent", "countTokens")


@dataclass(frozen=True, slots=True)
class Cap:
    """What the token is good for: requests, US dollars, seconds from now."""

    requests: int
    dollars: float
    seconds: float


class Gateway:
    """``async with``: open for one run. ``public_url`` is where a sandbox elsewhere finds it.

    ``used_up`` says which limit refused a request, or nothing. Without a price for ``model``
    (``priced``) only requests and seconds are capped.
    """

    def __init__(
        self,
        *,
        api_key: str,
        model: str,
        cap: Cap,
        upstream: str = "",
        host: str = "127.0.0.1",
        port: int = 0,
        public_url: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._key, self._model, self._cap = api_key, model, cap
        self._upstream = (upstream or UPSTREAM).rstrip("/")
        self._host, self._port, self._public_url = host, port, public_url.rstrip("/")
        self._clock, self._ends = clock, clock() + cap.seconds
        self._price = price_of(model)
        self._one_at_a_time = asyncio.Lock()
        self.token = secrets.token_urlsafe(32)
        self.requests = 0
        self.dollars = 0.0
        self.used_up = ""

    @property
    def priced(self) -> bool:
        """Whether dollars can be counted."""
        return self._price is not None

    @property
    def url(self) -> str:
        """Where the sandbox finds it."""
        return self._public_url or f"http://{self._host}:{self._port}"

    async def __aenter__(self) -> Gateway:
        app = web.Application(client_max_size=LARGEST)
        app.router.add_get("/open", _open)
        app.router.add_post("/{version:v1|v1beta}/models/{model}:{call}", self._serve)
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=QUIET_SECONDS)
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self._close()
            raise Unavailable(
                f"Port {self._port} for the model's gateway is taken by another run.",
                retry_after=60,
            ) from error
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._close()

    async def _close(self) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        given = request.headers.get(KEY, "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, self.token.encode()):
            return _refusal(401, "UNAUTHENTICATED", "This token is not known here.")
        if request.match_info["model"] != self._model or request.match_info["call"] not in _CALLS:
            return _refusal(403, "PERMISSION_DENIED", f"Only {self._model} can be asked.")
        async with self._one_at_a_time:
            raw = await request.read()
            body = _object(raw)
            if body is None:
                return _refusal(400, "INVALID_ARGUMENT", "The body is no JSON object.")
            self.used_up = self._limit(len(raw)) or self._capped(body, len(raw))
            if self.used_up:
                return _refusal(403, "PERMISSION_DENIED", f"Refused: {self.used_up}.")
            self.requests += 1
            return await self._forward(request, body, len(raw))

    def _limit(self, size: int) -> str:
        """Which limit is reached, or nothing."""
        if self._clock() >= self._ends:
            return "the run's time is used up"
        if self.requests >= self._cap.requests:
            return f"{self._cap.requests} requests are used up"
        if self.dollars + self._estimate(size, 0) >= self._cap.dollars and self._price:
            return f"${self.dollars:.2f} of ${self._cap.dollars:.2f} are used up"
        return ""

    def _capped(self, body: dict[str, Any], size: int) -> str:
        """Let the answer be no longer than the money goes; says so when that is too short."""
        if self._price is None:
            return ""
        left = self._cap.dollars - self.dollars - self._estimate(size, 0)
        tokens = min(MOST_OUTPUT, int(left / self._estimate(0, 1)))
        if tokens < LEAST_OUTPUT:
            return f"${self.dollars:.2f} of ${self._cap.dollars:.2f} are used up"
        config = body.setdefault("generationConfig", {})
        if isinstance(config, dict):
            wanted = config.get("maxOutputTokens")
            config["maxOutputTokens"] = min(wanted if isinstance(wanted, int) else tokens, tokens)
        return ""

    def _estimate(self, size: int, output: int) -> float:
        return self._price.dollars(size // BYTES_A_TOKEN, output) if self._price else 0.0

    async def _forward(
        self, request: web.Request, body: dict[str, Any], size: int
    ) -> web.StreamResponse:
        target = f"{self._upstream}{request.path}"
        query = {"alt": "sse"} if request.query.get("alt") == "sse" else {}
        answered = bytearray()
        status = 0
        try:
            async with self._session.post(
                target,
                params=query,
                data=io.BytesIO(json.dumps(body).encode()),
                headers={KEY: self._key, "Content-Type": "application/json"},
                allow_redirects=False,
            ) as answer:
                status = answer.status
                if status in (401, 403):
                    return _refusal(502, "UNAVAILABLE", "The model's service refused our key.")
                back = web.StreamResponse(
                    status=status, headers={"Content-Type": answer.content_type}
                )
                await back.prepare(request)
                async for piece in answer.content.iter_any():
                    answered += piece
                    await back.write(piece)
                return back
        except (aiohttp.ClientError, TimeoutError):
            if status:
                raise  # the head is sent; only closing says that the rest is missing
            return _refusal(503, "UNAVAILABLE", "The model's service cannot be reached.")
        finally:
            if status == 200 and self._price:
                self.dollars += self._cost(bytes(answered), size)

    def _cost(self, answered: bytes, size: int) -> float:
        """By what the service says it used, else by what went over the wire."""
        usage = _usage(answered)
        if usage is None or self._price is None:
            return self._estimate(size, len(answered) // BYTES_A_TOKEN)
        output = _count(usage, "candidatesTokenCount") + _count(usage, "thoughtsTokenCount")
        cached = _count(usage, "cachedContentTokenCount")
        return self._price.dollars(_count(usage, "promptTokenCount"), output, cached)


async def _open(_request: web.Request) -> web.Response:
    return web.Response(text="open\n")


def _refusal(code: int, status: str, message: str) -> web.Response:
    """A google.rpc.Status, as the service itself would say it."""
    body = {"error": {"code": code, "message": message, "status": status}}
    return web.json_response(body, status=code)


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(raw)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _usage(answered: bytes) -> dict[str, Any] | None:
    """The last usage a JSON answer or a stream of events reports."""
    lines = [line[5:] for line in answered.splitlines() if line.startswith(b"data:")]
    for line in reversed(lines or [answered]):
        found = _object(line)
        if found and isinstance(found.get("usageMetadata"), dict):
            usage: dict[str, Any] = found["usageMetadata"]
            return usage
    return None


def _count(usage: dict[str, Any], name: str) -> int:
    found = usage.get(name)
    return found if isinstance(found, int) else 0
