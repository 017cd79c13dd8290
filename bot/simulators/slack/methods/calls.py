"""One call of a Web API method, and the roster on which methods are entered."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.simulators.slack.errors import Refused
from bot.simulators.slack.service import Service
from bot.simulators.slack.workspace import Channel, Workspace

Json = dict[str, Any]
Item = TypeVar("Item")

# Calls a minute of the tiers of https://docs.slack.dev/apis/web-api/rate-limits
TIER_2, TIER_3, TIER_4, UNTIERED = 20, 50, 100, 600


@dataclass(frozen=True)
class Call:
    """The arguments of a call. Forms carry everything as text, JSON carries values; both are
    read alike."""

    service: Service
    arguments: Mapping[str, Any]

    @property
    def workspace(self) -> Workspace:
        """The workspace the token belongs to."""
        return self.service.workspace

    def required(self, name: str) -> str:
        """A text that must be there. Refuses with ``invalid_arguments``."""
        value = self.text(name)
        if not value:
            raise Refused("invalid_arguments", messages=[f"[ERROR] missing required field: {name}"])
        return value

    def text(self, name: str) -> str:
        """A text, empty when it is not there."""
        value = self.arguments.get(name)
        if value is None:
            return ""
        if isinstance(value, dict | list):
            raise Refused("invalid_arguments", messages=[f"[ERROR] must be a string: {name}"])
        return str(value)

    def boolean(self, name: str, *, default: bool = False) -> bool:
        """A flag."""
        value = self.arguments.get(name)
        return default if value is None else str(value).lower() in ("1", "true")

    def integer(self, name: str, *, default: int) -> int:
        """A whole number."""
        try:
            return int(self.text(name) or default)
        except ValueError:
            raise Refused("invalid_arguments") from None

    def structure(self, name: str, *, otherwise: str) -> Any:
        """A JSON value, sent as such or as text. Refuses with the code ``otherwise``."""
        value = self.arguments.get(name)
        if isinstance(value, str) and value:
            try:
                value = json.loads(value)
            except ValueError:
                raise Refused(otherwise) from None
        return value or None

    def channel(self) -> Channel:
        """The conversation named by ``channel``."""
        return self.workspace.channel(self.required("channel"))


def page(items: Sequence[Item], call: Call, *, most: int = 1000) -> tuple[list[Item], str]:
    """One page of a list, and the cursor of the next: empty on the last."""
    limit = call.integer("limit", default=100)
    if not 1 <= limit <= most:
        raise Refused("invalid_limit")
    start = 0
    if cursor := call.text("cursor"):
        try:
            start = int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
        except (binascii.Error, ValueError):
            raise Refused("invalid_cursor") from None
    end = start + limit
    following = base64.b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
    return list(items[start:end]), following


Run = Callable[[Call], Json]


@dataclass(frozen=True)
class Method:
    """A method: what it does, the scope it needs, its calls a minute."""

    run: Run
    scope: str
    tier: int
    needs_token: bool = True


class Roster(dict[str, Method]):
    """Methods by name."""

    def enter(
        self, name: str, *, scope: str = "", tier: int = TIER_3, needs_token: bool = True
    ) -> Callable[[Run], Run]:
        """Enter the decorated function as the method ``name``."""

        def entered(run: Run) -> Run:
            self[name] = Method(run, scope, tier, needs_token)
            return run

        return entered
