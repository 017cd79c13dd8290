"""What persons do and see in the workspace: the ``/_sim/`` API, for the demo page and the tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.simulators.slack.errors import Refused
from bot.simulators.slack.faults import Fault
from bot.simulators.slack.interactions import Interactions
from bot.simulators.slack.methods.chat import permalink
from bot.simulators.slack.methods.files import attach
from bot.simulators.slack.methods.reactions import react, unreact
from bot.simulators.slack.service import Service
from bot.simulators.slack.wire import (
    channel_json,
    message_json,
    typed_blocks,
    typed_text,
    user_json,
)
from bot.simulators.slack.workspace import Channel, Message

Json = dict[str, Any]
_HEARTBEAT_SECONDS = 15


# What a person does, given the body of the request and this simulator's own address.
Act = Callable[[Any, str], Awaitable[Json]]


class _Nothing(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Act(_Nothing):
    """Who does it. Users and channels go by id or by name."""

    user: str


class _InChannel(_Act):
    channel: str


class _File(_Nothing):
    name: str
    text: str
    changed: Json = Field(default_factory=dict)


class _Say(_InChannel):
    text: str = Field(min_length=1, max_length=40_000)
    thread_ts: str = ""
    files: list[_File] = []


class _Command(_InChannel):
    text: str = ""
    command: str = "/soulcaster"


class _Press(_Act):
    channel: str = ""
    ts: str = ""
    view_id: str = ""
    action_id: str = ""
    value: str = ""
    chosen: Any = None


class _Submit(_Act):
    view_id: str
    values: dict[str, dict[str, Any]] = Field(default_factory=dict)


class _Close(_Act):
    view_id: str


class _React(_InChannel):
    ts: str
    name: str
    remove: bool = False


class Persons:
    """The person API. Every POST answers when the app has answered, with what the person saw."""

    def __init__(self, service: Service, interactions: Interactions) -> None:
        self._service = service
        self._workspace = service.workspace
        self._interactions = interactions
        self._streams: set[asyncio.Task[Any]] = set()

    def add_routes(self, app: web.Application) -> None:
        """Open the API."""
        acts: dict[str, tuple[type[BaseModel], Act]] = {
            "message": (_Say, self._message),
            "command": (_Command, self._command),
            "press": (_Press, self._press),
            "submit": (_Submit, self._submit),
            "close": (_Close, self._close),
            "react": (_React, self._react),
            "join": (_InChannel, self._join),
            "home": (_Act, self._home),
            "verify": (_Nothing, self._verify),
            "uninstall": (_Nothing, self._uninstall),
            "faults": (Fault, self._add_fault),
        }
        for name, (body, act) in acts.items():
            app.router.add_post(f"/_sim/{name}", _guarded(body, act))
        app.router.add_get("/_sim/state", self._state)
        app.router.add_get("/_sim/deliveries", self._deliveries)
        app.router.add_get("/_sim/stream", self._stream)
        app.on_shutdown.append(self._end_streams)

    def state(self) -> Json:
        """Everything there is to see, as JSON."""
        workspace = self._workspace
        return {
            "team": asdict(workspace.team),
            "app": {
                "id": workspace.app_id,
                "name": workspace.bot.name,
                "bot_user": workspace.bot.id,
            },
            "users": [user_json(workspace, user) for user in workspace.users.values()],
            "channels": [self._channel(channel) for channel in workspace.channels.values()],
            "ephemerals": [asdict(one) for one in workspace.ephemerals],
            "modals": {user: stack for user, stack in workspace.modals.items() if stack},
            "homes": workspace.homes,
        }

    def _channel(self, channel: Channel) -> Json:
        return {
            **channel_json(self._workspace, channel),
            "members": channel.members,
            "messages": [
                {
                    **message_json(self._workspace, message, listed=True),
                    "permalink": permalink(self._workspace, message),
                }
                for message in channel.messages.values()
            ],
        }

    async def _state(self, _request: web.Request) -> web.Response:
        return web.json_response(self.state())

    async def _deliveries(self, _request: web.Request) -> web.Response:
        return web.json_response(self._service.events.deliveries())

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        changes = self._workspace.changes.listen()
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a handler always runs in a task
        self._streams.add(task)
        try:
            await response.write(b": listening\n\n")
            while True:
                try:
                    change = await asyncio.wait_for(changes.get(), _HEARTBEAT_SECONDS)
                    await response.write(f"data: {json.dumps(change)}\n\n".encode())
                except TimeoutError:
                    await response.write(b": still here\n\n")
        except ConnectionResetError:
            return response
        finally:
            self._streams.discard(task)
            self._workspace.changes.leave(changes)

    async def _end_streams(self, _app: web.Application) -> None:
        for stream in self._streams:
            stream.cancel()

    async def _message(self, say: _Say, origin: str) -> Json:
        user = self._workspace.user_named(say.user)
        channel = self._workspace.channel_named(say.channel)
        if say.thread_ts:
            self._workspace.message(channel, say.thread_ts)
        text = typed_text(self._workspace, say.text)
        message = self._workspace.post(
            Message(
                ts=self._workspace.next_ts(),
                channel=channel.id,
                user=user.id,
                text=text,
                blocks=typed_blocks(self._workspace, text),
                thread_ts=say.thread_ts,
                client_msg_id=self._workspace.new_id("msg"),
                files=[
                    attach(self._workspace, user.id, file.name, file.text, origin, **file.changed)
                    for file in say.files
                ],
            )
        )
        self._service.events.posted(message)
        return {"ok": True, "ts": message.ts}

    async def _command(self, command: _Command, origin: str) -> Json:
        return asdict(
            await self._interactions.command(
                self._workspace.user_named(command.user),
                self._workspace.channel_named(command.channel),
                command.command,
                command.text,
                origin=origin,
            )
        )

    async def _press(self, press: _Press, origin: str) -> Json:
        user = self._workspace.user_named(press.user)
        element = {"action_id": press.action_id, "value": press.value, "chosen": press.chosen}
        if press.view_id:
            pressed = self._interactions.press_in_view(user, press.view_id, **element)
        else:
            channel = self._workspace.channel_named(press.channel)
            pressed = self._interactions.press(user, channel, press.ts, origin=origin, **element)
        return asdict(await pressed)

    async def _submit(self, submit: _Submit, _origin: str) -> Json:
        user = self._workspace.user_named(submit.user)
        return asdict(await self._interactions.submit(user, submit.view_id, submit.values))

    async def _close(self, close: _Close, _origin: str) -> Json:
        user = self._workspace.user_named(close.user)
        return asdict(await self._interactions.close(user, close.view_id))

    async def _react(self, reaction: _React, _origin: str) -> Json:
        user = self._workspace.user_named(reaction.user)
        channel = self._workspace.channel_named(reaction.channel)
        message = self._workspace.message(channel, reaction.ts)
        act = unreact if reaction.remove else react
        act(self._service, message, user.id, reaction.name)
        return {"ok": True}

    async def _join(self, join: _InChannel, _origin: str) -> Json:
        """A person joins, or invites the bot: ``user`` is whoever comes in."""
        user = self._workspace.user_named(join.user)
        channel = self._workspace.channel_named(join.channel)
        if user.id not in channel.members:
            channel.members.append(user.id)
            self._workspace.changes.tell("channel", channel=channel.id)
            self._service.events.joined(channel, user.id)
        return {"ok": True}

    async def _home(self, who: _Act, _origin: str) -> Json:
        self._service.events.home_opened(self._workspace.user_named(who.user).id)
        return {"ok": True}

    async def _verify(self, _: _Nothing, _origin: str) -> Json:
        return {"ok": await self._service.events.verify()}

    async def _uninstall(self, _: _Nothing, _origin: str) -> Json:
        self._service.installation.tokens.clear()
        self._service.events.uninstalled()
        return {"ok": True}

    async def _add_fault(self, fault: Fault, _origin: str) -> Json:
        self._service.faults.add(fault)
        return {"ok": True}


def _guarded(body: type[BaseModel], act: Act) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            said = body.model_validate_json(await request.read() or b"{}")
            answer = await act(said, str(request.url.origin()))
        except ValidationError as wrong:
            first = wrong.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            return web.json_response({"ok": False, "error": f"{field}: {first['msg']}"}, status=400)
        except Refused as refusal:
            return web.json_response({"ok": False, "error": refusal.code}, status=404)
        return web.json_response(answer)

    return handle
