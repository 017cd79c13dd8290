"""Bounds on one test process: memory, files, CPU time a test."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable
from types import FrameType

_MEMORY = 1024**3  # more than it has


class TooSlow(BaseException):
    """A test has used its CPU time. Not an Exception, so that tests do not swallow it."""


def confine(cpu_seconds: float) -> None:
    """Bind this process: address space, file size, no core dumps, total CPU seconds."""
    with open("/proc/self/statm" if os.path.exists("/proc/self/statm") else os.devnull) as stream:
        pages = (stream.read() or "0").split()[0]
    space = int(pages) * resource.getpagesize() + _MEMORY
    _lower(resource.RLIMIT_AS, space)
    _lower(resource.RLIMIT_FSIZE, 64 * 1024 * 1024)
    _lower(resource.RLIMIT_CORE, 0)
    used = sum(os.times()[:2])
    _lower(resource.RLIMIT_CPU, int(used + cpu_seconds) + 2)


def _lower(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, hard))


def each_test(expired: Callable[[], None]) -> Callable[[float], None]:
    """A CPU timer for tests: ``switch(seconds)`` starts it, ``switch(0)`` stops it.

    When the time is up ``expired`` is called, and ``TooSlow`` is raised in the test, again and
    again until something lets it through.
    """

    def handler(_signum: int, frame: FrameType | None) -> None:
        expired()
        raise TooSlow("more CPU time than a test may use")

    signal.signal(signal.SIGPROF, handler)

    def switch(seconds: float) -> None:
        signal.setitimer(signal.ITIMER_PROF, seconds, 0.1 if seconds else 0)

    return switch
