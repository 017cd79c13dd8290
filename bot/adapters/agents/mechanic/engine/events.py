"""Progress as JSON lines on standard output."""

from __future__ import annotations

import json
import sys
import time


class Events:
    """Writes one JSON object a line; ``seconds`` counts from the start."""

    def __init__(self) -> None:
        self.started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the engine began."""
        return time.monotonic() - self.started

    def tell(self, event: str, **facts: object) -> None:
        """Print one event. A reader that has gone away ends the engine, as it should."""
        line = {"event": event, "seconds": round(self.seconds, 2)}
        line.update(facts)
        sys.stdout.write(json.dumps(line, ensure_ascii=True) + "\n")
        sys.stdout.flush()
