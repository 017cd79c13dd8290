"""What models cost: US dollars a million tokens, standard tier, text.

Gemini from https://ai.google.dev/gemini-api/docs/pricing as of 2026-10-07; thinking is billed as
output. Claude and GPT as litellm 1.110 lists them (``model_prices_and_context_window.json``).
Where a price is reduced for a time, the full one stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CACHED = 0.1


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars a million tokens; ``long_*`` for prompts over ``long`` tokens, 0 where the same.

    Cached input is counted at a tenth of ``input``, which is the most that any of them asks.
    """

    input: float
    output: float
    long_input: float = 0
    long_output: float = 0
    long: int = 200_000

    def dollars(self, prompt: int, output: int, cached: int = 0) -> float:
        """What one request costs; ``prompt`` counts the cached tokens too."""
        is_long = prompt > self.long and self.long_input > 0
        a_token_in = self.long_input if is_long else self.input
        a_token_out = self.long_output if is_long else self.output
        full = prompt - cached + cached * CACHED
        return (full * a_token_in + output * a_token_out) / 1_000_000


PRICES: Mapping[str, Price] = {
    "gemini-3.8-flash": Price(1.50, 7.50),
    "gemini-3.7-flash": Price(1.50, 7.50),
    "gemini-3.5-flash": Price(1.50, 9.00),
    "gemini-3.1-pro-preview": Price(2.00, 12.00, 4.00, 18.00),
    "gemini-3.1-flash-lite": Price(0.25, 1.50),
    "gemini-3-flash-preview": Price(0.50, 3.00),
    "gemini-2.5-pro": Price(1.25, 10.00, 2.50, 15.00),
    "gemini-2.5-flash": Price(0.30, 2.50),
    "gemini-2.5-flash-lite": Price(0.10, 0.40),
    "claude-opus-5-5": Price(4.00, 20.00),
    "claude-sonnet-5-5": Price(2.00, 10.00),
    "claude-sonnet-5": Price(2.00, 10.00),
    "claude-sonnet-4-6": Price(3.00, 15.00),
    "claude-haiku-4-5": Price(1.00, 5.00),
    "gpt-6.1-sol": Price(2.00, 10.00, 4.00, 15.00, 272_000),
    "gpt-6.1-terra": Price(1.00, 5.00, 2.00, 7.50, 272_000),
    "gpt-5.5": Price(5.00, 30.00, 10.00, 45.00, 272_000),
    "gpt-5.2": Price(1.75, 14.00),
}


def price_of(model: str) -> Price | None:
    """None for a model whose price nobody has written down here."""
    return PRICES.get(model.removeprefix("models/"))
