"""The page of a fix run, its stream of events, and its Stop: whoever has the link is asked who they
are, and shown what ``logs`` would show them."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards.views.run import LABELS
from bot.domain.commands.command import Level
from bot.domain.errors import Forbidden, NotAllowed, NotFound, SoulcasterError
from bot.domain.fixes.run import FixRun
from bot.github.manifest import SIGNED_IN
from bot.sources.proof import is_same
from handlers.api.endpoints import Asked
from handlers.doors.doors import Doors
from handlers.pages import event_stream, page, templates
from handlers.runs import session
from handlers.setup import guard

_LOOK_SECONDS, _BEAT, _ASK_AGAIN = 1.0, 15, 60  # the latter two in looks
_RUN = r"/runs/{owner:[\w-]+}/{repo:[\w.-]+}/F-{run:[1-9][0-9]{0,8}}"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class RunDoor:
    """Its handlers; one a web process."""

    def __init__(self, ctx: Context, doors: Doors) -> None:
        self._ctx, self._doors = ctx, doors

    def add_routes(self, app: web.Application) -> None:
        """Under ``/runs``."""
        app.router.add_get(SIGNED_IN, self._guarded(self._signed_in))
        app.router.add_get(_RUN, self._guarded(self._show))
        app.router.add_get(f"{_RUN}/sign-in", self._guarded(self._sign_in))
        app.router.add_get(f"{_RUN}/events", self._guarded(self._events))
        app.router.add_post(f"{_RUN}/stop", self._guarded(self._stop))
        app.router.add_static("/runs/static", Path(__file__).parent / "static")

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                session.check_place(request, self._ctx)
                return await handler(request)
            except SoulcasterError as error:
                kinds = {NotFound: 404, NotAllowed: 403, Forbidden: 403}
                status = next((s for k, s in kinds.items() if isinstance(error, k)), 503)
                return page(self._ctx, "refused.html", status, said=str(error), to="")

        return guarded

    async def _sign_in(self, request: web.Request) -> web.StreamResponse:
        return session.leave(request, self._ctx, request.path.removesuffix("/sign-in"))

    async def _signed_in(self, request: web.Request) -> web.StreamResponse:
        return await session.come_back(request, self._ctx)

    async def _asked(self, request: web.Request) -> tuple[Asked, FixRun]:
        """Who asks, and the run. Raises NotFound, the same for what is not there and what they may
        not see."""
        ctx, at = self._ctx, request.match_info
        person, number = session.who(request, ctx), int(at["run"])
        if person is None:
            raise Forbidden("Sign in first.")
        try:
            project = await ctx.projects.named(f"{at['owner']}/{at['repo']}")
            asked = Asked(ctx, project, person, "")
            await asked.require(Level.L3)
            run = await self._newest(project.id, number)
            if not may_read(Audience.TEAM, run.audience):
                raise NotFound(run.name)
        except (NotFound, NotAllowed):
            why = f"There is no F-{number} that @{person.login} may see here."
            raise NotFound(why) from None
        self._doors.connections.proven(request)
        return asked, run

    async def _newest(self, project: int, number: int) -> FixRun:
        """The run, or the attempt at its next version that is under way."""
        run = await self._ctx.runs.get(project, number)
        attempts = await self._ctx.versions.attempts(project, number)
        return next((one.work for one in attempts if not one.work.ended), run)

    async def _show(self, request: web.Request) -> web.StreamResponse:
        if session.who(request, self._ctx) is None:
            said = "Who may read this run's log sees it here. Who are you?"
            return page(self._ctx, "refused.html", 401, said=said, to=f"{request.path}/sign-in")
        asked, run = await self._asked(request)
        lines = await self._ctx.runs.log_after(asked.project.id, run.number, 0)
        return page(
            self._ctx,
            "run.html",
            path=request.path,
            last=lines[-1][0] if lines else 0,
            log="\n".join(line for _, line in lines),
            proof=guard.derived(session.cookie(request, self._ctx), request.path),
            **self._told(run),
        )

    def _told(self, run: FixRun) -> dict[str, Any]:
        return {"run": run, "labels": LABELS, "now": self._ctx.now()}

    async def _stop(self, request: web.Request) -> web.StreamResponse:
        """As ``stop`` in a comment by the same person."""
        guard.check_origin(request)
        path = request.path.removesuffix("/stop")
        proof = str((await request.post()).get("proof", ""))
        if not is_same(proof, guard.derived(session.cookie(request, self._ctx), path)):
            raise Forbidden("This form is not of your page: open it again.")
        asked, run = await self._asked(request)
        await asked.say(f"stop {run.name}")
        return web.Response(status=303, headers={"Location": path})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Lines with their numbers, and how it stands whenever that changed, to its end."""
        asked, run = await self._asked(request)
        told = request.headers.get("Last-Event-ID") or request.query.get("after", "")
        last, shown, look = int(told[:12]) if told.isdecimal() else 0, "", 0
        async with event_stream(request) as stream:
            while True:
                ended = run.ended  # before its log is read: no line comes after that
                for at, line in await self._ctx.runs.log_after(asked.project.id, run.number, last):
                    await stream.send(line, "line", at)
                    last = at
                state = templates().get_template("state.html")
                if (now := state.render(**self._told(run))) != shown:
                    shown = now
                    await stream.send(now, "state")
                if ended:
                    await stream.send("", "end")
                    break
                await asyncio.sleep(_LOOK_SECONDS)
                look += 1
                if look % _BEAT == 0:
                    await stream.beat()
                if look % _ASK_AGAIN == 0:  # a right may be taken away meanwhile
                    asked, run = await self._asked(request)
                else:
                    run = await self._newest(asked.project.id, run.number)
        return stream.response
