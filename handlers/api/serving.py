"""The API over HTTP, as ``openapi.yaml`` says: who asks for what, and errors as problems."""

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import yaml
from aiohttp import web
from pydantic import BaseModel, ValidationError
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from bot.context import Context
from bot.domain import errors
from bot.domain.commands.command import Level
from bot.domain.models import Project
from bot.sources.proof import Proof, tokens
from bot.storage.budget import Budget, Limit, Priority, at
from bot.storage.tokens import Token
from handlers.api.endpoints import ENDPOINTS, Asked, Standing
from handlers.api.shapes import BODIES, SHAPES, Query
from handlers.doors.doors import Doors

PREFIX = "/api/v1"
MAX_BODY = 256 * 1024
B = TypeVar("B", bound=BaseModel)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _Unguessable(Proof):
    """Of 256 bits: whoever has the right one never waits for those who guess."""

    at_once = False


def describe() -> Any:
    """https://spec.openapis.org/oas/v3.1.0: what is written, with the shapes put in."""
    written = yaml.load((Path(__file__).parent / "openapi.yaml").read_text(), yaml.CSafeLoader)
    parts = written["components"]
    known: list[tuple[type[BaseModel], JsonSchemaMode]] = [(one, "validation") for one in BODIES]
    known += [(shape, "serialization") for shape in SHAPES.values()]
    _, schemas = models_json_schema(known, ref_template="#/components/schemas/{model}")
    parts["schemas"] |= schemas["$defs"]
    for shape, mode in known:
        schema = {"$ref": f"#/components/schemas/{shape.__name__}"}
        told = {"description": shape.__name__, "content": {"application/json": {"schema": schema}}}
        if mode == "validation":
            parts["requestBodies"][shape.__name__] = {**told, "required": True}
        else:
            parts["responses"][shape.__name__] = told
    return written


def add_routes(app: web.Application, ctx: Context, doors: Doors, hook: Handler) -> None:
    """Every path. Vendors cannot send our tokens: theirs lead to ``hook``, with their own proof."""
    described = describe()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if "servers" in operation:
                continue  # described here, entered elsewhere
            kind, _, source = operation["operationId"].partition(":")
            path = path.replace("{id}", "{id:[1-9][0-9]{0,8}}")
            if kind == "ingest":
                path, handler = path.replace(source, f"{{source:{source}}}"), hook
            else:
                handler = _handler(ctx, doors, operation)
            app.router.add_route(method, f"{PREFIX}{path}", handler)

    async def openapi(_request: web.Request) -> web.Response:
        return web.json_response(described)

    app.router.add_get(f"{PREFIX}/openapi.json", openapi)


def _handler(ctx: Context, doors: Doors, operation: Mapping[str, Any]) -> Handler:
    run = ENDPOINTS[operation["operationId"]]
    takes = get_type_hints(run)
    [scope] = operation["security"][0]["token"]
    [status] = (status for status in operation["responses"] if status.startswith("2"))
    shape = SHAPES[operation["responses"][status]["$ref"].rpartition("/")[2]]

    async def handle(request: web.Request) -> web.Response:
        with doors.bodies.room(request, MAX_BODY) as room, at(Priority.ANSWER):
            token, project = await known(ctx, doors, request)
            body = await doors.prove(request, room, "api", _Unguessable)
            await _spend(ctx, token)
            if scope == "write" and token.scope != "write":
                raise errors.NotAllowed("This token may only read: say token new --scope=write.")
            query = _query(request, operation)
            if query.project_id not in (None, project.id):
                raise errors.NotAllowed(
                    f"This token is of project {project.id}, {project.full_name}."
                )
            given: dict[str, Any] = {"query": query, "number": int(request.match_info.get("id", 0))}
            if "body" in takes:
                if request.content_type != "application/json":
                    raise web.HTTPUnsupportedMediaType(reason="Send application/json.")
                given["body"] = _valid(lambda: takes["body"].model_validate_json(body))
            person = token.by.model_copy(update={"token": token.id})
            asked = Asked(ctx, project, person, _command(request, token))
            await asked.require(Level.L2)
            await ctx.overview.make_whole(project.id)
            try:
                found = await run(asked, **{name: given[name] for name in given if name in takes})
                code = int(status)
            except Standing as standing:
                found, code = standing.args[0], 409
        told = shape.model_validate(found, from_attributes=True)
        return web.json_response(text=told.model_dump_json(), status=code)

    return handle


async def known(ctx: Context, doors: Doors, request: web.Request) -> tuple[Token, Project]:
    """The token that is shown, and its project. Raises BadSignature."""
    if not (shown := tokens(request.headers)):
        raise errors.BadSignature("A token is needed, as Authorization: Bearer TOKEN.")
    token = await ctx.tokens.find(shown[0], ctx.now())
    project = await ctx.projects.find(token.project) if token else None
    if not (token and project):
        doors.waits.wrong("api", doors.address(request), asyncio.get_running_loop().time())
        raise errors.WrongSecret("There is no such token, or it was revoked.")
    return token, project


async def _spend(ctx: Context, token: Token) -> None:
    """Raises TooMany."""
    limit = Limit(60, ctx.settings.soulcaster_api_limit)
    budget = Budget(ctx.scripts, "API", token.id, points=[limit], patience=0)
    try:
        async with budget.spend(content=False):
            pass
    except errors.OverBudget as error:
        raise errors.TooMany(error.retry_after or 1, "requests with this token") from None


def _command(request: web.Request, token: Token) -> str:
    """The same for a request that is sent again with its ``Idempotency-Key``."""
    key = request.headers.get("Idempotency-Key")
    told = f"{token.id} {request.method} {request.path} {key}"
    return hashlib.sha256(told.encode()).hexdigest()[:20] if key else secrets.token_hex(10)


def _query(request: web.Request, operation: Mapping[str, Any]) -> Query:
    given = request.query
    named = [one["$ref"].rpartition("/")[2] for one in operation["parameters"]]
    if not {*given} <= {*named} or len(given) > len({*given}):
        raise errors.NotUnderstood(f"The query of this path is of {', '.join(named)}, each once.")
    return _valid(lambda: Query.model_validate(dict(given)))


def _valid(read: Callable[[], B]) -> B:
    try:
        return read()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "the body"
        raise errors.NotUnderstood(f"{where}: {first['msg']}.") from None
