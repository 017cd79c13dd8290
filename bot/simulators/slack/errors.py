"""How a Web API method says no."""

from __future__ import annotations

from collections.abc import Sequence


class Refused(Exception):
    """Becomes HTTP 200 with ``{"ok": false, "error": code}``, as Slack answers.

    ``messages`` become ``response_metadata.messages``; ``more`` are further fields of the answer.
    """

    def __init__(self, code: str, *, messages: Sequence[str] = (), **more: object) -> None:
        super().__init__(code)
        self.code = code
        self.messages = tuple(messages)
        self.more = more


class RateLimited(Exception):
    """Becomes HTTP 429. ``retry_after`` is in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after
