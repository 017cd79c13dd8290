"""The routes of ``/setup``. Every page is drawn here; a refusal is a page, too."""

import json
import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote, urlencode

import yaml
from aiohttp import web
from pydantic import SecretStr

from bot import SHIPPED
from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Code, note
from bot.domain.errors import Forbidden, NotFound, SoulcasterError, TooMany
from bot.github.manifest import become, manifest, registration, web_host
from bot.log import log
from bot.say import tell
from bot.settings import Settings
from bot.sources.proof import is_same
from handlers.doors.doors import Doors
from handlers.pages import page
from handlers.setup import guard
from handlers.setup.needs import NEEDS, Looks, echo

_HERE = Path(__file__).parent
_SLACK_MANIFEST = SHIPPED / "slack-manifest.yml"
_SLACK_APPS = "https://api.slack.com/apps"
# Forms of ours hold a few keys.
_MOST = 64 * 1024
_CONNECTED = ("Soulcaster is connected. Say ", Code("/soulcaster help"), " in a channel.")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _plain(ctx: Context, said: str, status: int = 200, **more: object) -> web.Response:
    return page(
        ctx,
        "plain.html",
        status,
        said=said,
        **{"again": "", "stays": False, "code": "", "link": "", **more},
    )


class SetupDoor:
    """Its handlers; one a web process."""

    def __init__(self, ctx: Context, doors: Doors) -> None:
        self._ctx, self._doors = ctx, doors
        self._looks = Looks(ctx)

    def add_routes(self, app: web.Application) -> None:
        """Under ``/setup``, and the way there from ``/``."""
        for method, path, handler in (
            ("GET", "/", self.begin),
            ("GET", "/setup", self.show),
            ("POST", "/setup/claim", self.claim),
            ("POST", "/setup/settings", self.choose),
            ("GET", "/setup/github", self.registered),
            ("POST", "/setup/slack/test", self.greet),
        ):
            app.router.add_route(method, path, self._guarded(handler))
        app.router.add_get("/setup/echo/{nonce:[0-9a-f]{16}}", self.answer)
        app.router.add_static("/setup/static", _HERE / "static")

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                guard.check_place(request, self._ctx)
                if request.method == "POST":
                    guard.check_origin(request)
                    if (request.content_length or _MOST + 1) > _MOST:
                        raise Forbidden("That is more than a form of ours sends.")
                return await handler(request)
            except SoulcasterError as error:
                kinds = {TooMany: 429, Forbidden: 403, NotFound: 404}
                status = next((s for k, s in kinds.items() if isinstance(error, k)), 422)
                return _plain(self._ctx, str(error), status)

        return guarded

    async def answer(self, request: web.Request) -> web.Response:
        """Whether an address leads to this process."""
        return web.Response(text=echo(request.match_info["nonce"]))

    async def begin(self, _request: web.Request) -> web.Response:
        """What a person finds at the address itself."""
        return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/setup"})

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The page; before it is somebody's, the one button that makes it theirs."""
        ctx = self._ctx
        session = guard.session_of(request, ctx)
        if not (session and await ctx.setup.owns(session, ctx.now())):
            if code := request.query.get("code", ""):
                return _plain(
                    ctx, "Set this server up in this browser? Then nobody else gets in.", code=code
                )
            raise Forbidden(
                "The setup of this server is its owner's. The address with a code is in what "
                "`soulcaster up` printed; `soulcaster setup` prints a new one. Where it is yours, "
                "open the whole address that it had."
            )
        rows = await self._looks.rows()
        chosen = await ctx.setup.settings()
        return page(
            ctx,
            "setup.html",
            rows=rows,
            fields={
                need.name: [self._field(name, chosen) for name in need.fields] for need in NEEDS
            },
            at=guard.at(session),
            proof=guard.derived(session, "form"),
            github=self._registration(request, session),
            slack=self._slack_link(request),
            chosen=chosen,
            done=all(
                row.state == "ok" or (row.state == "off" and row.need.name != "GitHub App")
                for row in rows
            ),
            reachable=bool(ctx.settings.soulcaster_public_url),
        )

    def _field(self, name: str, chosen: dict[str, str]) -> dict[str, object]:
        """How a setting stands; never what a secret one is."""
        about = Settings.model_fields[name.lower()]
        value = getattr(self._ctx.settings, name.lower())
        secret = isinstance(value, SecretStr)
        return {
            "name": name,
            "about": about.description,
            "secret": secret,
            "value": "" if secret else str(value),
            "stands": "chosen here" if name in chosen else "set outside" if value else "",
        }

    def _address(self, request: web.Request) -> str:
        return self._ctx.settings.soulcaster_public_url or guard.origin(
            request, self._ctx.settings.soulcaster_proxies
        )

    def _registration(self, request: web.Request, session: str) -> dict[str, str]:
        """The form that GitHub takes."""
        s, organisation = self._ctx.settings, request.query.get("organisation", "").strip()
        state = f"{guard.derived(session, 'github')}.{guard.at(session)}"
        name = f"Soulcaster {secrets.token_hex(3)}"  # names are GitHub-wide; it lets one change it
        asked = manifest(
            name=name, here=self._address(request), reachable=bool(s.soulcaster_public_url)
        )
        return {
            "action": registration(s.github_api_url, organisation, state),
            "organisation": organisation,
            "manifest": json.dumps(asked),
        }

    def _slack_link(self, request: web.Request) -> str:
        """Slack's page with our manifest filled in.

        https://docs.slack.dev/app-manifests/configuring-apps-with-app-manifests"""
        asked = yaml.safe_load(_SLACK_MANIFEST.read_text(encoding="utf-8"))
        if self._ctx.settings.soulcaster_public_url:
            here = self._address(request)
            asked["settings"]["socket_mode_enabled"] = False
            asked["settings"]["event_subscriptions"]["request_url"] = f"{here}/slack/events"
            asked["settings"]["interactivity"]["request_url"] = f"{here}/slack/interactions"
            for command in asked["features"]["slash_commands"]:
                command["url"] = f"{here}/slack/commands"
        return f"{_SLACK_APPS}?" + urlencode(
            {"new_app": "1", "manifest_json": json.dumps(asked)}, quote_via=quote
        )

    async def _form(self, request: web.Request) -> tuple[str, dict[str, str]]:
        """The owner's session and what their form says. Raises Forbidden."""
        session = await guard.owner(request, self._ctx)
        form = {name: str(value).strip() for name, value in (await request.post()).items()}
        if not is_same(form.pop("proof", ""), guard.derived(session, "form")):
            raise Forbidden("This form is not of your page: open /setup again.")
        return session, form

    async def claim(self, request: web.Request) -> web.Response:
        """The first browser that shows the code owns the page."""
        code = str((await request.post()).get("code", ""))
        session = await guard.claim(request, self._ctx, self._doors, code)
        log.info("the setup page has an owner")
        here = f"/setup?at={guard.at(session)}"
        answer = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": here})
        guard.keep_session(request, self._ctx, session, answer)
        return answer

    async def choose(self, request: web.Request) -> web.Response:
        """Keep the settings of one row; an empty secret stays what it was."""
        session, form = await self._form(request)
        known = {name for need in NEEDS for name in need.fields}
        ours = known | {name for need in NEEDS for name in need.made}
        removed = {name.removeprefix("remove ") for name in form if name.startswith("remove ")}
        said = {name: value for name, value in form.items() if name in known}
        secret = {n for n in said if isinstance(getattr(self._ctx.settings, n.lower()), SecretStr)}
        wanted = {n: v for n, v in said.items() if v or n not in secret}
        wanted |= dict.fromkeys(removed & ours, "")
        chosen = await self._ctx.setup.settings() | wanted
        # What does not fit together must not keep every process from beginning.
        Settings.load().above({name: value for name, value in chosen.items() if value})
        await self._ctx.setup.choose(wanted)
        return _plain(
            self._ctx, "Kept. Every process begins anew with it.", again=guard.at(session)
        )

    async def registered(self, request: web.Request) -> web.Response:
        """Back from GitHub, with the code that the app's keys are had for."""
        session = await guard.owner(request, self._ctx)
        if not is_same(
            request.query.get("state", "").partition(".")[0], guard.derived(session, "github")
        ):
            raise Forbidden("This way back from GitHub was not begun on your page.")
        ctx = self._ctx
        if ctx.settings.github_app_id:
            raise Forbidden("There is an app already: disconnect it first, on the page.")
        made = await become(ctx.http, ctx.settings.github_api_url, request.query.get("code", ""))
        await ctx.setup.choose(
            {
                "GITHUB_APP_ID": str(made.id),
                "GITHUB_PRIVATE_KEY": made.pem,
                "GITHUB_WEBHOOK_SECRET": made.webhook_secret,
                "GITHUB_CLIENT_ID": made.client_id,
                "GITHUB_CLIENT_SECRET": made.client_secret,
            }
        )
        log.info("a GitHub App was registered", app=made.slug)
        install = f"{web_host(ctx.settings.github_api_url)}/apps/{made.slug}/installations/new"
        said = (
            f"The app {made.slug} is registered; its keys are kept here, encrypted. Choose its "
            "repositories: GitHub leads you back. Nothing is written to them before you agree."
        )
        return _plain(ctx, said, link=install, again=guard.at(session), stays=True)

    async def greet(self, request: web.Request) -> web.Response:
        """A message to the installer alone."""
        session, form = await self._form(request)
        ctx = self._ctx
        if ctx.slack is None:
            raise NotFound("Slack is not connected yet.")
        member = form.get("member", "")
        if not member.isalnum() or not member.startswith(("U", "W")):
            raise Forbidden("A member's id looks like U0123456789: Profile, ⋮, Copy member ID.")
        await tell(ctx, member, note("setup", *_CONNECTED, audience=Audience.PUBLIC))
        return _plain(
            ctx, "Sent: look into your messages from Soulcaster.", again=guard.at(session)
        )
