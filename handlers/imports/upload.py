"""Send a file to a server by the tus protocol, going on where it broke off.
https://tus.io/protocols/resumable-upload"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO
from urllib.parse import urljoin

import aiohttp

from bot.domain.errors import Rejected, Unavailable

PIECE = 4 * 1024 * 1024
_TRIES = 8
_LOOK_SECONDS = 1.0


async def upload(
    to: str,
    token: str,
    file: BinaryIO,
    metadata: Mapping[str, str],
    tell: Callable[[str, int], None],
) -> dict[str, Any]:
    """How the import stands when it has been read. Raises Rejected, or Unavailable in the end."""
    size = file.seek(0, 2)
    told = ",".join(f"{key} {b64encode(said.encode()).decode()}" for key, said in metadata.items())
    shown = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}
    async with aiohttp.ClientSession(headers=shown) as http:
        headers = {"Upload-Length": str(size), "Upload-Metadata": told}
        answer, _ = await _asked(http, "POST", urljoin(to, "/imports"), headers=headers)
        where, offset, failed = urljoin(to, answer["Location"]), 0, 0
        headers = {"Content-Type": "application/offset+octet-stream"}
        while offset < size:
            file.seek(offset)
            here = {**headers, "Upload-Offset": str(offset)}
            try:
                answer, _ = await _asked(http, "PATCH", where, headers=here, data=file.read(PIECE))
                failed = 0
            except Unavailable as error:
                if (failed := failed + 1) == _TRIES:
                    raise
                await asyncio.sleep(error.retry_after or 2**failed / 4)
                answer, _ = await _asked(http, "HEAD", where)
            offset = int(answer["Upload-Offset"])
            tell("receiving", 20 * offset // size)
        while True:
            _, one = await _asked(http, "GET", where)
            tell(one["stage"] or one["state"], one["percent"])
            if one["state"] != "processing":
                return dict(one)
            await asyncio.sleep(_LOOK_SECONDS)


async def _asked(http: aiohttp.ClientSession, method: str, url: str, **more: Any) -> Any:
    """Headers and body of the answer. Raises Unavailable where it may be sent again, Rejected."""
    try:
        async with http.request(method, url, **more) as answer:
            if answer.status < 300:
                return answer.headers, await answer.json() if method == "GET" else None
            said = f"The server answers {answer.status}: {(await answer.text())[:300]}"
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Unavailable(f"The server cannot be reached: {error}") from error
    if answer.status >= 500 or (answer.status in (409, 429) and method != "POST"):
        wait = answer.headers.get("Retry-After", "")
        raise Unavailable(said, retry_after=float(wait) if wait.isdecimal() else None)
    raise Rejected(said, status=answer.status)
