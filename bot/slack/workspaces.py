"""The workspaces that installed the app by OAuth, as slack_sdk's stores; tokens are kept fresh.
https://docs.slack.dev/authentication/installing-with-oauth ·
https://docs.slack.dev/authentication/using-token-rotation"""

import json
import time
from collections.abc import Callable
from datetime import datetime

import aiohttp
from redis.asyncio import Redis
from slack_sdk.errors import SlackTokenRotationError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import NotAllowed, Unavailable
from bot.storage.installations import Installations
from bot.storage.leases import Leases
from bot.storage.seal import Keys

# A token lives twelve hours; the one before stays good until its own end.
ROTATE_MINUTES = 120


def make_client(token: str, base_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """A client that tries again when Slack is failing."""
    return AsyncWebClient(
        token=token,
        base_url=base_url.rstrip("/") + "/",
        session=session,
        retry_handlers=[
            AsyncConnectionErrorRetryHandler(max_retry_count=2),
            AsyncServerErrorRetryHandler(max_retry_count=2),
        ],
    )


def once(client: AsyncWebClient) -> AsyncWebClient:
    """The same client without a token, that repeats nothing whose outcome is unknown: a message has
    no id of ours that Slack would know it by, and a code or refresh token is good once."""
    return AsyncWebClient(base_url=client.base_url, session=client.session, retry_handlers=[])


class Workspaces(Installations, AsyncInstallationStore, AsyncOAuthStateStore):
    """One bot token a workspace; ``app`` are the client's id and secret, to ask for another."""

    def __init__(
        self,
        redis: Redis,
        fernet: Callable[[], Keys],
        leases: Leases,
        client: AsyncWebClient,
        app: tuple[str, str],
    ) -> None:
        super().__init__(redis, fernet)
        self._leases = leases
        self._rotator = AsyncTokenRotator(
            client_id=app[0], client_secret=app[1], client=once(client)
        )

    async def async_save(self, installation: Installation) -> None:
        """Somebody who may do that installed the app. Raises NotAllowed where that is no single
        workspace."""
        if installation.is_enterprise_install or not installation.team_id:
            raise NotAllowed("Install the app in a workspace, not in a whole organisation.")
        await self._keep(installation.to_bot())

    async def bot(self, team: str) -> Bot | None:
        """With a token that is good for a while yet; None where the app is not installed. Raises
        SlackApiError where Slack gives no new token, and Unavailable."""
        bot = await self._read(team)
        if bot is None or not _ends(bot, ROTATE_MINUTES):
            return bot
        async with self._leases.hold(f"slack-token:{team}") as token:
            # Somebody else may have been the first: a refresh token is good once.
            if token and (bot := await self._read(team)):
                renew = self._rotator.perform_bot_token_rotation
                try:
                    rotated = await renew(bot=bot, minutes_before_expiration=ROTATE_MINUTES)
                except SlackTokenRotationError as error:
                    raise error.api_error from error
                if rotated:
                    await self._keep(bot := rotated)
        if bot and _ends(bot, 0):
            raise Unavailable("Slack's token is being renewed.", retry_after=0.5)
        return bot

    async def _read(self, team: str) -> Bot | None:
        kept = await self.find(team)
        return Bot(**json.loads(kept)) if kept else None

    async def _keep(self, bot: Bot) -> None:
        record = json.dumps(bot.to_dict_for_copying(), default=datetime.isoformat)
        await self.put(str(bot.team_id), record)


def _ends(bot: Bot, minutes: int) -> bool:
    """Whether its token ends within so many minutes; without rotation none does."""
    end = bot.bot_token_expires_at
    return end is not None and end <= time.time() + minutes * 60
