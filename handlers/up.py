"""``soulcaster up``: the Procfile's processes in one, for small servers and newcomers."""

from __future__ import annotations

import os
from collections.abc import Mapping

from handlers.stack import Stack

# As in the Procfile; a test holds it.
PROCESSES: Mapping[str, tuple[str, ...]] = {
    "web": ("web",),
    "worker": ("worker", "--queue", "work"),
    "fixer": ("worker", "--queue", "fixes"),
    "clock": ("clock",),
}


async def start_all(stack: Stack) -> None:
    """Start every process, the web first."""
    for name, arguments in PROCESSES.items():
        await stack.start(name, *arguments)


async def up() -> None:
    """Run them until cancelled. Raises ConfigError when one cannot even begin."""
    stack = Stack(os.environ, logs=None)
    try:
        await start_all(stack)
        await stack.wait()
    finally:
        await stack.stop()
