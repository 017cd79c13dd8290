"""A sentence model of a few hundred numbers in ONNX, with the manifest of a local folder."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Regex, Tokenizer, models, pre_tokenizers

from bot.adapters.embedders.manifest import FILE, sha256_of

WIDTH = 8
_LETTERS = string.ascii_lowercase + string.digits + " :"


def graph() -> bytes:
    """Each letter as a fixed direction: texts x letters x 8."""
    table = np.random.default_rng(1).standard_normal((len(_LETTERS) + 1, WIDTH)).astype(np.float32)
    body = helper.make_graph(
        [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])],
        "letters",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["texts", "tokens"])],
        [
            helper.make_tensor_value_info(
                "last_hidden_state", TensorProto.FLOAT, ["texts", "tokens", WIDTH]
            )
        ],
        [numpy_helper.from_array(table, "table")],
    )
    opset = helper.make_opsetid("", 20)
    model: onnx.ModelProto = helper.make_model(body, opset_imports=[opset], ir_version=10)
    return bytes(model.SerializeToString())


def tokenizer() -> str:
    """A letter a token."""
    vocabulary = {letter: number for number, letter in enumerate(_LETTERS, start=1)} | {"?": 0}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="?"))
    made.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    return str(made.to_str())


def small_model(folder: Path, **said: Any) -> Path:
    """``folder`` with the model; ``said`` stands in its manifest."""
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(graph())
    (folder / "tokenizer.json").write_text(tokenizer())
    files = {name: sha256_of(folder / name) for name in ("model.onnx", "tokenizer.json")}
    manifest = {"name": "letters", "dimensions": WIDTH, "pooling": "mean", "files": files} | said
    (folder / FILE).write_text(json.dumps(manifest))
    return folder
