"""One request of a person: who asks, of which repository, and whether they may."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from bot.simulators.github.actions.issues import find_issue
from bot.simulators.github.errors import GitHubError, bad_request, not_found
from bot.simulators.github.records import ROLES, Issue, Json, Repository, Role, User
from bot.simulators.github.wire.fields import need_text
from bot.simulators.github.wire.routing import WORLD, answer
from bot.simulators.github.world import World


@dataclass(eq=False)
class Ask:
    """What a person wants; ``body`` is the JSON object that came with it."""

    request: web.Request
    world: World
    body: Json

    @property
    def repository(self) -> Repository:
        """The repository that the path names. Raises 404."""
        parts = self.request.match_info
        return self.world.repository(f"{parts['owner']}/{parts['repo']}")

    @property
    def person(self) -> User:
        """Who asks. Raises 404 for an unknown login."""
        return self.world.user(need_text(self.body, "login"))

    def number(self, name: str = "number") -> int:
        """A number in the path."""
        value = self.request.match_info[name]
        if not value.isdigit():
            raise not_found()
        return int(value)

    def issue(self) -> Issue:
        """The issue or pull request that the path names."""
        return find_issue(self.repository, self.number())

    def need(self, role: Role, *, unless_by: User | None = None) -> User:
        """The person, if their role is at least this one or it is their own. Raises 403."""
        person, held = self.person, self.repository.role_of(self.person)
        if held is None:
            raise not_found()
        if person is unless_by or ROLES.index(held) >= ROLES.index(role):
            return person
        raise GitHubError(403, f"{person.login} needs {role} on {self.repository.full_name}")


Answering = Callable[[Ask], Awaitable[object]]


class Doors(list[tuple[str, str, Answering]]):
    """The routes of the person API."""

    def __call__(self, method: str, path: str) -> Callable[[Answering], Answering]:
        """Add a handler; what it returns is the JSON answer, None is 204."""

        def add(handler: Answering) -> Answering:
            self.append((method, f"/_sim{path}", handler))
            return handler

        return add


def mount_doors(app: web.Application, doors: Doors) -> None:
    """Serve these routes."""
    for method, path, handler in doors:
        app.router.add_route(method, path, _serve(handler))


def _serve(handler: Answering) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        try:
            body = json.loads(raw) if raw else {}
        except ValueError:
            raise bad_request("Problems parsing JSON") from None
        if not isinstance(body, dict):
            raise bad_request("Body should be a JSON object")
        ask = Ask(request, request.app[WORLD], body)
        if request.method == "GET" or "owner" not in request.match_info:
            result = await handler(ask)
        else:
            async with ask.repository.writing:
                result = await handler(ask)
        if isinstance(result, web.StreamResponse):
            return result
        return web.Response(status=204) if result is None else answer(result)

    return serve
