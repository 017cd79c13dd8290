"""What every part of the simulator shares."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from bot.simulators.slack.errors import Refused
from bot.simulators.slack.events import Events
from bot.simulators.slack.faults import Faults
from bot.simulators.slack.limits import Meter
from bot.simulators.slack.workspace import Workspace

TRIGGER_SECONDS = 3.0
SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "reactions:read",
        "reactions:write",
        "team:read",
        "users:read",
        "users:read.email",
    }
)


class Triggers:
    """Trigger ids: each good for one modal, for three seconds."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._issued: dict[str, tuple[str, float]] = {}
        self._used: set[str] = set()

    def issue(self, user: str) -> str:
        """A new trigger id for what ``user`` just did."""
        now = self._workspace.now()
        trigger_id = f"{int(now * 1000)}.{len(self._issued)}.{secrets.token_hex(16)}"
        self._issued[trigger_id] = (user, now)
        return trigger_id

    def exchange(self, trigger_id: str) -> str:
        """The user it was issued for, once. Refuses as ``views.open`` does."""
        if trigger_id not in self._issued:
            raise Refused("invalid_trigger_id")
        if trigger_id in self._used:
            raise Refused("exchanged_trigger_id")
        user, issued_at = self._issued[trigger_id]
        if self._workspace.now() - issued_at > TRIGGER_SECONDS:
            raise Refused("expired_trigger_id")
        self._used.add(trigger_id)
        return user


@dataclass
class Installation:
    """The app as Slack knows it, and its tokens with the second at which each ends; with
    ``rotates`` each is good for twelve hours, and refreshed once."""

    client_id: str
    client_secret: str
    scopes: frozenset[str]
    rotates: bool = False
    tokens: dict[str, float] = field(default_factory=dict)
    refreshing: set[str] = field(default_factory=set)
    codes: dict[str, str] = field(default_factory=dict)

    def new_code(self, redirect_uri: str) -> str:
        """The code a person brings back after having said yes."""
        code = secrets.token_urlsafe(24)
        self.codes[code] = redirect_uri
        return code


@dataclass(frozen=True)
class Service:
    """The running simulator, as its parts see it."""

    workspace: Workspace
    events: Events
    triggers: Triggers
    meter: Meter
    faults: Faults
    installation: Installation
    bot_token: str
