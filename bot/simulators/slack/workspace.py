"""What a Slack workspace holds. No wire and no waiting in here.

**Invariant:** a ``ts`` is ``seconds.microseconds`` with 10 and 6 digits, and no two messages of
the workspace share one: each is later than the last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from bot.simulators.slack.errors import Refused


@dataclass(frozen=True)
class Team:
    """The workspace's name card."""

    id: str = "T0SOULCAST"
    name: str = "Acme"
    domain: str = "acme"


@dataclass
class User:
    """A person, or the app's bot user. ``team`` is another workspace's id, for a person of it
    (Slack Connect); a guest sees only the channels they are in."""

    id: str
    name: str
    real_name: str
    email: str = ""
    is_bot: bool = False
    is_admin: bool = False
    is_guest: bool = False
    team: str = ""
    timezone: str = "Europe/Paris"
    updated: int = 0


@dataclass
class Message:
    """A message in a channel; ``by_bot`` when our app posted it.

    ``thread_ts`` is the parent's ts, for replies only.
    """

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    thread_ts: str = ""
    by_bot: bool = False
    subtype: str = ""
    client_msg_id: str = ""
    metadata: dict[str, Any] | None = None
    edited: tuple[str, str] | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Ephemeral:
    """A message that one person sees, and nobody else."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    thread_ts: str = ""
    from_slack: bool = False


@dataclass
class Channel:
    """A conversation: a channel, or a direct message with ``im_with``.

    ``connected`` are the other workspaces that it is shared with.
    """

    id: str
    name: str
    kind: Literal["public", "private", "im"] = "public"
    topic: str = ""
    purpose: str = ""
    im_with: str = ""
    creator: str = ""
    created: int = 0
    is_archived: bool = False
    connected: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)

    def replies(self, ts: str) -> list[Message]:
        """The replies below a message, oldest first."""
        return [message for message in self.messages.values() if message.thread_ts == ts]


class Changes:
    """Tells whoever listens that something changed, as small JSON objects."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[dict[str, str]]] = set()

    def tell(self, kind: str, **where: str) -> None:
        """Tell every listener."""
        for listener in self._listeners:
            listener.put_nowait({"kind": kind, **where})

    def listen(self) -> asyncio.Queue[dict[str, str]]:
        """A queue that gets every change from now on, until ``leave``."""
        queue: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._listeners.add(queue)
        return queue

    def leave(self, queue: asyncio.Queue[dict[str, str]]) -> None:
        """Stop listening."""
        self._listeners.discard(queue)


class Workspace:
    """Users, channels, messages, views. Lookups refuse with Slack's own error codes."""

    def __init__(self, team: Team, *, bot_name: str, clock: Callable[[], float]) -> None:
        self.team = team
        self.app_id = "A0SOULCAST"
        self.bot_id = "B0SOULCAST"
        self.changes = Changes()
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.ephemerals: list[Ephemeral] = []
        self.modals: dict[str, list[dict[str, Any]]] = {}
        self.homes: dict[str, dict[str, Any]] = {}
        self.files: dict[str, tuple[dict[str, Any], bytes]] = {}
        self._clock = clock
        self._last_ts = 0
        self._numbers = count(1)
        self.bot = self.add_user(bot_name, bot_name.title(), is_bot=True, user_id="U0SOULCAST")

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock()

    def next_ts(self) -> str:
        """The ts of something that happens now."""
        self._last_ts = max(int(self._clock() * 1_000_000), self._last_ts + 1)
        return f"{self._last_ts // 1_000_000:010d}.{self._last_ts % 1_000_000:06d}"

    def new_id(self, prefix: str) -> str:
        """An id as Slack makes them: a letter and ten more."""
        return f"{prefix}0{next(self._numbers):09d}"

    def add_user(
        self,
        name: str,
        real_name: str = "",
        *,
        email: str = "",
        is_admin: bool = False,
        is_bot: bool = False,
        is_guest: bool = False,
        team: str = "",
        user_id: str = "",
    ) -> User:
        """A new member of the workspace, or a person of another one."""
        user = User(
            id=user_id or self.new_id("U"),
            name=name,
            real_name=real_name or name.title(),
            email=email or ("" if is_bot else f"{name}@{self.team.domain}.example"),
            is_bot=is_bot,
            is_admin=is_admin,
            is_guest=is_guest,
            team=team,
            updated=int(self.now()),
        )
        self.users[user.id] = user
        self.changes.tell("user", user=user.id)
        return user

    def add_channel(
        self, name: str, *, topic: str = "", is_private: bool = False, with_bot: bool = True
    ) -> Channel:
        """A new channel with every person in it, and the bot unless told otherwise."""
        people = [user.id for user in self.users.values() if not (user.is_bot or user.team)]
        channel = Channel(
            id=self.new_id("C"),
            name=name,
            kind="private" if is_private else "public",
            topic=topic,
            creator=people[0] if people else self.bot.id,
            created=int(self.now()),
            members=[*people, self.bot.id] if with_bot else people,
        )
        self.channels[channel.id] = channel
        self.changes.tell("channel", channel=channel.id)
        return channel

    def user(self, user_id: str) -> User:
        """The user, by id. Refuses with ``user_not_found``."""
        if user_id not in self.users:
            raise Refused("user_not_found")
        return self.users[user_id]

    def user_named(self, name_or_id: str) -> User:
        """The user, by id or by name, as a person would say it."""
        for user in self.users.values():
            if name_or_id.lstrip("@") in (user.id, user.name):
                return user
        raise Refused("user_not_found")

    def channel(self, channel_id: str) -> Channel:
        """The channel, by id only. Refuses with ``channel_not_found``."""
        channel = self.channels.get(channel_id)
        hidden = channel and channel.kind == "private" and self.bot.id not in channel.members
        if channel is None or hidden:
            raise Refused("channel_not_found")
        return channel

    def channel_named(self, name_or_id: str) -> Channel:
        """The channel by id, ``#name`` or name; a user's id means the direct message with them."""
        if name_or_id in self.users:
            return self.direct_message(name_or_id)
        for channel in self.channels.values():
            if channel.kind != "im" and channel.name == name_or_id.lstrip("#"):
                return self.channel(channel.id)
        return self.channel(name_or_id)

    def direct_message(self, user_id: str) -> Channel:
        """The conversation between a user and the bot, opened when it is not there yet."""
        user = self.user(user_id)
        for channel in self.channels.values():
            if channel.im_with == user.id:
                return channel
        channel = Channel(
            id=self.new_id("D"),
            name="",
            kind="im",
            im_with=user.id,
            creator=self.bot.id,
            created=int(self.now()),
            members=[user.id, self.bot.id],
        )
        self.channels[channel.id] = channel
        self.changes.tell("channel", channel=channel.id)
        return channel

    def message(self, channel: Channel, ts: str) -> Message:
        """The message. Refuses with ``message_not_found``."""
        if ts not in channel.messages:
            raise Refused("message_not_found")
        return channel.messages[ts]

    def post(self, message: Message) -> Message:
        """Put a message into its channel."""
        self.channels[message.channel].messages[message.ts] = message
        self.changes.tell("message", channel=message.channel, ts=message.ts)
        return message

    def whisper(
        self,
        channel: str,
        user: str,
        text: str,
        blocks: Sequence[dict[str, Any]] = (),
        thread_ts: str = "",
        *,
        from_slack: bool = False,
    ) -> Ephemeral:
        """Show a message to one person; ``from_slack`` when Slack itself says it."""
        ephemeral = Ephemeral(
            self.next_ts(), channel, user, text, list(blocks), thread_ts, from_slack
        )
        self.ephemerals.append(ephemeral)
        self.changes.tell("ephemeral", channel=channel, ts=ephemeral.ts)
        return ephemeral

    def ephemeral(self, ts: str) -> Ephemeral | None:
        """The ephemeral message of this ts, if there is one."""
        return next((one for one in self.ephemerals if one.ts == ts), None)

    def views(self) -> Iterator[dict[str, Any]]:
        """Every view that is open or published."""
        yield from self.homes.values()
        for stack in self.modals.values():
            yield from stack
