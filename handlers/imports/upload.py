"""Send a file to a server by the tus protocol, going on where it broke off.

https://tus.io/protocols/resumable-upload
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Callable
from typing import Any, BinaryIO
from urllib.parse import urljoin

import aiohttp

from bot.domain.errors import Rejected, Unavailable
from bot.domain.imports import Wanted

PIECE = 4 * 1024 * 1024
TUS = {"Tus-Resumable": "1.0.0"}
_TRIES = 8
_LOOK_SECONDS = 1.0


async def upload(
    to: str,
    token: str,
    file: BinaryIO,
    size: int,
    name: str,
    kind: str,
    wanted: Wanted,
    tell: Callable[[str, int], None],
) -> dict[str, Any]:
    """How the import stands when it has been read. Raises Rejected, or Unavailable in the end."""
    metadata = {"filename": name, "kind": kind, "wanted": wanted.model_dump_json()}
    told = ",".join(f"{key} {b64encode(said.encode()).decode()}" for key, said in metadata.items())
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}", **TUS}) as http:
        headers = {"Upload-Length": str(size), "Upload-Metadata": told}
        answer = await _asked(http, "POST", urljoin(to, "/imports"), headers=headers)
        where, offset, failed = urljoin(to, answer["Location"]), 0, 0
        while offset < size:
            file.seek(offset)
            headers = {
                "Upload-Offset": str(offset),
                "Content-Type": "application/offset+octet-stream",
            }
            try:
                answer = await _asked(http, "PATCH", where, headers=headers, data=file.read(PIECE))
                failed = 0
            except Unavailable:
                if (failed := failed + 1) == _TRIES:
                    raise
                await asyncio.sleep(2**failed / 4)
                answer = await _asked(http, "HEAD", where)
            offset = int(answer["Upload-Offset"])
            tell("receiving", 20 * offset // size)
        while True:
            async with http.get(where) as found:
                one: dict[str, Any] = await found.json()
            if found.status == 200:
                tell(one["stage"] or one["state"], one["percent"])
                if one["state"] != "processing":
                    return one
            await asyncio.sleep(_LOOK_SECONDS)


async def _asked(http: aiohttp.ClientSession, method: str, url: str, **more: Any) -> Any:
    """The headers of the answer. Raises Unavailable where it may be sent again, and Rejected."""
    try:
        async with http.request(method, url, **more) as answer:
            if answer.status < 300:
                return answer.headers
            said = (await answer.text())[:300]
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Unavailable(f"The server cannot be reached: {error}") from error
    if answer.status >= 500 or (answer.status in (409, 423, 429) and method != "POST"):
        raise Unavailable(f"The server answers {answer.status}: {said}")
    raise Rejected(f"The server refused ({answer.status}): {said}", status=answer.status)
