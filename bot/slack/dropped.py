"""Files that people dropped into Slack. https://docs.slack.dev/reference/objects/file-object · Who
has no ``files:read`` is led to a page to sign in, or is given it: no redirect is followed, and no
page taken for the file."""

from collections.abc import AsyncIterator

import aiohttp
from pydantic import BaseModel

from bot.domain.errors import NotAllowed, Unavailable

HOST = "files.slack.com"
PIECE = 1024 * 1024
UNREAD = (
    "The app may not read files in Slack: who runs it adds files:read to the bot's scopes in its "
    "manifest (docs/slack-manifest.yml) and installs it again; or hand it over in the shell."
)
_PAGE = "text/html"


class Dropped(BaseModel):
    """A file as Slack tells of it: whose, and of ``size`` bytes."""

    name: str = ""
    size: int = 0
    user: str = ""
    mimetype: str = ""
    mode: str = ""
    is_external: bool = False
    url_private_download: str = ""
    permalink: str = ""

    @property
    def lies_there(self) -> bool:
        """Whether its bytes do: others are links, canvases, deleted, or hidden by a plan."""
        return self.mode in ("hosted", "snippet") and not self.is_external


async def pieces(
    session: aiohttp.ClientSession, file: Dropped, token: str, start: int
) -> AsyncIterator[bytes]:
    """Its bytes from ``start`` on, a megabyte at a time, the last may be none; never more than it
    was said to have. Raises NotAllowed for a page in place of it, Unavailable where it breaks off.
    """
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
    timeout = aiohttp.ClientTimeout(total=None, sock_read=60)
    headers |= {"Range": f"bytes={start}-"} if start else {}
    at, held = start, bytearray()
    try:
        async with session.get(
            file.url_private_download, headers=headers, allow_redirects=False, timeout=timeout
        ) as answer:
            if answer.status >= 500 or answer.status == 429:
                raise Unavailable(f"Slack does not give {file.name} now ({answer.status}).")
            page = answer.content_type == _PAGE != file.mimetype
            if answer.status not in (200, 206, 416) or page:
                raise NotAllowed(UNREAD)
            at = 0 if answer.status == 200 else start
            async for chunk in answer.content.iter_chunked(PIECE):
                if answer.status == 416:  # all of it is here already
                    break
                held += chunk[max(0, start - at) :]
                at += len(chunk)
                if at > file.size:
                    raise NotAllowed(f"{file.name} is not the file that Slack told of.")
                if len(held) >= PIECE:
                    yield bytes(held)
                    held.clear()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Unavailable(f"Slack cannot be reached ({type(error).__name__}).") from error
    yield bytes(held)
    if at < file.size:
        raise Unavailable(f"{file.name} broke off at {at:,} of {file.size:,} bytes.")
