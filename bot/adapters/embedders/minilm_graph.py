"""all-MiniLM-L6-v2 as an ONNX graph, built from its safetensors weights. The graph takes
``input_ids`` and ``attention_mask`` (int64, texts x tokens) and gives one unit-length mean of the
token vectors a text. It has the layers of BERT (https://arxiv.org/abs/1810.04805) under the names
the weights file uses, and nothing else."""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray
from onnx import TensorProto, helper, numpy_helper

LAYERS, HEADS, WIDTH = 6, 12, 384
OPSET = 20  # the first with Gelu; LayerNormalization came with 17

Tensors = Mapping[str, NDArray[np.float32]]


def read_safetensors(path: Path) -> dict[str, NDArray[np.float32]]:
    """The float32 tensors of a safetensors file, memory-mapped. Eight bytes of header length
    (little endian), a JSON header, then the raw data:
    https://huggingface.co/docs/safetensors/index#format"""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header: dict[str, dict[str, Any]] = json.loads(file.read(length))
    data = np.memmap(path, dtype=np.uint8, mode="r", offset=8 + length)
    tensors = {}
    for name, entry in header.items():
        if entry.get("dtype") == "F32":
            begin, end = entry["data_offsets"]
            tensors[name] = data[begin:end].view("<f4").reshape(entry["shape"])
    return tensors


class _Graph:
    """Collects nodes and weights; every method returns the name of its output."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = tensors
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, onnx.TensorProto] = {}

    def node(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        name = output or f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def constant(self, name: str, value: ArrayLike) -> str:
        if name not in self.weights:
            self.weights[name] = numpy_helper.from_array(np.asarray(value, order="C"), name)
        return name

    def weight(self, name: str, *, transposed: bool = False) -> str:
        tensor = self.tensors[name]
        return self.constant(name, tensor.T if transposed else tensor)

    def linear(self, x: str, name: str) -> str:
        product = self.node("MatMul", x, self.weight(f"{name}.weight", transposed=True))
        return self.node("Add", product, self.weight(f"{name}.bias"))

    def norm(self, x: str, name: str) -> str:
        scale, shift = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.node("LayerNormalization", x, scale, shift, axis=-1, epsilon=1e-12)

    def embeddings(self, ids: str) -> str:
        words = self.node("Gather", self.weight("embeddings.word_embeddings.weight"), ids)
        length = self.node("Gather", self.node("Shape", ids), self.constant("one", np.int64(1)))
        zero, one = self.constant("zero", np.int64(0)), "one"
        positions = self.node("Range", zero, length, one)
        places = self.node(
            "Gather", self.weight("embeddings.position_embeddings.weight"), positions
        )
        types = self.tensors["embeddings.token_type_embeddings.weight"][0]  # one segment only
        total = self.node("Add", self.node("Add", words, places), self.constant("segment", types))
        return self.norm(total, "embeddings.LayerNorm")

    def attention(self, x: str, bias: str, layer: str) -> str:
        split = self.constant("split", np.array([0, 0, HEADS, WIDTH // HEADS], dtype=np.int64))
        joined = self.constant("joined", np.array([0, 0, WIDTH], dtype=np.int64))
        scale = self.constant("scale", np.float32((WIDTH // HEADS) ** -0.5))

        def heads(part: str, order: list[int]) -> str:
            linear = self.linear(x, f"{layer}.attention.self.{part}")
            return self.node("Transpose", self.node("Reshape", linear, split), perm=order)

        query = self.node("Mul", heads("query", [0, 2, 1, 3]), scale)
        scores = self.node("MatMul", query, heads("key", [0, 2, 3, 1]))
        weights = self.node("Softmax", self.node("Add", scores, bias), axis=-1)
        mixed = self.node("MatMul", weights, heads("value", [0, 2, 1, 3]))
        merged = self.node("Reshape", self.node("Transpose", mixed, perm=[0, 2, 1, 3]), joined)
        return self.linear(merged, f"{layer}.attention.output.dense")

    def layer(self, x: str, bias: str, layer: str) -> str:
        attended = self.node("Add", x, self.attention(x, bias, layer))
        x = self.norm(attended, f"{layer}.attention.output.LayerNorm")
        inner = self.node("Gelu", self.linear(x, f"{layer}.intermediate.dense"))
        return self.norm(
            self.node("Add", x, self.linear(inner, f"{layer}.output.dense")),
            f"{layer}.output.LayerNorm",
        )

    def mean(self, x: str, mask: str) -> str:
        weights = self.node("Unsqueeze", mask, self.constant("last", np.array([2], np.int64)))
        tokens = self.constant("tokens", np.array([1], np.int64))
        summed = self.node("ReduceSum", self.node("Mul", x, weights), tokens, keepdims=0)
        return self.node("LpNormalization", summed, output="vectors", axis=-1, p=2)


def build(tensors: Tensors) -> onnx.ModelProto:
    """The whole model: ``input_ids``, ``attention_mask`` -> ``vectors`` (texts x 384, float32)."""
    graph = _Graph(tensors)
    mask = graph.node("Cast", "attention_mask", to=TensorProto.FLOAT)
    inverse = graph.node("Sub", graph.constant("unit", np.float32(1)), mask)
    hidden = graph.node("Mul", inverse, graph.constant("never", np.float32(-1e9)))
    axes = graph.constant("heads_and_queries", np.array([1, 2], np.int64))
    bias = graph.node("Unsqueeze", hidden, axes)
    x = graph.embeddings("input_ids")
    for number in range(LAYERS):
        x = graph.layer(x, bias, f"encoder.layer.{number}")
    graph.mean(x, mask)
    shape = ["texts", "tokens"]
    body = helper.make_graph(
        graph.nodes,
        "all-MiniLM-L6-v2",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, shape),
            helper.make_tensor_value_info("attention_mask", TensorProto.INT64, shape),
        ],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", WIDTH])],
        list(graph.weights.values()),
    )
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
