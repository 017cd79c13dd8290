"""Files that people dropped into Slack.

https://docs.slack.dev/reference/objects/file-object · Who has no ``files:read`` is led to a page to
sign in, or is given it: no redirect is followed, and no page taken for the file.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

import aiohttp

from bot.domain.errors import NotAllowed, Unavailable

HOST = "files.slack.com"
PIECE = 1024 * 1024
UNREAD = (
    "The app may not read files in Slack: who runs it adds files:read to the bot's scopes in its "
    "manifest (docs/slack-manifest.yml) and installs it again; or hand it over in the shell."
)
# Others are links to elsewhere, canvases, deleted, or hidden by a plan's limit.
_KEPT = ("hosted", "snippet")
_SECONDS = 60.0
_PAGE = "text/html"


class Dropped(NamedTuple):
    """A file that lies in Slack: whose, of ``size`` bytes, where its bytes are and its page is."""

    name: str
    size: int
    user: str
    type: str
    url: str
    page: str


def dropped(told: Mapping[str, Any]) -> Dropped:
    """A file object as a file. Raises NotAllowed for one whose bytes do not lie in Slack."""
    name, mode = str(told.get("name") or told.get("id")), str(told.get("mode"))
    if mode not in _KEPT or told.get("is_external"):
        what = "external" if told.get("is_external") else mode
        raise NotAllowed(f"{name} does not lie in Slack ({what}): attach the file itself.")
    text = {key: str(told.get(key) or "") for key in ("user", "mimetype")}
    urls = str(told.get("url_private_download") or ""), str(told.get("permalink") or "")
    return Dropped(name, int(told.get("size") or 0), text["user"], text["mimetype"], *urls)


async def pieces(
    session: aiohttp.ClientSession, file: Dropped, token: str, start: int
) -> AsyncIterator[bytes]:
    """Its bytes from ``start`` on, a megabyte at a time; never more than it was said to have.

    Raises NotAllowed where a page comes in place of it, Unavailable where it breaks off.
    """
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
    headers |= {"Range": f"bytes={start}-"} if start else {}
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=_SECONDS, sock_read=_SECONDS)
    try:
        async with session.get(
            file.url, headers=headers, allow_redirects=False, timeout=timeout
        ) as answer:
            if answer.status >= 500 or answer.status == 429:
                raise Unavailable(f"Slack does not give {file.name} now ({answer.status}).")
            page = answer.content_type == _PAGE and file.type != _PAGE
            if answer.status not in (200, 206) or page:
                raise NotAllowed(UNREAD)
            at, held = start if answer.status == 206 else 0, bytearray()
            async for chunk in answer.content.iter_chunked(PIECE):
                held += chunk[max(0, start - at) :]
                at += len(chunk)
                if at > file.size:
                    raise NotAllowed(f"{file.name} is not the file that Slack told of.")
                if len(held) >= PIECE:
                    yield bytes(held)
                    held.clear()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Unavailable(f"Slack cannot be reached ({type(error).__name__}).") from error
    if held:
        yield bytes(held)
    if at < file.size:
        raise Unavailable(f"{file.name} broke off at {at:,} of {file.size:,} bytes.")
