"""A store that speaks S3 (AWS, R2, B2, MinIO), through obstore. Where it is, and as whom it is
asked, is read by obstore itself from the standard ``AWS_*`` variables, roles of machines included.
https://developmentseed.org/obstore/latest/"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING

from obstore.exceptions import BaseError
from obstore.store import S3Store

from bot.domain.errors import ConfigError, Unavailable
from bot.domain.ports import Guard

if TYPE_CHECKING:
    from obstore.store import S3Config

_RETRIES = 2
_STATUS = re.compile(r"status code: (\d{3})")
_LONGEST = timedelta(seconds=30)


class Bucket:
    """The port of objects on a bucket, below a prefix of it; ``url`` is ``s3://bucket/prefix``.
    ``config`` is what to say otherwise than the environment."""

    def __init__(
        self, url: str, *, guard: Guard = nullcontext, config: S3Config | None = None
    ) -> None:
        self._name, self._guard = url.removeprefix("s3://").partition("/")[0], guard
        try:
            self._store = S3Store.from_url(
                url,
                config=config,
                # The endpoint is the operator's, and what is sent there is sealed.
                client_options={"allow_http": True, "timeout": _LONGEST, "connect_timeout": "5s"},
                retry_config={"max_retries": _RETRIES, "retry_timeout": _LONGEST},
            )
        except BaseError as error:
            raise ConfigError(f"{_first(error)}: see SOULCASTER_BLOBS and AWS_*.") from error

    async def put(self, name: str, data: bytes) -> None:
        async with self._calling():
            await self._store.put_async(name, data, use_multipart=False)

    async def get(self, name: str) -> bytes | None:
        async with self._calling():
            try:
                found = await self._store.get_async(name)
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):
                    raise
                return None
            return bytes(await found.bytes_async())

    async def drop(self, folder: str) -> int:
        gone = 0
        async with self._calling():
            async for found in self._store.list(folder):
                await self._store.delete_async([each["path"] for each in found])
                gone += len(found)
        return gone

    async def folders(self) -> list[str]:
        async with self._calling():
            return list((await self._store.list_with_delimiter_async())["common_prefixes"])

    @asynccontextmanager
    async def _calling(self) -> AsyncIterator[None]:
        """Raises Unavailable while it cannot be reached, ConfigError where it is not ours."""
        async with self._guard():
            try:
                yield
            except (BaseError, OSError) as error:
                # What the answer was stands in the words alone, and not for every call.
                status = int(found[1]) if (found := _STATUS.search(str(error))) else 0
                if status == 404 or isinstance(error, FileNotFoundError):
                    why = f"There is no bucket {self._name}: see SOULCASTER_BLOBS."
                    raise ConfigError(why) from error
                if 300 <= status < 500 and status not in (408, 429):
                    raise ConfigError(
                        f"The bucket {self._name} refuses us ({status}): see AWS_ACCESS_KEY_ID, "
                        "AWS_SECRET_ACCESS_KEY and AWS_REGION, and what they may do there."
                    ) from error
                why = f"it answered {status}" if status else _first(error)
                raise Unavailable(f"The bucket {self._name} cannot be reached: {why}.") from error


def _first(error: BaseException) -> str:
    """What it says first, without the dump that follows."""
    return str(error).strip().partition("\n")[0][:200]
