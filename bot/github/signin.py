"""Who somebody is on GitHub, as they let GitHub tell us. The token is used for that, once.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

import base64
import hashlib
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.domain.errors import Forbidden, Unavailable
from bot.domain.models import Person
from bot.github.manifest import web_host
from bot.github.wire import USER_AGENT

_SECONDS = aiohttp.ClientTimeout(total=20)
_JSON = {"Accept": "application/json", "User-Agent": USER_AGENT}


def address(api_url: str, client_id: str, back: str, state: str, verifier: str) -> str:
    """Where the browser goes; only who has the ``verifier`` can use what it comes back with."""
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    asked = {"client_id": client_id, "redirect_uri": back, "state": state, "allow_signup": "false"}
    proof = {"code_challenge": challenge, "code_challenge_method": "S256"}
    return f"{web_host(api_url)}/login/oauth/authorize?{urlencode(asked | proof)}"


async def person(
    session: aiohttp.ClientSession, api_url: str, keys: tuple[str, str], code: str, verifier: str
) -> Person:
    """Whom a code stands for; ``keys`` are the app's id and secret for this. Raises Forbidden for a
    code that is none, Unavailable while GitHub does not answer."""
    url = f"{web_host(api_url)}/login/oauth/access_token"
    form = {"client_id": keys[0], "client_secret": keys[1], "code": code, "code_verifier": verifier}
    try:
        async with session.post(url, data=form, headers=_JSON, timeout=_SECONDS) as answer:
            told: Any = await answer.json()
        if not (token := told.get("access_token")):
            raise Forbidden("GitHub knows no such sign-in (any more): sign in again.")
        shown = {**_JSON, "Authorization": f"Bearer {token}"}
        about = f"{api_url.rstrip('/')}/user"
        async with session.get(about, headers=shown, timeout=_SECONDS) as answer:
            user: Any = await answer.json()
        return Person(login=str(user["login"]), user_id=int(user["id"]))
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, AttributeError) as error:
        raise Unavailable(f"GitHub did not say who you are: {type(error).__name__}.") from error
