"""all-MiniLM-L6-v2: about 27 texts a second on one core at 128 tokens, 330 MB of memory."""

import os
from pathlib import Path

from bot.adapters.embedders.onnx_text import OnnxText
from bot.adapters.embedders.weights import MINILM

TOKENS = 128
GRAPH = "minilm-{tokens}.v2.onnx"


class MiniLM(OnnxText):
    """The embedder port on weights that ``MINILM.fetch`` put into ``folder``. The graph built from
    them is kept beside them. Raises ConfigError, here and not at the first text, when they are
    absent or wrong."""

    def __init__(self, folder: Path) -> None:
        MINILM.verify(folder)
        super().__init__(
            lambda: _graph(folder),
            folder / "tokenizer.json",
            id="all-minilm-l6-v2/128/384",
            dimensions=384,
            tokens=TOKENS,
            pooling="none",
            english=True,
        )


def _graph(folder: Path) -> Path:
    """The path of the built graph; written whole or not at all."""
    path = folder / GRAPH.format(tokens=TOKENS)
    if not path.is_file():
        from bot.adapters.embedders.minilm_graph import build, read_safetensors

        model = build(read_safetensors(folder / "model.safetensors"))
        unfinished = path.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(model.SerializeToString())
        unfinished.replace(path)
    return path
