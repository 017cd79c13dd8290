"""The door of the Web API: /api/<method>, JSON or form, always answered as Slack answers.

Source: https://docs.slack.dev/apis/web-api
"""

from __future__ import annotations

import base64
import json
from typing import Any

from aiohttp import web
from yarl import URL

from bot.simulators.slack.errors import RateLimited, Refused
from bot.simulators.slack.methods import METHODS, Call, Method
from bot.simulators.slack.service import Service

Json = dict[str, Any]


class WebApi:
    """Reads a call, says no where Slack would, runs the method, answers."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def add_routes(self, app: web.Application) -> None:
        """Open the door."""
        app.router.add_route("*", "/api/{method}", self._handle)
        app.router.add_get("/oauth/v2/authorize", self._authorize)
        app.router.add_get("/files-pri/{id}/download/{name}", self._download)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"].rstrip("/")
        return await self._service.faults.around(name, request, lambda: self._call(name, request))

    async def _call(self, name: str, request: web.Request) -> web.Response:
        method = METHODS.get(name)
        try:
            answer = self._answer(name, method, *await _arguments(request))
        except RateLimited as limited:
            return web.json_response(
                {"ok": False, "error": "ratelimited"},
                status=429,
                headers={"Retry-After": str(limited.retry_after)},
            )
        except Refused as refusal:
            answer = _refusal(refusal)
        return web.json_response(
            answer,
            headers={
                "x-oauth-scopes": ",".join(sorted(self._service.installation.scopes)),
                "x-accepted-oauth-scopes": method.scope if method else "",
                "x-slack-req-id": self._service.workspace.new_id("req"),
                "cache-control": "private, no-cache, no-store, must-revalidate",
            },
        )

    def _answer(
        self, name: str, method: Method | None, arguments: Json, warnings: list[str]
    ) -> Json:
        if method is None:
            raise Refused("unknown_method", req_method=name)
        if method.needs_token:
            self._check_token(str(arguments.get("token") or ""), method.scope)
        self._service.meter.call(name, method.tier)
        answer = {"ok": True, **method.run(Call(self._service, arguments))}
        if warnings:
            answer["warning"] = ",".join(warnings)
            answer.setdefault("response_metadata", {})["warnings"] = warnings
        return answer

    def _check_token(self, token: str, scope: str) -> None:
        installation = self._service.installation
        if not token:
            raise Refused("not_authed")
        if token != self._service.bot_token:
            if token not in installation.tokens:
                raise Refused("invalid_auth")
            if installation.tokens[token] <= self._service.workspace.now():
                raise Refused("token_expired")
        if scope and scope not in installation.scopes:
            provided = ",".join(sorted(installation.scopes))
            raise Refused("missing_scope", needed=scope, provided=provided)

    async def _download(self, request: web.Request) -> web.Response:
        """A private file; who may not read it is given a page to sign in."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            self._check_token(token, "files:read")
            told, data = self._service.workspace.files[request.match_info["id"]]
        except (Refused, KeyError):
            return web.Response(text="<html>Sign in to Slack</html>", content_type="text/html")
        start = int(request.headers.get("Range", "bytes=0-")[6:-1])
        status = 206 if start else 200
        return web.Response(body=data[start:], status=status, content_type=told["mimetype"])

    async def _authorize(self, request: web.Request) -> web.Response:
        """A person installs the app, and says yes at once."""
        redirect_uri = request.query.get("redirect_uri", "")
        if request.query.get("client_id") != self._service.installation.client_id:
            return web.Response(status=400, text="Invalid client_id parameter")
        if not redirect_uri.startswith(("http://", "https://")):
            return web.Response(status=400, text="redirect_uri did not match any configured URIs")
        code = self._service.installation.new_code(redirect_uri)
        back = URL(redirect_uri).update_query(code=code, state=request.query.get("state", ""))
        return web.Response(status=302, headers={"Location": str(back)})


async def _arguments(request: web.Request) -> tuple[Json, list[str]]:
    """The arguments of a call, the token among them, and Slack's warnings about how they came."""
    arguments: Json = dict(request.query)
    warnings: list[str] = []
    if request.content_type == "application/json":
        try:
            sent = json.loads(await request.read() or b"{}")
        except ValueError:
            raise Refused("invalid_json") from None
        if not isinstance(sent, dict):
            raise Refused("json_not_object")
        arguments |= sent
        arguments.pop("token", None)
        if request.charset is None:
            warnings.append("missing_charset")
    elif request.method == "POST":
        arguments |= {k: v for k, v in (await request.post()).items() if isinstance(v, str)}
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        arguments["token"] = credentials
    elif scheme.lower() == "basic":
        arguments |= _basic(credentials)
    return arguments, warnings


def _basic(credentials: str) -> Json:
    try:
        login, _, password = base64.b64decode(credentials).decode().partition(":")
    except ValueError:
        raise Refused("invalid_auth") from None
    return {"client_id": login, "client_secret": password}


def _refusal(refusal: Refused) -> Json:
    answer: Json = {"ok": False, "error": refusal.code, **refusal.more}
    if refusal.messages:
        answer["response_metadata"] = {"messages": list(refusal.messages)}
    return answer
