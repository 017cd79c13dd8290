"""The Events API: tells our app what happened, and again when it does not listen.

Source: https://docs.slack.dev/apis/events-api
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.simulators.slack.app_client import AppClient, NoAnswer
from bot.simulators.slack.wire import message_json
from bot.simulators.slack.workspace import Channel, Message, Workspace

Json = dict[str, Any]

SUBSCRIPTIONS = frozenset(
    {
        "app_home_opened",
        "app_mention",
        "member_joined_channel",
        "message.channels",
        "message.groups",
        "message.im",
        "reaction_added",
        "reaction_removed",
        "app_uninstalled",
        "tokens_revoked",
    }
)
RETRY_DELAYS = (0.0, 60.0, 300.0)
_KEPT = 1000
_SUFFIX = {"public": "channels", "private": "groups", "im": "im"}
_CHANNEL_TYPE = {"public": "channel", "private": "group", "im": "im"}


@dataclass
class Delivery:
    """How sending one event went. ``outcome`` is pending, delivered or given up."""

    event_id: str
    type: str
    attempts: int = 0
    outcome: str = "pending"
    reason: str = ""


class Events:
    """Sends the events the app has subscribed to, each in its own task."""

    def __init__(
        self,
        workspace: Workspace,
        client: AppClient,
        *,
        subscriptions: Collection[str] = SUBSCRIPTIONS,
        retry_delays: Sequence[float] = RETRY_DELAYS,
        verification_token: str,
    ) -> None:
        self._workspace = workspace
        self._client = client
        self._subscriptions = frozenset(subscriptions)
        self._retry_delays = tuple(retry_delays)
        self._token = verification_token
        self._tasks: set[asyncio.Task[None]] = set()
        self._deliveries: deque[Delivery] = deque(maxlen=_KEPT)

    def posted(self, message: Message) -> None:
        """A message appeared: ``message``, and ``app_mention`` when it names the bot."""
        channel = self._workspace.channels[message.channel]
        shown = message_json(self._workspace, message)
        event = {**shown, **self._where(channel), "event_ts": message.ts}
        if shown["team"] != self._workspace.team.id:
            event |= {"user_team": shown["team"], "source_team": shown["team"]}
        self._send(f"message.{_SUFFIX[channel.kind]}", event, channel)
        named = f"<@{self._workspace.bot.id}>" in message.text
        if named and not message.by_bot and channel.kind != "im":
            mention = {**event, "type": "app_mention"}
            del mention["channel_type"]
            mention.pop("subtype", None)
            self._send("app_mention", mention, channel)

    def edited(self, message: Message, before: Json) -> None:
        """A message was changed."""
        channel = self._workspace.channels[message.channel]
        self._about(
            channel,
            "message_changed",
            message=message_json(self._workspace, message),
            previous_message=before,
        )

    def deleted(self, message: Message) -> None:
        """A message was taken away."""
        channel = self._workspace.channels[message.channel]
        before = message_json(self._workspace, message)
        self._about(channel, "message_deleted", deleted_ts=message.ts, previous_message=before)

    def reacted(self, message: Message, user: str, name: str, *, added: bool) -> None:
        """A reaction came or went."""
        kind = "reaction_added" if added else "reaction_removed"
        event = {
            "type": kind,
            "user": user,
            "reaction": name,
            "item": {"type": "message", "channel": message.channel, "ts": message.ts},
            "item_user": message.user,
            "event_ts": self._workspace.next_ts(),
        }
        self._send(kind, event, self._workspace.channels[message.channel])

    def joined(self, channel: Channel, user: str, *, inviter: str = "") -> None:
        """Somebody, perhaps the bot, came into a channel."""
        event = {
            "type": "member_joined_channel",
            "user": user,
            "channel": channel.id,
            "channel_type": "G" if channel.kind == "private" else "C",
            "team": self._workspace.team.id,
            "event_ts": self._workspace.next_ts(),
        }
        if inviter:
            event["inviter"] = inviter
        self._send("member_joined_channel", event, channel)

    def home_opened(self, user: str) -> None:
        """A person opened the app's home tab."""
        event: Json = {
            "type": "app_home_opened",
            "user": user,
            "channel": self._workspace.direct_message(user).id,
            "tab": "home",
            "event_ts": self._workspace.next_ts(),
        }
        if user in self._workspace.homes:
            event["view"] = self._workspace.homes[user]
        self._send("app_home_opened", event)

    def uninstalled(self) -> None:
        """The app was removed from the workspace."""
        bot = self._workspace.bot.id
        self._send("tokens_revoked", {"type": "tokens_revoked", "tokens": {"bot": [bot]}})
        self._send("app_uninstalled", {"type": "app_uninstalled"})

    async def verify(self) -> bool:
        """Ask the app to prove that it owns its request URL, as Slack does when one is saved."""
        challenge = self._workspace.new_id("challenge")
        body = {"token": self._token, "challenge": challenge, "type": "url_verification"}
        try:
            answer = await self._client.post_json("/slack/events", json.dumps(body).encode(), {})
        except NoAnswer:
            return False
        return answer.ok and challenge in answer.body

    def deliveries(self) -> list[Json]:
        """How the latest events went, oldest first."""
        return [asdict(delivery) for delivery in self._deliveries]

    async def close(self) -> None:
        """Stop retrying."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _where(self, channel: Channel) -> Json:
        return {"channel": channel.id, "channel_type": _CHANNEL_TYPE[channel.kind]}

    def _about(self, channel: Channel, subtype: str, **what: object) -> None:
        ts = self._workspace.next_ts()
        event = {
            "type": "message",
            "subtype": subtype,
            "hidden": True,
            "ts": ts,
            "event_ts": ts,
            **self._where(channel),
            **what,
        }
        self._send(f"message.{_SUFFIX[channel.kind]}", event, channel)

    def _send(self, subscription: str, event: Json, channel: Channel | None = None) -> None:
        bot = self._workspace.bot.id
        unseen = channel is not None and bot not in channel.members
        if subscription not in self._subscriptions or unseen:
            return
        team = self._workspace.team.id
        envelope = {
            "token": self._token,
            "team_id": team,
            "context_team_id": team,
            "context_enterprise_id": None,
            "api_app_id": self._workspace.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": self._workspace.new_id("Ev"),
            "event_time": int(self._workspace.now()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": team,
                    "user_id": bot,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": bool(channel and channel.connected),
            "event_context": f"4-{event['type']}-{team}",
        }
        delivery = Delivery(str(envelope["event_id"]), subscription)
        self._deliveries.append(delivery)
        body = json.dumps(envelope, separators=(",", ":")).encode()
        task = asyncio.create_task(self._deliver(delivery, body))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, delivery: Delivery, body: bytes) -> None:
        for attempt, delay in enumerate((0.0, *self._retry_delays)):
            await asyncio.sleep(delay)
            headers = {}
            if attempt:
                headers = {
                    "X-Slack-Retry-Num": str(attempt),
                    "X-Slack-Retry-Reason": delivery.reason,
                }
            delivery.attempts += 1
            try:
                answer = await self._client.post_json("/slack/events", body, headers)
            except NoAnswer as failure:
                delivery.reason = failure.reason
                continue
            if answer.ok:
                delivery.outcome = "delivered"
                return
            delivery.reason = "http_error"
            if answer.headers.get("X-Slack-No-Retry") == "1":
                break
        delivery.outcome = "given up"
