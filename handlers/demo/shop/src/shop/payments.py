"""The payment provider's client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

ATTEMPTS = 3
TIMEOUT_SECONDS = 10.0

# Sends fields to the provider within so many seconds and gives its answer's fields.
# Raises TimeoutError.
Transport = Callable[[dict[str, str], float], dict[str, str]]


class PaymentTimeout(Exception):
    """The provider did not answer; nothing is known about the money."""


class PaymentDeclined(Exception):
    """The provider said no."""


@dataclass(frozen=True)
class Payment:
    """A payment that went through."""

    order: str
    amount: int
    reference: str


class Gateway:
    """Takes money for orders."""

    def __init__(self, transport: Transport, timeout: float = TIMEOUT_SECONDS) -> None:
        self._transport = transport
        self._timeout = timeout

    def charge(self, order: str, amount: int) -> Payment:
        """Take so many cents for an order.

        The order's number is the idempotency key: the provider charges it once, however often
        it is asked. Raises PaymentTimeout and PaymentDeclined.
        """
        fields = {"order": order, "amount": str(amount), "idempotency_key": order}
        answer = self._send(fields)
        if answer.get("status") != "paid":
            raise PaymentDeclined(answer.get("reason", "no reason given"))
        return Payment(order, amount, answer["reference"])

    def _send(self, fields: dict[str, str]) -> dict[str, str]:
        for _ in range(ATTEMPTS):
            try:
                return self._transport(fields, self._timeout)
            except TimeoutError:
                continue
        raise PaymentTimeout(f"no answer from the provider after {ATTEMPTS} attempts")
