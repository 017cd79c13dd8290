"""Models from a folder or a hub: what their manifest says holds, or one line says what does not."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import web
from small_model import WIDTH, graph, small_model, tokenizer

from bot.adapters.embedders.hub import fetch_model
from bot.adapters.embedders.manifest import LocalModel, read_manifest
from bot.domain.errors import ConfigError

REVISION = "a" * 40


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"dimensions": 1}, "dimensions"),
        ({"pooling": "max"}, "pooling"),
        ({"files": {}}, "names no model.onnx"),
        ({"files": {"model.onnx": "", "tokenizer.json": "", "../a": ""}}, "not beside it"),
        ({"files": {"model.onnx": "00", "tokenizer.json": "00"}}, "is not what soulcaster.json"),
        ({"name": "../../etc"}, "name"),
        ({"run": "this"}, "run"),
    ],
)
def test_a_folder_whose_manifest_does_not_fit_is_refused(
    tmp_path: Path, said: dict[str, Any], told: str
) -> None:
    folder = small_model(tmp_path / "letters", **said)
    with pytest.raises(ConfigError, match=told) as refused:
        LocalModel(folder)
    assert "\n" not in str(refused.value)


def test_a_folder_without_manifest_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="soulcaster models fetch"):
        LocalModel(tmp_path)


async def test_another_width_than_said_is_refused_at_the_first_text(tmp_path: Path) -> None:
    model = LocalModel(small_model(tmp_path / "letters", dimensions=WIDTH + 1))
    with pytest.raises(ConfigError, match="gives 8 numbers a text"):
        await model.embed(["a"])
    await model.close()


async def test_pooling_and_prefix_are_those_of_the_manifest(tmp_path: Path) -> None:
    found = {}
    for name, said in {
        "mean": {},
        "cls": {"pooling": "cls"},
        "prefix": {"prefix": "query: "},
    }.items():
        model = LocalModel(small_model(tmp_path / name, **said))
        found[name] = (await model.embed(["ab", "a", "query: ab"])), model.id
        await model.close()
    mean, first, asked = (rows for rows, _ in found.values())
    np.testing.assert_allclose(first[0], mean[1], atol=1e-6)  # the first letter alone
    np.testing.assert_allclose(asked[0], mean[2], atol=1e-6)
    # What does not compare is never told to be the same.
    assert len({made for _, made in found.values()}) == 3


class Hub:
    """Hugging Face's wire, as far as a fetch speaks it."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {
            "onnx/model.onnx": graph(),
            "tokenizer.json": tokenizer().encode(),
            "config.json": b'{"hidden_size": 8, "max_position_embeddings": 64}',
            "1_Pooling/config.json": b'{"word_embedding_dimension": 8,'
            b' "pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true}',
            "config_sentence_transformers.json": b'{"prompts": {"query": "ask: "}}',
        }
        self.hash = hashlib.sha256(self.files["onnx/model.onnx"]).hexdigest()
        self.asked: list[str] = []

    async def info(self, request: web.Request) -> web.Response:
        siblings = [{"rfilename": name, "size": len(body)} for name, body in self.files.items()]
        siblings[0]["lfs"] = {"sha256": self.hash, "size": 1, "pointerSize": 1}
        told = {"id": "some/letters", "sha": REVISION, "siblings": siblings}
        return web.json_response(told | {"cardData": {"license": "mit"}})

    async def file(self, request: web.Request) -> web.Response:
        name = request.match_info["file"]
        self.asked.append(name)
        body = self.files[name]
        headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()}"', "X-Repo-Commit": REVISION}
        return web.Response(body=body, headers=headers)


@pytest.fixture
async def hub(aiohttp_server: Any) -> tuple[Hub, str]:
    made = Hub()
    app = web.Application()
    app.router.add_get("/api/models/some/letters", made.info)
    app.router.add_get(f"/some/letters/resolve/{REVISION}/{{file:.+}}", made.file)
    server = await aiohttp_server(app)
    return made, str(server.make_url("")).rstrip("/")


async def test_a_fetched_model_says_what_it_is_and_works(
    hub: tuple[Hub, str], tmp_path: Path
) -> None:
    manifest = await asyncio.to_thread(fetch_model, "some/letters", tmp_path, hub=hub[1])
    assert (manifest.licence, manifest.pooling, manifest.prefix) == ("mit", "mean", "ask: ")
    assert (manifest.dimensions, manifest.tokens) == (WIDTH, 64)
    model = LocalModel(tmp_path / "some--letters")
    assert (await model.embed(["a b"])).shape == (1, WIDTH)
    await model.close()
    asked = len(hub[0].asked)
    assert await asyncio.to_thread(fetch_model, "some/letters", tmp_path, hub=hub[1]) == manifest
    assert len(hub[0].asked) == asked  # it is there


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("config.json", "no JSON"),
        ("config.json", '{"max_position_embeddings": "many"}'),
        ("1_Pooling/config.json", '{"pooling_mode_mean_tokens": 1, "word_embedding_dimension": 1}'),
        (
            "1_Pooling/config.json",
            '{"pooling_mode_mean_tokens": 1, "word_embedding_dimension": []}',
        ),
        ("config_sentence_transformers.json", '{"prompts": ["query"]}'),
        ("config_sentence_transformers.json", '{"prompts": {"query": 1}}'),
    ],
)
async def test_what_a_hub_says_oddly_is_told_in_a_line(
    hub: tuple[Hub, str], tmp_path: Path, file: str, said: str
) -> None:
    hub[0].files[file] = said.encode()
    if file.startswith("1_"):
        hub[0].files["config.json"] = b"{}"
    with pytest.raises(ConfigError, match="not known here"):
        await asyncio.to_thread(fetch_model, "some/letters", tmp_path, hub=hub[1])
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("fault", ["another file", "no graph", "no pooling", "no such model"])
async def test_what_cannot_be_fetched_leaves_nothing(
    hub: tuple[Hub, str], tmp_path: Path, fault: str
) -> None:
    name, told = "some/letters", "model.onnx"
    if fault == "another file":
        hub[0].hash, told = "0" * 64, "not what the hub says"
    elif fault == "no graph":
        del hub[0].files["onnx/model.onnx"]
    elif fault == "no pooling":
        hub[0].files["1_Pooling/config.json"] = json.dumps({}).encode()
        told = "pools neither"
    else:
        name, told = "some/other", "could not be fetched"
    with pytest.raises(ConfigError, match=told):
        await asyncio.to_thread(fetch_model, name, tmp_path, hub=hub[1])
    assert os.listdir(tmp_path) == []
    with pytest.raises(ConfigError):
        read_manifest(tmp_path / "some--letters")
