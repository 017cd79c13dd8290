"""The GitHub App's manifest, made from ``app.yml``, and the app that comes of it.
https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest"""

import re
from typing import Any

import aiohttp
import yaml
from pydantic import BaseModel, ValidationError

from bot import SHIPPED
from bot.domain.errors import Rejected, Unavailable
from bot.github.wire import USER_AGENT

APP = SHIPPED / "app.yml"
# Where there is no way in from outside: GitHub finds nobody there (RFC 2606), keeps what it could
# not deliver, and we fetch that.
UNREACHABLE = "https://not-reachable.invalid/github/webhook"
SIGNED_IN = "/runs/signed-in"  # where GitHub leads who signs in back to
_ACCOUNT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")
_CODE = re.compile(r"[A-Za-z0-9_-]{10,100}")
_SECONDS = aiohttp.ClientTimeout(total=20)


class MadeApp(BaseModel):
    """What GitHub tells once: the app's id and name, its key (PEM), what signs its webhooks, and
    what people sign in with."""

    id: int
    slug: str
    pem: str
    webhook_secret: str
    client_id: str = ""
    client_secret: str = ""


def web_host(api_url: str) -> str:
    """Where people read, of an API's address; GitHub Enterprise Server's API lies below
    ``/api/v3``, that of github.com and of ``NAME.ghe.com`` on a host of its own."""
    api = api_url.rstrip("/").removesuffix("/api/v3")
    return re.sub(r"//api\.(github\.com|[\w-]+\.ghe\.com)$", r"//\1", api)


def manifest(*, name: str, here: str, reachable: bool) -> dict[str, Any]:
    """What is posted to GitHub. ``here`` is our own address, ``reachable`` from outside or not."""
    asked: dict[str, Any] = yaml.safe_load(APP.read_text(encoding="utf-8"))
    hook = f"{here}/github/webhook" if reachable else UNREACHABLE
    return {
        **asked,
        "name": name,
        "redirect_url": f"{here}/setup/github",
        "callback_urls": [f"{here}{SIGNED_IN}"],
        "setup_url": f"{here}/setup",
        "hook_attributes": {"url": hook, "active": True},
    }


def registration(api_url: str, organisation: str, state: str) -> str:
    """Where the browser posts the manifest. Raises Rejected for what is no account's name."""
    if organisation and not _ACCOUNT.fullmatch(organisation):
        raise Rejected("That is no name of an organisation.", status=422)
    owner = f"organizations/{organisation}/" if organisation else ""
    return f"{web_host(api_url)}/{owner}settings/apps/new?state={state}"


async def become(session: aiohttp.ClientSession, api_url: str, code: str) -> MadeApp:
    """The app that a code stands for; GitHub takes it once, within an hour. Raises Rejected for a
    code that GitHub does not know, Unavailable while it does not answer."""
    if not _CODE.fullmatch(code):
        raise Rejected("That is no code of GitHub's.", status=422)
    url = f"{api_url.rstrip('/')}/app-manifests/{code}/conversions"
    headers = {"Accept": "application/vnd.github+json", "User-Agent": USER_AGENT}
    try:
        async with session.post(url, headers=headers, timeout=_SECONDS) as answer:
            said = await answer.text()
            status = answer.status
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Unavailable(f"GitHub did not answer: {type(error).__name__}.") from error
    if status != 201:
        raise Rejected(f"GitHub knows no such code (any more): {status}.", status=status)
    try:
        return MadeApp.model_validate_json(said)
    except ValidationError as error:
        # It holds the key: what was wrong is said without it.
        raise Rejected("GitHub's answer holds no app.", status=502) from error
