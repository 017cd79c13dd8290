"""A route says what it needs; this checks it and calls the handler with what it asked for."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from bot.simulators.github.actions.issues import find_issue
from bot.simulators.github.errors import DOCS, GitHubError, bad_request, existing, not_found
from bot.simulators.github.records import (
    CheckRun,
    Comment,
    Installation,
    Issue,
    Json,
    Repository,
    ReviewComment,
    User,
)
from bot.simulators.github.wire.access import Access, require, visible_repository
from bot.simulators.github.wire.fields import parse_time
from bot.simulators.github.wire.keys import ACCESS, PAGE
from bot.simulators.github.world import World

WORLD = web.AppKey("world", World)
PER_PAGE, MOST_PER_PAGE = 30, 100
_SAFE = ("GET", "HEAD")


@dataclass(eq=False)
class Call:
    """One request, of the app or of a person. ``body`` is its JSON, {} where it carried none."""

    request: web.Request
    world: World
    access: Access
    body: Any = field(default_factory=dict)
    _repository: Repository | None = None

    @property
    def repository(self) -> Repository:
        """The repository that the path names."""
        if self._repository is None:
            raise not_found()
        return self._repository

    @property
    def actor(self) -> User:
        """Who does this: whatever comes with a token is done by the app's bot."""
        return self.world.app.bot

    @property
    def fields(self) -> Json:
        """The body as an object. Raises 400 for anything else."""
        if not isinstance(self.body, dict):
            raise bad_request("Body should be a JSON object")
        return self.body

    def path(self, name: str) -> str:
        """A part of the path."""
        return self.request.match_info[name]

    def number(self, name: str = "number") -> int:
        """A part of the path that is a number. Raises 404 for anything else."""
        value = self.path(name)
        if not value.isascii() or not value.isdigit():
            raise not_found()
        return int(value)

    def query(self, name: str, default: str = "") -> str:
        """A parameter of the query."""
        return self.request.query.get(name, default)

    def issue(self) -> Issue:
        """The issue or pull request that the path names."""
        return find_issue(self.repository, self.number())

    def installation(self) -> Installation:
        """The installation that the path names."""
        return existing(self.world.installations, self.number("installation"))

    def pull(self) -> Issue:
        """The pull request that the path names."""
        issue = self.issue()
        if issue.pull is None:
            raise not_found()
        return issue

    def comment(self) -> Comment:
        """The comment of a conversation that the path names."""
        return existing(self.repository.comments, self.number("comment"))

    def review_comment(self) -> ReviewComment:
        """The comment on a diff that the path names."""
        return existing(self.repository.review_comments, self.number("comment"))

    def check_run(self) -> CheckRun:
        """The check run that the path names."""
        return existing(self.repository.check_runs, self.number("run"))

    @property
    def wants_raw(self) -> bool:
        """Whether the caller asked for a file's bytes rather than for JSON."""
        accept = self.request.headers.get("Accept", "").split(",")
        return any(
            part.strip().split(";")[0].removesuffix("+json").endswith(".raw") for part in accept
        )


Handler = Callable[[Call], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """``needs`` is ``permission:level``, ``app`` for the app's JWT, or ``anyone`` where the handler
    itself says who may."""

    method: str
    path: str
    needs: str
    docs: str
    handler: Handler


class Routes(list[Route]):
    """The routes of one resource; ``docs`` is its page of the REST documentation, if it has one."""

    def __init__(self, docs: str = "") -> None:
        super().__init__()
        self._docs = f"{DOCS}/{docs}" if docs else DOCS

    def __call__(self, method: str, path: str, needs: str) -> Callable[[Handler], Handler]:
        """Add a handler."""

        def add(handler: Handler) -> Handler:
            self.append(Route(method, path, needs, self._docs, handler))
            return handler

        return add


def mount(app: web.Application, routes: Sequence[Route]) -> None:
    """Serve these routes."""
    for route in routes:
        by_id = route.path.replace("/repos/{owner}/{repo}", "/repositories/{repository}", 1)
        for path in {route.path, by_id if route.path.startswith("/repos/") else route.path}:
            if route.method == "GET":
                app.router.add_get(path, _serve(route), allow_head=True)
            else:
                app.router.add_route(route.method, path, _serve(route))


def _serve(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        request[PAGE] = route.docs
        world = request.app[WORLD]
        call = Call(request, world, request.get(ACCESS, Access("person")))
        if "owner" in request.match_info or "repository" in request.match_info:
            call._repository = visible_repository(world, call.access, _named(request))
        _permit(call, route.needs)
        if request.method in _SAFE:
            return await route.handler(call)
        if call._repository and call._repository.archived:
            raise GitHubError(403, "Repository was archived so is read-only.")
        call.body = await _body(request)
        if call._repository is None:
            return await route.handler(call)
        async with call._repository.writing:
            return await route.handler(call)

    return serve


def _named(request: web.Request) -> str:
    """``owner/name`` of the repository that the path means. Raises 301 or 307 for an old name.

    https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
    """
    parts, world = request.match_info, request.app[WORLD]
    names = {one.id: one.full_name for one in world.repositories.values()}
    if "repository" in parts:
        return names.get(int(parts["repository"]) if parts["repository"].isdigit() else 0, "/")
    name = f"{parts['owner']}/{parts['repo']}"
    moved = world.renamed.get(name.lower())
    if moved is None or name.lower() in world.repositories:
        return name
    rest = request.path_qs.removeprefix(f"/repos/{name}")
    there = f"{world.origin}/repositories/{moved}{rest}"
    raise GitHubError(
        301 if request.method in _SAFE else 307,
        "Moved Permanently",
        headers={"Location": there},
        more={"url": there},
    )


def _permit(call: Call, needs: str) -> None:
    if needs == "anyone":
        return
    if needs == "app":
        if call.access.kind != "app":
            raise GitHubError(401, "A JSON web token could not be decoded")
        return
    permission, level = needs.split(":")
    accepted = [permission]
    if permission == "issues" and _of_pull(call):
        accepted.append("pull_requests")
    require(call.access, accepted, level)


def _of_pull(call: Call) -> bool:
    """Whether ``pull_requests`` will do as well as ``issues``: where a pull request is meant."""
    parts, repository = call.request.match_info, call.repository
    issue = None
    if parts.get("number", "").isdigit():
        issue = repository.issues.get(int(parts["number"]))
    elif parts.get("comment", "").isdigit():
        comment = repository.comments.get(int(parts["comment"]))
        issue = comment.issue if comment else None
    else:
        return not call.request.path.endswith("/issues")
    return issue is not None and issue.pull is not None


async def _body(request: web.Request) -> Any:
    raw = await request.read()
    if not raw:
        return {}
    try:
        return json.loads(raw)
    except ValueError:
        raise bad_request("Problems parsing JSON") from None


def answer(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.json_response(
        data, status=status, headers=headers, dumps=lambda value: json.dumps(value, indent=None)
    )


def created(view: Json) -> web.Response:
    """201 for something that has an address."""
    return answer(view, 201, {"Location": view["url"]})


def listed(call: Call, found: Sequence[Any], view: Callable[[Any], Json]) -> web.Response:
    """The page of a list that was asked for."""
    shown, headers = page_of(call, found)
    return answer([view(one) for one in shown], headers=headers)


def recent(call: Call, found: Iterable[Any]) -> list[Any]:
    """Those that were updated ``since`` the moment that the query names, if it does."""
    asked = call.query("since")
    since = parse_time(asked, "since") if asked else None
    return [one for one in found if since is None or one.updated_at >= since]


def nothing() -> web.Response:
    """204."""
    return web.Response(status=204)


def page_size(call: Call) -> int:
    """How many of a list the caller wants at once."""
    return min(_positive(call.query("per_page"), PER_PAGE), MOST_PER_PAGE)


def page_of(call: Call, found: Sequence[Any]) -> tuple[list[Any], dict[str, str]]:
    """The page of a list that was asked for, and its ``Link`` header.

    https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api
    """
    size = page_size(call)
    page = _positive(call.query("page"), 1)
    last = max(1, -(-len(found) // size))
    links: dict[str, int] = {}
    if page > 1:
        links |= {"prev": min(page - 1, last)}
    if page < last:
        links |= {"next": page + 1, "last": last}
    if page > 1:
        links |= {"first": 1}
    query = {k: v for k, v in call.request.query.items() if k != "page"}
    base = f"{call.world.origin}{call.request.path}"
    written = [
        f'<{base}?{urlencode({**query, "page": target})}>; rel="{name}"'
        for name, target in links.items()
    ]
    shown = list(found[(page - 1) * size : page * size])
    return shown, {"Link": ", ".join(written)} if written else {}


def _positive(value: str, default: int) -> int:
    return int(value) if value.isascii() and value.isdigit() and int(value) > 0 else default
