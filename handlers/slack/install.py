"""``/slack/install``: the app in one more workspace, by Bolt's own OAuth flow.

https://docs.slack.dev/authentication/installing-with-oauth · Only whom we sent to Slack comes back:
with a state that is good for ten minutes, in the browser that holds its cookie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from aiohttp import web
from yarl import URL

from bot import SHIPPED
from bot.settings import Settings
from bot.slack.client import Slack
from bot.slack.workspaces import once

if TYPE_CHECKING:
    from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow

INSTALL, BACK = "/slack/install", "/slack/oauth_redirect"
_MANIFEST = SHIPPED / "slack-manifest.yml"


def add_routes(app: web.Application, s: Settings, slack: Slack) -> AsyncOAuthFlow | None:
    """Open both addresses to browsers, where several workspaces may install the app."""
    if slack.workspaces is None:
        return None
    from slack_bolt.adapter.aiohttp import to_aiohttp_response
    from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
    from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
    from slack_bolt.request.async_request import AsyncBoltRequest

    settings = AsyncOAuthSettings(
        client_id=s.slack_client_id,
        client_secret=s.slack_client_secret.get_secret_value(),
        scopes=yaml.safe_load(_MANIFEST.read_text())["oauth_config"]["scopes"]["bot"],
        user_scopes=[],
        redirect_uri=s.soulcaster_public_url + BACK,
        install_page_rendering_enabled=False,
        authorization_url=str(URL(s.slack_api_url).origin() / "oauth/v2/authorize"),
        installation_store=slack.workspaces,
        state_store=slack.workspaces,
    )
    flow = AsyncOAuthFlow(client=once(slack.client), settings=settings)

    async def door(request: web.Request) -> web.Response:
        asked = AsyncBoltRequest(body="", query=request.query_string, headers=dict(request.headers))
        handle = flow.handle_installation if request.path == INSTALL else flow.handle_callback
        return await to_aiohttp_response(await handle(asked))

    for path in (INSTALL, BACK):
        app.router.add_get(path, door)
    return flow
