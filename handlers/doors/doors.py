"""A body is handed on once its sender is proven, and not before."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.domain.errors import BadPayload, Busy, TooLarge, TooMany, TooSlow, Unavailable, WrongSecret
from bot.log import log
from bot.settings import Settings
from bot.sources.proof import Proof
from handlers.doors.connections import Connections

# Bodies up to this size are nearly all there are; large ones leave them a quarter of the budget.
SMALL = 256 * 1024


class Bodies:
    """The budget: ``most`` bytes at once over all requests, ``seconds`` for one body."""

    def __init__(self, most: int, *, seconds: float) -> None:
        self._most, self.seconds = most, seconds
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
        self._bodies, self._request, self._cap, self._most = bodies, request, cap, most
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


def address_of(peer: str, forwarded: Sequence[str], proxies: int) -> str:
    """The sender's address; of IPv6 the network of 64 bits, which one machine has to itself.
    ``forwarded`` are the X-Forwarded-For headers. Each of our ``proxies`` has added to their end
    whom it heard from; what stands before that was written by the sender, and is not believed."""
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    found = hops[-proxies] if 0 < proxies <= len(hops) else peer
    if ":" not in found:
        return found
    try:
        address = ipaddress.IPv6Address(found.partition("%")[0])
    except ValueError:
        return peer
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address, 64), strict=False))


class Unproven:
    """``rows`` deliveries of one address, and ``most`` bytes of all."""

    def __init__(self, rows: int = 200, most: int = 32 * 1024 * 1024) -> None:
        self._rows, self._most = rows, most
        self._by_address: Counter[str] = Counter()
        self._bytes = 0

    def take(self, address: str, size: int) -> None:
        """Count one more. Raises Unavailable when there is no room for it."""
        if self._by_address[address] >= self._rows or self._bytes + size > self._most:
            raise Unavailable("Redis is away and this door is new here; send again.")
        self._by_address[address] += 1
        self._bytes += size

    def clear(self) -> None:
        """Senders can be proven again."""
        self._by_address.clear()
        self._bytes = 0


MOST_KEPT = 10_000
LONGEST = 300.0


@dataclass(slots=True)
class _Wrong:
    times: int = 0
    until: float = 0.0


class Waits:
    """``free`` wrong secrets by door and address, then a wait that doubles, up to five minutes.
    Times are seconds of any clock that only goes forward. Those heard of longest ago are
    forgotten."""

    def __init__(self, free: int) -> None:
        self._free = free
        self._wrong: OrderedDict[tuple[str, str], _Wrong] = OrderedDict()

    def check(self, door: str, address: str, now: float) -> None:
        """Raise TooMany while this address has to wait at this door."""
        known = self._wrong.get((door, address))
        if known is not None and now < known.until:
            raise TooMany(known.until - now)

    def wrong(self, door: str, address: str, now: float) -> None:
        """Count a wrong secret. Raise TooMany when it was one too many, or comes too early."""
        self.check(door, address, now)
        key = (door, address)
        known = self._wrong.setdefault(key, _Wrong())
        self._wrong.move_to_end(key)
        if len(self._wrong) > MOST_KEPT:
            self._wrong.popitem(last=False)
        known.times += 1
        if known.times > self._free:
            wait = min(2.0 ** min(known.times - self._free - 1, 16), LONGEST)
            known.until = now + wait
            raise TooMany(wait)

    def right(self, door: str, address: str) -> None:
        """Whoever knows the secret starts anew."""
        self._wrong.pop((door, address), None)

    def __len__(self) -> int:
        return len(self._wrong)


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
        """The body, once ``begin`` is content with the headers and its proof with the body. Raises
        BadSignature, TooMany for one wrong secret of this address too many at this door, and what
        ``room.read`` raises."""
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
