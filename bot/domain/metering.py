"""What calls of language models take, and what counts it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as a vendor counted them; ``prompt`` holds the ``cached`` ones, too."""

    prompt: int
    output: int
    cached: int = 0


class Meter(Protocol):
    """What calls of models are counted by, and capped. Dollars are None where nobody knows the
    price; then tokens alone are counted."""

    async def reserve(self, model: str, most: Usage, dollars: float | None) -> None:
        """Count the most that a call may take, before it is made. Raises CapReached."""

    async def settle(
        self, model: str, most: Usage, used: Usage, reserved: float | None, dollars: float | None
    ) -> None:
        """Count what it has taken in place of what was reserved."""
