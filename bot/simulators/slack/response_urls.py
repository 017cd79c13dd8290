"""Response URLs: each good for five answers within thirty minutes.

Source: https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web

from bot.simulators.slack.errors import Refused
from bot.simulators.slack.methods.chat import Content, accept_content, edit, post, remove
from bot.simulators.slack.service import Service
from bot.simulators.slack.workspace import Ephemeral, Message

Json = dict[str, Any]

SECONDS = 30 * 60
USES = 5


@dataclass
class ResponseUrl:
    """Where an answer goes. ``original`` is the ts of what ``replace_original`` replaces."""

    user: str
    channel: str
    expires_at: float
    thread_ts: str = ""
    original: str = ""
    uses: int = 0


class ResponseUrls:
    """Issues the URLs and takes what is posted to them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._issued: dict[str, ResponseUrl] = {}

    def issue(
        self,
        kind: Literal["commands", "actions"],
        *,
        origin: str,
        user: str,
        channel: str,
        thread_ts: str = "",
        original: str = "",
    ) -> tuple[str, ResponseUrl]:
        """A new URL below ``origin`` (this simulator's own), and what it stands for."""
        workspace = self._service.workspace
        target = ResponseUrl(
            user=user,
            channel=channel,
            expires_at=workspace.now() + SECONDS,
            thread_ts=thread_ts,
            original=original,
        )
        number = len(self._issued) + 1
        path = f"/{kind}/{workspace.team.id}/{number}/{secrets.token_urlsafe(18)}"
        self._issued[path] = target
        return origin.rstrip("/") + path, target

    def add_routes(self, app: web.Application) -> None:
        """Open the URLs."""
        app.router.add_post("/{kind:commands|actions}/{team}/{number}/{secret}", self._handle)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        return await self._service.faults.around(
            "response_url", request, lambda: self._take(request)
        )

    async def _take(self, request: web.Request) -> web.Response:
        target = self._issued.get(request.path)
        try:
            if target is None or self._service.workspace.now() > target.expires_at:
                raise Refused("expired_url")
            if target.uses >= USES:
                raise Refused("used_url")
            self.answer(target, await _payload(request))
            target.uses += 1
        except Refused as refusal:
            gone = refusal.code in ("expired_url", "used_url")
            body = {"ok": False, "error": refusal.code}
            return web.json_response(body, status=404 if gone else 400)
        return web.Response(text="ok")

    def answer(self, target: ResponseUrl, payload: Json) -> None:
        """Show an answer: ephemeral unless it says otherwise. Refuses what Slack refuses."""
        if payload.get("delete_original"):
            self._delete(target)
            return
        response_type = payload.get("response_type") or "ephemeral"
        if response_type not in ("ephemeral", "in_channel"):
            raise Refused("invalid_arguments")
        content = accept_content(
            self._service.workspace,
            text=payload.get("text") or "",
            markdown="",
            blocks=payload.get("blocks"),
            attachments=payload.get("attachments"),
        )
        if payload.get("replace_original") and self._replace(target, content):
            return
        thread_ts = payload.get("thread_ts") or target.thread_ts
        if response_type == "in_channel":
            message = post(self._service, target.channel, content, thread_ts=thread_ts)
            target.original = message.ts
        else:
            whispered = self._service.workspace.whisper(
                target.channel, target.user, content.text, content.blocks, thread_ts
            )
            target.original = whispered.ts

    def _replace(self, target: ResponseUrl, content: Content) -> bool:
        workspace = self._service.workspace
        whispered, message = self._original(target)
        if whispered is not None:
            whispered.text, whispered.blocks = content.text, content.blocks
            workspace.changes.tell("ephemeral", channel=whispered.channel, ts=whispered.ts)
        if message is not None:
            edit(workspace, message, content)
        return bool(whispered or message)

    def _delete(self, target: ResponseUrl) -> None:
        workspace = self._service.workspace
        whispered, message = self._original(target)
        if whispered is not None:
            workspace.ephemerals.remove(whispered)
            workspace.changes.tell("ephemeral", channel=whispered.channel, ts=whispered.ts)
        if message is not None:
            remove(workspace, message)

    def _original(self, target: ResponseUrl) -> tuple[Ephemeral | None, Message | None]:
        workspace = self._service.workspace
        messages = workspace.channels[target.channel].messages
        return workspace.ephemeral(target.original), messages.get(target.original)


async def _payload(request: web.Request) -> Json:
    try:
        if request.content_type == "application/x-www-form-urlencoded":
            payload = json.loads(str((await request.post()).get("payload", "")))
        else:
            payload = json.loads(await request.read())
    except ValueError:
        raise Refused("invalid_payload") from None
    if not isinstance(payload, dict):
        raise Refused("invalid_payload")
    return payload
