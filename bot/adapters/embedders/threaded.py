"""What local models share: a thread of their own, and a model that is loaded at the first text."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bot.domain.ports import Vector


class Threaded(ABC):
    """The embedder port but for ``id``, ``dimensions`` and what the thread does."""

    together = 4

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedder")
        self._model: Any = None

    async def embed(self, texts: Sequence[str]) -> Vector:
        """One unit-length row a text; an empty text gives zeros."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._embed, list(texts))

    async def close(self) -> None:
        """End the thread and let the model go."""
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._model = None

    @abstractmethod
    def _embed(self, texts: list[str]) -> Vector:
        """The same, in the thread."""
