"""What the gateway needs to know of a vendor's API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Question:
    """One request, made of known fields only.

    ``path`` is below the vendor's address. ``tokens`` is how many the question may be, estimated
    high; ``answer`` how many the asker wants back at most. ``is_free`` is true of what is not
    billed and bears no limit for the answer.
    """

    path: str
    query: dict[str, str]
    body: dict[str, Any]
    tokens: int
    answer: int
    is_free: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the vendor counted them; ``prompt`` holds the ``cached`` ones, too."""

    prompt: int
    output: int
    cached: int = 0


class Wire(Protocol):
    """A vendor's API: which calls there are, what may be in them, what they used."""

    address: str
    key_header: str
    routes: tuple[str, ...]
    """Paths of aiohttp's router, below which ``read`` gets the parts that vary."""

    def read(
        self, model: str, parts: dict[str, str], query: dict[str, str], raw: bytes
    ) -> Question:
        """The question in a request. Raises BadPayload for what is not forwarded, and NotAllowed
        for another model or call."""
        ...

    def limited(self, question: Question, tokens: int) -> dict[str, Any]:
        """The body to send, with an answer of ``tokens`` at most."""
        ...

    def usage(self, answered: bytes) -> Usage | None:
        """What a whole answer says it used; None where it does not."""
        ...

    def refusal(self, code: int, message: str) -> dict[str, Any]:
        """An error as the vendor itself would say it."""
        ...
