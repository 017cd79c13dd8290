"""Upstash Vector through its own client. https://upstash.com/docs/vector/api · The client hides the
HTTP status and does not retry what a server refuses, so both are done here: a hook on its responses
says what happened, and every call, being harmless when repeated, is tried again."""

import urllib.parse
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any

import httpx
import numpy as np
from typing_extensions import override
from upstash_vector import AsyncIndex
from upstash_vector.errors import UpstashError

from bot.adapters.hosted import Hosted
from bot.domain.errors import Rejected, Unavailable, UpstreamError
from bot.domain.ports import Guard, Vector
from bot.retrying import retry_after

BATCH = 500  # vectors a request; the service takes 1,000 at most


class UpstashIndex(Hosted):
    """The vector index port on Upstash. Writes become visible a little late. ``timeout`` is in
    seconds, for one request, and ``guard`` what every call is made within."""

    id = "upstash"
    attempts, longest, first = 4, 10.0, 0.2

    def __init__(
        self, *, url: str, token: str, timeout: float = 20, guard: Guard = nullcontext
    ) -> None:
        self._index = AsyncIndex(url=url.rstrip("/"), token=token, retries=0, allow_telemetry=False)
        super().__init__("Upstash", timeout=timeout, guard=guard, patience=45)
        # The client keeps its httpx client to itself, and with it the status of every answer.
        self._http: httpx.AsyncClient = self._index._client
        self._http.event_hooks = {"response": [_check]}

    async def upsert(self, namespace: str, ids: Sequence[str], vectors: Vector) -> None:
        space = _escaped(namespace)
        if len(ids) != len(vectors):
            raise Rejected(f"{len(ids)} ids came with {len(vectors)} vectors.")
        for start in range(0, len(ids), BATCH):
            batch = [
                {"id": name, "vector": vector.tolist()}
                for name, vector in zip(
                    ids[start : start + BATCH], vectors[start : start + BATCH], strict=True
                )
                if vector.any()  # a vector of zeros has no direction; the service refuses it
            ]
            if batch:
                await self._call(partial(self._index.upsert, batch, namespace=space))

    async def fetch(self, namespace: str, ids: Sequence[str]) -> dict[str, Vector]:
        vectors: dict[str, Vector] = {}
        for start in range(0, len(ids), BATCH):
            wanted = list(ids[start : start + BATCH])
            found = await self._call(
                partial(
                    self._index.fetch,
                    ids=wanted,
                    include_vectors=True,
                    namespace=_escaped(namespace),
                ),
                absent=[],
            )
            for entry in found:
                if entry is not None and entry.vector:
                    vectors[entry.id] = np.asarray(entry.vector, dtype=np.float32)
        return vectors

    async def remove(self, namespace: str, ids: Sequence[str]) -> None:
        space = _escaped(namespace)
        for start in range(0, len(ids), BATCH):
            batch = list(ids[start : start + BATCH])
            await self._call(partial(self._index.delete, ids=batch, namespace=space))

    async def drop(self, namespace: str) -> None:
        await self._call(
            partial(self._index.delete_namespace, namespace=_escaped(namespace)), absent=None
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def _call(self, send: Callable[[], Awaitable[Any]], absent: Any = None) -> Any:
        """Send until it is answered, patiently. An unknown namespace gives ``absent``."""
        try:
            return await self.ask(send)
        except _NoNamespace:
            return absent

    @override
    def _meaning(self, error: Exception) -> UpstreamError | None:
        if isinstance(error, httpx.HTTPError):
            return self._unreachable(error)
        if isinstance(error, AttributeError):
            return self.unreadable()
        return Rejected(f"Upstash refused: {error}") if isinstance(error, UpstashError) else None


class _NoNamespace(Exception):
    """The namespace is not there: nothing to find, nothing to forget."""


async def _check(response: httpx.Response) -> None:
    """Say what a refusal means, which the client would hide."""
    status = response.status_code
    if status < 400:
        return
    await response.aread()
    said = response.text[:200].strip()
    if status == 429 or status >= 500:
        wait = retry_after(response.headers)
        raise Unavailable(f"Upstash answered {status}; try again.", retry_after=wait)
    if status in (400, 404) and "namespace" in said.lower() and "exist" in said.lower():
        raise _NoNamespace
    # An index has one width: https://upstash.com/docs/vector/api/endpoints/upsert
    mend = " Make another index for this embedder." if "dimension" in said else ""
    raise Rejected(f"Upstash refused ({status}): {said}.{mend}", status=status)


def _escaped(namespace: str) -> str:
    """The client puts a namespace into the URL as it is."""
    return urllib.parse.quote(namespace, safe="")
