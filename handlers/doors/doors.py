"""A body is handed on once its sender is proven, and not before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web

from bot.domain.errors import WrongSecret
from bot.log import log
from bot.settings import Settings
from bot.sources.proof import Proof
from handlers.doors.address import address_of
from handlers.doors.bodies import Bodies, Room
from handlers.doors.connections import Connections
from handlers.doors.unproven import Unproven
from handlers.doors.waits import Waits


class Doors:
    """What all doors of one server share."""

    def __init__(self, settings: Settings) -> None:
        self.connections = Connections(
            settings.soulcaster_connections,
            seconds=settings.soulcaster_door_seconds,
            # A proxy is one address for everybody behind it.
            share=1.0 if settings.soulcaster_proxies else 0.5,
        )
        self.bodies = Bodies(
            settings.soulcaster_body_mb * 1024 * 1024, seconds=settings.soulcaster_door_seconds
        )
        self.unproven = Unproven()
        self.waits = Waits(settings.soulcaster_wrong_secrets)
        self._proxies = settings.soulcaster_proxies
        self._warned: set[str] = set()

    def warn_once(self, of: str) -> None:
        """One line in the log, however often it is said."""
        if of not in self._warned:
            self._warned.add(of)
            log.warning(of)

    def address(self, request: web.Request) -> str:
        """Whom we heard from, as far as our own proxies can tell."""
        forwarded = request.headers.getall("X-Forwarded-For", ())
        if forwarded and not self._proxies:
            self.warn_once(
                "requests come through a proxy, so all senders count as one: set SOULCASTER_PROXIES"
            )
        return address_of(request.remote or "", forwarded, self._proxies)

    async def prove(
        self, request: web.Request, room: Room, door: str, begin: Callable[[], Proof]
    ) -> bytes:
        """The body, once ``begin`` is content with the headers and its proof with the body.

        Raises BadSignature, TooMany for one wrong secret of this address too many at this door,
        and what ``room.read`` raises.
        """
        now = asyncio.get_running_loop().time()
        try:
            proof = begin()
            if proof.at_once:
                self.waits.check(door, self.address(request), now)
            body = await room.read(proof)
        except WrongSecret:
            self.waits.wrong(door, self.address(request), now)
            raise
        if proof.at_once:
            self.waits.right(door, self.address(request))
        self.connections.proven(request)
        return body


DOORS = web.AppKey("doors", Doors)
