"""One run's gateway: who may ask, how often, for how much. A request is refused once requests,
dollars or time are used up, and before it is sent where it could cost more than is left. They are
asked one after the other, so that no crowd slips through."""

from __future__ import annotations

import asyncio
import hmac
import io
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import astuple, dataclass

import aiohttp
from aiohttp import web

from bot.adapters.gateway.wire import Question, Wire
from bot.adapters.prices import dollars
from bot.domain.errors import BadPayload, CapReached, NotAllowed, Unavailable
from bot.domain.metering import Meter, Usage

LARGEST = 4_000_000  # bytes of a request
LEAST_ANSWER = 256  # tokens; with fewer it is not worth asking
QUIET_SECONDS = 300.0  # of an answer that comes in pieces


@dataclass(frozen=True, slots=True)
class Cap:
    """What the token is good for: requests, US dollars, seconds from now."""

    requests: int
    dollars: float
    seconds: float


class Gateway:
    """``async with``: open for one run. ``public_url`` is where a sandbox elsewhere finds it.
    ``upstream`` is another server that speaks the ``wire``, empty for the vendor's. It listens at
    ``socket``, and once ``listen`` was called at a port, too. ``used_up`` says which limit refused
    a request, ``refused`` what else was refused, each once. Without a price for ``model``
    (``priced``) only requests and seconds are capped. ``used`` is what the vendor has counted, and
    ``meter`` what every request is counted by beside it."""

    def __init__(
        self,
        *,
        api_key: str,
        model: str,
        wire: Wire,
        cap: Cap,
        meter: Meter | None = None,
        upstream: str = "",
        host: str = "127.0.0.1",
        port: int = 0,
        public_url: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._key, self._model, self._cap = api_key, model, cap
        self._wire, self._meter, self._address = wire, meter, upstream
        self._upstream = (upstream or self._wire.address).rstrip("/")
        self._host, self._port, self._public_url = host, port, public_url.rstrip("/")
        self._clock, self._ends = clock, clock() + cap.seconds
        self._one_at_a_time = asyncio.Lock()
        self.token = secrets.token_urlsafe(32)
        self.requests = 0
        self.dollars = 0.0
        self.used = Usage(0, 0)
        self.used_up = ""
        self.refused: dict[str, None] = {}
        self.socket = ""

    @property
    def priced(self) -> bool:
        """Whether dollars can be counted."""
        return self._price(Usage(1, 1)) is not None

    def _price(self, used: Usage) -> float | None:
        return dollars(self._wire.provider, self._model, used, address=self._address)

    async def __aenter__(self) -> Gateway:
        app = web.Application(client_max_size=LARGEST)
        app.router.add_get("/open", _open)
        for route in self._wire.routes:
            app.router.add_post(route, self._serve)
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=QUIET_SECONDS)
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        # A socket's path must be short; whoever is led to it may be another user.
        self._folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="soulcaster-")
        self.socket = f"{self._folder}/socket"
        await web.UnixSite(self._runner, self.socket).start()
        await asyncio.to_thread(os.chmod, self.socket, 0o666)
        return self

    async def listen(self) -> str:
        """Its URL for a sandbox that has a network of its own. Raises Unavailable."""
        site = web.TCPSite(self._runner, self._host, self._port)
        try:
            await site.start()
        except OSError as error:
            raise Unavailable(
                f"Port {self._port} for the model's gateway is taken by another run.",
                retry_after=60,
            ) from error
        port = self._runner.addresses[-1][1]
        return self._public_url or f"http://{self._host}:{port}"

    async def __aexit__(self, *error: object) -> None:
        await self._runner.cleanup()
        await self._session.close()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        head = request.headers.get(self._wire.key_header, "")
        given = head.removeprefix(self._wire.key_prefix).encode("utf-8", "replace")
        if not hmac.compare_digest(given, self.token.encode()):
            return self._refusal(401, "This token is not known here.")
        async with self._one_at_a_time:
            try:
                question = self._wire.read(
                    self._model, request.match_info, dict(request.query), await request.read()
                )
            except (BadPayload, NotAllowed) as error:
                self.refused[str(error)] = None
                code = 400 if isinstance(error, BadPayload) else 403
                return self._refusal(code, f"Refused: {error}")
            most = self._longest_answer(question)
            self.used_up = self._limit(question, most) or await self._reserve(question, most)
            if self.used_up:
                return self._refusal(403, f"Refused: {self.used_up}.")
            self.requests += 1
            return await self._forward(request, question, most)

    def _refusal(self, code: int, message: str) -> web.Response:
        return web.json_response(self._wire.refusal(code, message), status=code)

    def _longest_answer(self, question: Question) -> int:
        """Tokens of the longest answer there is money for."""
        asking, one = self._price(Usage(question.tokens, 0)), self._price(Usage(question.tokens, 1))
        if asking is None or one is None or one <= asking or question.is_free:
            return question.answer
        return min(
            question.answer, int((self._cap.dollars - self.dollars - asking) / (one - asking))
        )

    def _limit(self, question: Question, most: int) -> str:
        """Which limit is reached, or nothing."""
        if self._clock() >= self._ends:
            return "the run's time is used up"
        if self.requests >= self._cap.requests:
            return f"{self._cap.requests} requests are used up"
        if most < min(LEAST_ANSWER, question.answer):
            return f"${self.dollars:.2f} of ${self._cap.dollars:.2f} are used up"
        return ""

    async def _reserve(self, question: Question, most: int) -> str:
        """Why the meter lets it not be asked, or nothing."""
        try:
            if self._meter and not question.is_free:
                dearest = Usage(question.tokens, most)
                await self._meter.reserve(self._model, dearest, self._price(dearest))
        except CapReached as error:
            return str(error).rstrip(".")
        return ""

    async def _forward(
        self, request: web.Request, question: Question, most: int
    ) -> web.StreamResponse:
        """Ask, and pass the answer on. Without a usage it is counted as dear as it could be."""
        answered = bytearray()
        status, is_billed, is_whole = 0, not question.is_free, False
        try:
            async with self._session.post(
                f"{self._upstream}{question.path}",
                params=question.query,
                data=io.BytesIO(json.dumps(self._wire.limited(question, most)).encode()),
                headers={
                    **{n: request.headers[n] for n in self._wire.headers if n in request.headers},
                    self._wire.key_header: self._wire.key_prefix + self._key,
                    "Content-Type": "application/json",
                },
                allow_redirects=False,
            ) as answer:
                status = answer.status
                is_billed = is_billed and status == 200
                if status in (401, 403):
                    return self._refusal(502, "The model's service refused our key.")
                back = web.StreamResponse(
                    status=status, headers={"Content-Type": answer.content_type}
                )
                await back.prepare(request)
                async for piece in answer.content.iter_any():
                    answered += piece
                    with suppress(ConnectionError):  # whoever hangs up is still told the bill
                        await back.write(piece)
                is_whole = True
                return back
        except (aiohttp.ClientError, TimeoutError) as error:
            if status:
                raise  # the head is sent; only closing says that the rest is missing
            is_billed = is_billed and not isinstance(error, aiohttp.ClientConnectorError)
            return self._refusal(503, "The model's service cannot be reached.")
        finally:
            if not question.is_free:
                dearest, used = Usage(prompt=question.tokens, output=most), Usage(0, 0)
                if is_billed:
                    used = (self._wire.usage(bytes(answered)) if is_whole else None) or dearest
                await self._count(dearest, used)

    async def _count(self, most: Usage, one: Usage) -> None:
        sums = map(sum, zip(astuple(self.used), astuple(one), strict=True))
        self.used, cost = Usage(*sums), self._price(one)
        self.dollars += cost or 0.0
        if self._meter:
            await self._meter.settle(self._model, most, one, self._price(most), cost)


async def _open(_request: web.Request) -> web.Response:
    return web.Response(text="open\n")
