"""Open connections: so many in all and from one address, and the unproven give way to newer ones.
aiohttp has no limit of its own. What its parser waits for is guarded here, between the transport
and its protocol: https://docs.python.org/3/library/asyncio-protocol.html"""

import asyncio
from collections import Counter
from collections.abc import Callable

from aiohttp import web


class Connections:
    """At most ``most``, this ``share`` of them from one address; a head comes within ``seconds``.
    Where no more fit, the one whose sender has been unproven longest is cut, of the address that
    has the most of them: whoever opens thousands cuts their own, and ``/healthz`` gets through."""

    def __init__(self, most: int, *, seconds: float, share: float) -> None:
        self._most = most
        self._most_of_one = max(1, int(most * share))
        self._seconds = seconds
        self._open: dict[asyncio.Transport, str] = {}
        self._by_address: Counter[str] = Counter()
        # In the order in which they began to keep us waiting.
        self._unproven: dict[asyncio.Transport, None] = {}
        self._heads: dict[asyncio.Transport, asyncio.TimerHandle] = {}
        self.cut = 0

    def __len__(self) -> int:
        return len(self._open)

    @property
    def busy(self) -> int:
        """Connections whose sender is proven and has no answer yet."""
        return len(self._open) - len(self._unproven)

    def guard(self, server: web.Server) -> Callable[[], asyncio.Protocol]:
        """What makes the protocol of each connection that is accepted."""
        return lambda: _Guarded(self, server())

    def opened(self, transport: asyncio.Transport) -> bool:
        """Count a new connection, making room for it; False when there is none to be made."""
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        if self._by_address[address] >= self._most_of_one:
            fits = self._cut(address)
        else:
            fits = len(self._open) < self._most or self._cut(self._busiest())
        if not fits:
            return False
        self._open[transport] = address
        self._by_address[address] += 1
        self._unproven[transport] = None
        loop = asyncio.get_running_loop()
        self._heads[transport] = loop.call_later(self._seconds, self._end, transport)
        return True

    def closed(self, transport: asyncio.Transport) -> None:
        """It is no longer open."""
        address = self._open.pop(transport, None)
        if address is None:
            return
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]
        self._unproven.pop(transport, None)
        if timer := self._heads.pop(transport, None):
            timer.cancel()

    def proven(self, request: web.Request) -> None:
        """Who sent this request is known: it is not cut until it is answered."""
        if request.transport is not None:
            self._unproven.pop(request.transport, None)

    def asked(self, request: web.Request) -> None:
        """The head of a request has come."""
        if request.transport is not None and (timer := self._heads.pop(request.transport, None)):
            timer.cancel()

    def answered(self, request: web.Request) -> None:
        """The connection is as good as a new one again."""
        transport = request.transport
        if transport in self._open:
            self._unproven.pop(transport, None)
            self._unproven[transport] = None

    def _busiest(self) -> str:
        waiting = Counter(self._open[transport] for transport in self._unproven)
        return waiting.most_common(1)[0][0] if waiting else ""

    def _cut(self, address: str) -> bool:
        for transport in self._unproven:
            if self._open[transport] == address:
                self._end(transport)
                return True
        return False

    def _end(self, transport: asyncio.Transport) -> None:
        self.cut += 1
        self.closed(transport)
        transport.abort()


class _Guarded(asyncio.Protocol):
    """aiohttp's protocol of one connection, told of nothing that is not let in."""

    def __init__(self, connections: Connections, inner: asyncio.Protocol) -> None:
        self._connections, self._inner = connections, inner
        self._transport: asyncio.Transport | None = None
        # Straight through: this is called for whatever arrives.
        self.data_received = inner.data_received  # type: ignore[method-assign]
        self.eof_received = inner.eof_received  # type: ignore[method-assign]
        self.pause_writing = inner.pause_writing  # type: ignore[method-assign]
        self.resume_writing = inner.resume_writing  # type: ignore[method-assign]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP has no other
        if self._connections.opened(transport):
            self._transport = transport
            self._inner.connection_made(transport)
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._connections.closed(self._transport)
            self._inner.connection_lost(exc)
