"""all-MiniLM-L6-v2 on onnxruntime, on this machine and with no account.

About 27 texts a second on one core at 128 tokens, 330 MB of memory. onnx, onnxruntime and
tokenizers are imported when the model is first used, since they cost most of a second.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from bot.adapters.embedders.weights import verify
from bot.domain.ports import Vector

TOKENS = 128
BATCH = 16
GRAPH = "minilm-{tokens}.onnx"


class MiniLM:
    """The embedder port on local weights.

    ``folder`` holds what ``weights.fetch_weights`` put there; the graph built from them is kept
    beside them. Raises ConfigError, here and not at the first text, when they are absent or wrong.
    """

    id = "all-minilm-l6-v2/128/384"
    dimensions = 384

    def __init__(self, folder: Path) -> None:
        verify(folder)
        self._folder = folder
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="minilm")
        self._model: tuple[Any, Any] | None = None

    async def embed(self, texts: Sequence[str]) -> Vector:
        """One unit-length row a text; an empty text gives zeros."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._embed, list(texts))

    async def close(self) -> None:
        """End the thread and let the model go."""
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._model = None

    def _load(self) -> tuple[Any, Any]:
        if self._model is None:
            import onnxruntime
            from tokenizers import Tokenizer

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            options.inter_op_num_threads = 1
            session = onnxruntime.InferenceSession(
                self._graph(), options, providers=["CPUExecutionProvider"]
            )
            tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
            tokenizer.no_padding()
            tokenizer.enable_truncation(max_length=TOKENS)
            self._model = session, tokenizer
        return self._model

    def _graph(self) -> str:
        """The path of the built graph; written whole or not at all."""
        path = self._folder / GRAPH.format(tokens=TOKENS)
        if not path.is_file():
            from bot.adapters.embedders.minilm_graph import build, read_safetensors

            model = build(read_safetensors(self._folder / "model.safetensors"))
            unfinished = path.with_suffix(f".{os.getpid()}")
            unfinished.write_bytes(model.SerializeToString())
            unfinished.replace(path)
        return str(path)

    def _embed(self, texts: list[str]) -> Vector:
        session, tokenizer = self._load()
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        encoded = tokenizer.encode_batch(texts)
        # Of like length together, so that little padding is computed.
        order = sorted(
            (i for i, text in enumerate(texts) if text.strip()), key=lambda i: len(encoded[i].ids)
        )
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            width = len(encoded[rows[-1]].ids)
            ids = np.zeros((len(rows), width), dtype=np.int64)
            for row, i in enumerate(rows):
                ids[row, : len(encoded[i].ids)] = encoded[i].ids
            mask = (ids != 0).astype(np.int64)
            vectors[rows] = session.run(["vectors"], {"ids": ids, "mask": mask})[0]
        return vectors
