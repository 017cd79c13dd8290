"""Puts the parts together and serves them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from aiohttp import web

from bot.simulators.slack.app_client import AppClient
from bot.simulators.slack.events import RETRY_DELAYS, SUBSCRIPTIONS, Events
from bot.simulators.slack.faults import Faults
from bot.simulators.slack.interactions import Interactions
from bot.simulators.slack.limits import Limits, Meter
from bot.simulators.slack.persons import Persons
from bot.simulators.slack.recording import recorder
from bot.simulators.slack.response_urls import ResponseUrls
from bot.simulators.slack.service import SCOPES, Installation, Service, Triggers
from bot.simulators.slack.web_api import WebApi
from bot.simulators.slack.workspace import Team, Workspace

_BODY_BYTES = 4_000_000


class SlackSimulator:
    """slack.com for one workspace with one app installed.

    ``request_url`` is our app's base: Slack posts to ``{request_url}/slack/commands``,
    ``/slack/interactions`` and ``/slack/events``. ``record`` appends every Web API exchange to a
    file. ``patience`` and ``retry_delays`` are in seconds. People and channels are added through
    ``workspace`` before or while it runs.
    """

    def __init__(
        self,
        *,
        signing_secret: str,
        bot_token: str,
        request_url: str,
        team: Team | None = None,
        bot_name: str = "soulcaster",
        client_id: str = "1234567890.1234567890",
        client_secret: str = "simulated",  # noqa: S107 - opens nothing but this simulator
        scopes: Collection[str] = SCOPES,
        rotates: bool = False,
        subscriptions: Collection[str] = SUBSCRIPTIONS,
        limits: Limits | None = None,
        patience: float = 3.0,
        retry_delays: Sequence[float] = RETRY_DELAYS,
        record: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        verification_token = "simulated-verification-token"  # noqa: S105 - Slack's is deprecated
        self.workspace = Workspace(team or Team(), bot_name=bot_name, clock=clock)
        self._client = AppClient(
            request_url=request_url,
            signing_secret=signing_secret,
            patience=patience,
            clock=clock,
        )
        self._events = Events(
            self.workspace,
            self._client,
            subscriptions=subscriptions,
            retry_delays=retry_delays,
            verification_token=verification_token,
        )
        self.faults = Faults()
        self._service = Service(
            workspace=self.workspace,
            events=self._events,
            triggers=Triggers(self.workspace),
            meter=Meter(limits or Limits(), clock),
            faults=self.faults,
            installation=Installation(client_id, client_secret, frozenset(scopes), rotates),
            bot_token=bot_token,
        )
        self._response_urls = ResponseUrls(self._service)
        interactions = Interactions(
            self._service,
            self._client,
            self._response_urls,
            verification_token=verification_token,
        )
        self._persons = Persons(self._service, interactions)
        self._record = record

    def build_app(self) -> web.Application:
        """The whole of it as an application: /api/, the response URLs, and /_sim/."""
        app = web.Application(
            client_max_size=_BODY_BYTES,
            middlewares=[recorder(self._record)] if self._record else [],
        )
        WebApi(self._service).add_routes(app)
        self._response_urls.add_routes(app)
        self._persons.add_routes(app)
        app.on_cleanup.append(self._close)
        return app

    def state(self) -> dict[str, object]:
        """What ``GET /_sim/state`` answers."""
        return self._persons.state()

    async def _close(self, _app: web.Application) -> None:
        await self._events.close()
        await self._client.close()
