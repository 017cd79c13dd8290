"""What commands wanted of a network that is closed to them."""

import asyncio
import contextlib
import json
import os
import re
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Self

# What resolvers, package managers and runtimes say before a host that they can't reach.
_SAID = (
    *("Failed to resolve '", "Could not resolve host: ", "Could not resolve '"),
    *("getaddrinfo EAI_AGAIN ", "getaddrinfo ENOTFOUND ", "connect ENETUNREACH "),
    *("ConnectionPool(host='", "Cannot connect to host ", "dial tcp: lookup "),
    *("Temporary failure resolving '", "unable to resolve host address ‘", "/dev/tcp/"),
)
_HOST = re.compile(
    rf"(?:{'|'.join(map(re.escape, _SAID))})(?!localhost\b|127\.)"
    r"([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)"
)


def unreached(output: str) -> list[str]:
    """Hosts that ``output`` says could not be reached, in its order."""
    return _HOST.findall(output)


class Gate:
    """Holds a command of bubblewrap at its start until its network is watched. The kernel's
    counters are those of a network namespace: whoever has them open reads them to the end, whatever
    the command does. Closed by the end of the ``with`` block."""

    def __init__(self) -> None:
        self._files = ExitStack()
        self._told, self._tell = self._pipe()
        self._wait, self._go = self._pipe()
        self._counters: list[BinaryIO] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._files.close()

    @property
    def options(self) -> tuple[str, ...]:
        """For bubblewrap."""
        return (*("--info-fd", str(self._tell.fileno())), *("--block-fd", str(self._wait.fileno())))

    @property
    def passed_on(self) -> tuple[int, ...]:
        """The file descriptors that bubblewrap inherits."""
        return (self._tell.fileno(), self._wait.fileno())

    async def open(self) -> None:
        """Bubblewrap has started: let the command go."""
        self._tell.close()
        self._wait.close()
        told = await asyncio.to_thread(self._told.read)
        with contextlib.suppress(ValueError, OSError):  # it has ended already
            below = Path(f"/proc/{json.loads(told)['child-pid']}/net")
            for name in ("snmp", "snmp6"):
                counters = (below / name).open("rb", buffering=0)
                self._counters.append(self._files.enter_context(counters))
        with contextlib.suppress(BrokenPipeError):
            self._go.write(b"\n")

    def attempts(self) -> int:
        """Packets and connections that the kernel found no route for."""
        for counters in self._counters:
            counters.seek(0)
        return sum(_without_route(counters.read().decode()) for counters in self._counters)

    def _pipe(self) -> tuple[BinaryIO, BinaryIO]:
        read, write = os.pipe()
        ends = os.fdopen(read, "rb", buffering=0), os.fdopen(write, "wb", buffering=0)
        for end in ends:
            self._files.enter_context(end)
        return ends


def _without_route(counters: str) -> int:
    """``OutNoRoutes`` of /proc/net/snmp (a line of names, one of values) or snmp6 (one each)."""
    if found := re.search(r"^Ip6OutNoRoutes\s+(\d+)", counters, re.MULTILINE):
        return int(found[1])
    names, values = (line.split() for line in counters.splitlines() if line.startswith("Ip: "))
    return int(values[names.index("OutNoRoutes")])
