"""Sentence models on this machine, with no account: a thread of their own, and one in ONNX.
onnxruntime and tokenizers are imported when the model is first used, since they cost most of a
second. Every text is compared with every other, so all are read alike."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import numpy as np

from bot.domain.errors import ConfigError
from bot.domain.ports import Vector
from bot.domain.text import in_english


class Threaded(ABC):
    """The embedder port but for ``id``, ``dimensions`` and what the thread does."""

    together = 4

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedder")
        self._model: Any = None

    async def embed(self, texts: Sequence[str]) -> Vector:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._embed, list(texts))

    async def close(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._model = None

    @abstractmethod
    def _embed(self, texts: list[str]) -> Vector:
        """The same, in the thread."""


BATCH = 16
Pooling = Literal["mean", "cls", "none"]


class OnnxText(Threaded):
    """The embedder port on a transformer's graph. ``model`` gives the path of the graph, and may
    build it; ``tokens`` is how many of a text are read, and ``pooling`` what makes one vector of
    those of its tokens (``none``: the graph does). ``prefix`` is put before every text; an
    ``english`` model reads other languages by the glossary."""

    def __init__(
        self,
        model: Callable[[], Path],
        tokenizer: Path,
        *,
        id: str,
        dimensions: int,
        tokens: int,
        pooling: Pooling,
        prefix: str = "",
        english: bool = False,
    ) -> None:
        super().__init__()
        self.id, self.dimensions = id, dimensions
        self._path, self._tokenizer = model, tokenizer
        self._tokens, self._pooling = tokens, pooling
        self._prefix, self._english = prefix, english

    def _load(self) -> tuple[Any, Any]:
        if self._model is None:
            import onnxruntime
            from tokenizers import Tokenizer

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            options.inter_op_num_threads = 1
            session = onnxruntime.InferenceSession(
                str(self._path()), options, providers=["CPUExecutionProvider"]
            )
            tokenizer = Tokenizer.from_file(str(self._tokenizer))
            tokenizer.no_padding()
            tokenizer.enable_truncation(max_length=self._tokens)
            self._model = session, tokenizer
        model: tuple[Any, Any] = self._model
        return model

    def _embed(self, texts: list[str]) -> Vector:
        session, tokenizer = self._load()
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        read = [in_english(text) if self._english else text for text in texts]
        encoded = tokenizer.encode_batch([self._prefix + text for text in read])
        # Of like length together, so that little padding is computed.
        order = sorted(
            (i for i, text in enumerate(texts) if text.strip()), key=lambda i: len(encoded[i].ids)
        )
        wanted = {each.name for each in session.get_inputs()}
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            lengths = [len(encoded[i].ids) for i in rows]
            ids = np.zeros((len(rows), lengths[-1]), dtype=np.int64)
            for row, i in enumerate(rows):
                ids[row, : lengths[row]] = encoded[i].ids
            mask = (np.arange(lengths[-1]) < np.array(lengths)[:, None]).astype(np.int64)
            given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            feed = {name: each for name, each in given.items() if name in wanted}
            vectors[rows] = self._pooled(session.run(None, feed)[0], mask)
        return vectors

    def _pooled(self, found: Vector, mask: Any) -> Vector:
        """One unit-length row a text, of what the graph gave."""
        if self._pooling == "cls":
            found = found[:, 0]
        elif self._pooling == "mean":
            found = (found * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        if found.ndim != 2 or found.shape[1] != self.dimensions:
            shape = " x ".join(map(str, found.shape[1:]))
            raise ConfigError(
                f"{self.id} gives {shape} numbers a text where its manifest says "
                f"{self.dimensions}: mend its dimensions or its pooling."
            )
        unit: Vector = found / np.linalg.norm(found, axis=1, keepdims=True).clip(1e-9)
        return unit
