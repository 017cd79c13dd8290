"""Slash commands, buttons and modals: sends what a person did, shows what the app answers.

Sources: https://docs.slack.dev/interactivity/implementing-slash-commands
https://docs.slack.dev/interactivity/handling-user-interaction
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from bot.simulators.slack.app_client import Answer, AppClient, NoAnswer
from bot.simulators.slack.blocks import elements
from bot.simulators.slack.errors import Refused
from bot.simulators.slack.inputs import action_of, state_of
from bot.simulators.slack.methods.views import accept_view, push_view, replace_view
from bot.simulators.slack.response_urls import ResponseUrl, ResponseUrls
from bot.simulators.slack.service import Service
from bot.simulators.slack.wire import message_json, typed_text
from bot.simulators.slack.workspace import Channel, Message, User

Json = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What came of it, as the person sees it. ``shown`` is empty when all went well."""

    ok: bool
    status: int | None = None
    shown: str = ""
    errors: dict[str, str] = field(default_factory=dict)


class Interactions:
    """What persons do that the app has to answer within three seconds."""

    def __init__(
        self,
        service: Service,
        client: AppClient,
        response_urls: ResponseUrls,
        *,
        verification_token: str,
    ) -> None:
        self._service = service
        self._workspace = service.workspace
        self._client = client
        self._response_urls = response_urls
        self._token = verification_token

    async def command(
        self, user: User, channel: Channel, command: str, text: str, *, origin: str
    ) -> Outcome:
        """A slash command. What the app answers in time is shown, and so is that it did not.

        People of other workspaces are not offered the app's commands.
        """
        if user.team:
            return Outcome(ok=False, shown=f"{command} is not a valid command.")
        url, target = self._response_urls.issue(
            "commands", origin=origin, user=user.id, channel=channel.id
        )
        fields = {
            "token": self._token,
            "team_id": self._workspace.team.id,
            "team_domain": self._workspace.team.domain,
            "channel_id": channel.id,
            "channel_name": _name(channel),
            "user_id": user.id,
            "user_name": user.name,
            "command": command,
            "text": typed_text(self._workspace, text),
            "api_app_id": self._workspace.app_id,
            "is_enterprise_install": "false",
            "response_url": url,
            "trigger_id": self._service.triggers.issue(user.id),
        }
        try:
            answer = await self._client.post_form("/slack/commands", fields)
        except NoAnswer:
            return self._failed(target, f"{command} failed because the app did not respond")
        try:
            if not answer.ok:
                raise Refused("dispatch_failed")
            if answer.body.strip():
                self._response_urls.answer(target, _reply(answer))
        except Refused as refusal:
            shown = f'{command} failed with the error "{refusal.code}"'
            return self._failed(target, shown, answer.status)
        return Outcome(ok=True, status=answer.status)

    def _failed(self, target: ResponseUrl, shown: str, status: int | None = None) -> Outcome:
        self._workspace.whisper(target.channel, target.user, shown, from_slack=True)
        return Outcome(ok=False, status=status, shown=shown)

    async def press(
        self,
        user: User,
        channel: Channel,
        ts: str,
        *,
        action_id: str = "",
        value: str = "",
        chosen: Any = None,
        origin: str,
    ) -> Outcome:
        """Use an element of a message, found by its action_id, its value, or both."""
        whispered = self._workspace.ephemeral(ts)
        shown = whispered or self._workspace.message(channel, ts)
        url, _ = self._response_urls.issue(
            "actions",
            origin=origin,
            user=user.id,
            channel=channel.id,
            thread_ts=shown.thread_ts,
            original=ts,
        )
        container: Json = {
            "type": "message",
            "message_ts": ts,
            "channel_id": channel.id,
            "is_ephemeral": whispered is not None,
        }
        if shown.thread_ts:
            container["thread_ts"] = shown.thread_ts
        payload = {
            **self._action(user, shown.blocks, action_id, value, chosen),
            "container": container,
            "channel": {"id": channel.id, "name": _name(channel)},
            "state": {"values": _values(shown.blocks, {})},
            "response_url": url,
        }
        if isinstance(shown, Message):
            payload["message"] = message_json(self._workspace, shown, listed=True)
        return await self._send(payload)

    async def press_in_view(
        self, user: User, view_id: str, *, action_id: str = "", value: str = "", chosen: Any = None
    ) -> Outcome:
        """Use an element of a modal or of the home tab."""
        view = self._view(user, view_id)
        payload = {
            **self._action(user, view["blocks"], action_id, value, chosen),
            "container": {"type": "view", "view_id": view_id},
            "view": _sent(view),
        }
        return await self._send(payload)

    def _action(
        self, user: User, blocks: list[Json], action_id: str, value: str, chosen: Any
    ) -> Json:
        block, element = _find(blocks, action_id=action_id, value=value)
        action = action_of(element, block["block_id"], chosen, self._workspace.next_ts())
        return {
            **self._payload("block_actions", user),
            "trigger_id": self._service.triggers.issue(user.id),
            "actions": [action],
        }

    async def submit(self, user: User, view_id: str, values: Json) -> Outcome:
        """Submit a modal. ``values`` is what the person filled in, by block_id and action_id."""
        view = self._view(user, view_id)
        view["state"] = {"values": _values(view["blocks"], values)}
        payload = {
            **self._payload("view_submission", user),
            "trigger_id": self._service.triggers.issue(user.id),
            "view": _sent(view),
            "response_urls": [],
        }
        try:
            answer = await self._client.post_form(
                "/slack/interactions", {"payload": json.dumps(payload)}
            )
        except NoAnswer:
            return _TROUBLE
        if not answer.ok:
            return Outcome(ok=False, status=answer.status, shown=_TROUBLE.shown)
        return self._act_on(user, view, answer)

    async def close(self, user: User, view_id: str) -> Outcome:
        """Close a modal; the app hears of it when it asked to."""
        view = self._view(user, view_id)
        self._workspace.modals[user.id].remove(view)
        self._workspace.changes.tell("view", user=user.id)
        if not view.get("notify_on_close"):
            return Outcome(ok=True)
        return await self._send(
            {**self._payload("view_closed", user), "view": _sent(view), "is_cleared": False}
        )

    def _payload(self, kind: str, user: User) -> Json:
        team = self._workspace.team
        return {
            "type": kind,
            "user": {
                "id": user.id,
                "username": user.name,
                "name": user.name,
                "team_id": user.team or team.id,
            },
            "api_app_id": self._workspace.app_id,
            "token": self._token,
            "team": {"id": team.id, "domain": team.domain},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    async def _send(self, payload: Json) -> Outcome:
        form = {"payload": json.dumps(payload, separators=(",", ":"))}
        try:
            answer = await self._client.post_form("/slack/interactions", form)
        except NoAnswer:
            return Outcome(ok=False, shown="This app is not responding.")
        if not answer.ok:
            shown = f"This app responded with Status Code {answer.status}."
            return Outcome(ok=False, status=answer.status, shown=shown)
        return Outcome(ok=True, status=answer.status)

    def _view(self, user: User, view_id: str) -> Json:
        own = [*self._workspace.modals.get(user.id, ()), self._workspace.homes.get(user.id, {})]
        found: Json | None = next((view for view in own if view.get("id") == view_id), None)
        if found:
            return found
        raise Refused("view_not_found")

    def _act_on(self, user: User, view: Json, answer: Answer) -> Outcome:
        """https://docs.slack.dev/surfaces/modals#response_actions"""
        stack = self._workspace.modals[user.id]
        try:
            reply = _reply(answer) if answer.body.strip() else {}
            match reply.get("response_action"):
                case "errors":
                    errors = {str(k): str(v) for k, v in reply["errors"].items()}
                    return Outcome(ok=False, status=answer.status, errors=errors)
                case "update":
                    new = accept_view(
                        self._workspace, reply.get("view"), kind="modal", replacing=view
                    )
                    replace_view(self._workspace, view, new)
                case "push":
                    new = accept_view(self._workspace, reply.get("view"), kind="modal")
                    push_view(self._workspace, user.id, new)
                case "clear":
                    stack.clear()
                case None:
                    stack.remove(view)
                case _:
                    raise Refused("invalid_arguments")
        except (Refused, KeyError, AttributeError):
            return Outcome(ok=False, status=answer.status, shown=_TROUBLE.shown)
        self._workspace.changes.tell("view", user=user.id)
        return Outcome(ok=True, status=answer.status)


_TROUBLE = Outcome(ok=False, shown="We had some trouble connecting. Try again?")


def _name(channel: Channel) -> str:
    return "directmessage" if channel.kind == "im" else channel.name


def _find(blocks: list[Json], *, action_id: str, value: str) -> tuple[Json, Json]:
    for block in blocks:
        for element in elements(block):
            if not element.get("action_id"):
                continue
            if action_id and element["action_id"] != action_id:
                continue
            if value and element.get("value") != value:
                continue
            return block, element
    raise Refused("action_not_found")


def _values(blocks: list[Json], chosen: Json) -> Json:
    """``state.values``: every element with a state, by block_id and action_id."""
    values: Json = {}
    for block in blocks:
        for element in elements(block):
            if "action_id" not in element or element["type"] in ("button", "overflow"):
                continue
            of_block = chosen.get(block["block_id"]) or {}
            state = state_of(element, of_block.get(element["action_id"]))
            values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


def _reply(answer: Answer) -> Json:
    """The body of an answer; plain text is the text of a message."""
    try:
        reply = json.loads(answer.body)
    except ValueError:
        return {"text": answer.body}
    return reply if isinstance(reply, dict) else {"text": answer.body}


def _sent(view: Json) -> Json:
    """A view as it goes to the app, where what is absent is null."""
    return {"previous_view_id": None, "title": None, "close": None, "submit": None, **view}
