"""Bodies are read piece by piece, under a cap, a time limit and one budget of memory for all."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.domain.errors import BadPayload, Busy, TooLarge, TooSlow
from bot.log import log
from bot.sources.proof import Proof

# Bodies up to this size are nearly all there are; large ones leave them a quarter of the budget.
SMALL = 256 * 1024


class Bodies:
    """The budget: ``most`` bytes at once over all requests, ``seconds`` for one body."""

    def __init__(self, most: int, *, seconds: float) -> None:
        self._most = most
        self.seconds = seconds
        self.held = 0
        self.peak = 0
        self._full = False

    def refuse(self) -> None:
        """Say once that it is full: whoever is not proven cannot fill the log."""
        if not self._full:
            self._full = True
            log.warning("memory for bodies is used up: refusing more for now", bytes=self.held)

    def give_back(self, size: int) -> None:
        """A body is dealt with."""
        self.held -= size
        if self.held < self._most // 2:
            self._full = False

    def room(self, request: web.Request, cap: int) -> Room:
        """Room for the body of ``request``, judged by its headers alone. Raises TooLarge,
        BadPayload for a compressed one, Busy while the budget is used up."""
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise BadPayload("Send the body uncompressed.")
        declared = request.content_length
        if declared is not None and declared > cap:
            raise _too_large(cap)
        small = declared is not None and declared <= SMALL
        room = Room(self, request, cap, self._most if small else self._most * 3 // 4)
        room.take(0)
        return room


class Room:
    """Memory for one body, given back when the block ends."""

    def __init__(self, bodies: Bodies, request: web.Request, cap: int, most: int) -> None:
        self._bodies = bodies
        self._request = request
        self._cap = cap
        self._most = most
        self._taken = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bodies.give_back(self._taken)

    def take(self, size: int) -> None:
        """Count ``size`` more bytes. Raises TooLarge, or Busy when the budget is used up."""
        if self._taken + size > self._cap:
            raise _too_large(self._cap)
        if self._bodies.held + size >= self._most:
            self._bodies.refuse()
            raise Busy("Too much is being sent here at once.", retry_after=5)
        self._taken += size
        self._bodies.held += size
        self._bodies.peak = max(self._bodies.peak, self._bodies.held)

    async def read(self, proof: Proof) -> bytes:
        """The body, once it has proven its sender. Raises BadSignature, TooSlow, BadPayload when it
        breaks off, and what ``take`` raises."""
        pieces: list[bytes] = []
        content = self._request.content
        try:
            if content.is_eof():
                # It came with its head, as most do: a timer would cost more than all the rest.
                self._add(pieces, content.read_nowait(), proof)
            else:
                async with asyncio.timeout(self._bodies.seconds):
                    while piece := await content.readany():
                        self._add(pieces, piece, proof)
        except TimeoutError:
            raise TooSlow(f"The body did not come within {self._bodies.seconds:g} s.") from None
        except (web.RequestPayloadError, ConnectionError) as error:
            raise BadPayload("The body broke off.") from error
        proof.finish()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _add(self, pieces: list[bytes], piece: bytes, proof: Proof) -> None:
        self.take(len(piece))
        proof.update(piece)
        pieces.append(piece)


def _too_large(cap: int) -> TooLarge:
    return TooLarge(f"The body is over {cap / (1024 * 1024):g} MB.")
