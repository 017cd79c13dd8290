"""Fetches a sentence model from a hub that speaks Hugging Face's wire, and writes its manifest. How
it pools, what it wants before a text and how much it reads stand in the files of
sentence-transformers beside the weights.
https://sbert.net/docs/sentence_transformer/usage/custom_models.html"""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from bot.adapters.embedders.manifest import (
    FILE,
    GRAPH,
    TOKENIZER,
    LocalModel,
    Manifest,
    folder_of,
    read_manifest,
    sha256_of,
)
from bot.adapters.embedders.onnx_text import Pooling
from bot.domain.errors import ConfigError

_GRAPHS = ("onnx/model.onnx", "model.onnx", "onnx/model_quantized.onnx", "model_optimized.onnx")
_POOLINGS: tuple[tuple[str, Pooling], ...] = (
    ("pooling_mode_mean_tokens", "mean"),
    ("pooling_mode_cls_token", "cls"),
)
_ASKED = ("query", "passage", "document")
MOST_TOKENS = 512


def fetch_model(name: str, models: Path, *, hub: str | None = None) -> Manifest:
    """The model ``owner/name``, at its newest revision, into a folder of ``models``. Every file is
    held to the hash that the hub says it has. Harmless when it is there already. Raises
    ConfigError, with what the hub lacks or said."""
    folder = folder_of(name, models)
    if (folder / FILE).is_file():
        LocalModel(folder)
        return read_manifest(folder)
    from httpx import HTTPError
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    models.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=models) as scratch:
            api = HfApi(endpoint=hub, token=False)
            info = api.model_info(name, files_metadata=True)
            files = {each.rfilename: each for each in info.siblings or ()}
            fetch = _Fetch(api, name, info.sha or "main", files, Path(scratch))
            ready = Path(scratch) / "ready"
            ready.mkdir()
            manifest = _manifest(fetch, ready, getattr(info.card_data, "license", None))
            (ready / FILE).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
            ready.replace(folder)
    except (HfHubHTTPError, HFValidationError, HTTPError, OSError) as error:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise ConfigError(f"{name} could not be fetched: {why}") from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ConfigError(f"{name} is described in a way that is not known here.") from error
    return manifest


class _Fetch:
    """Files of one revision, each held to its hash."""

    def __init__(self, api: Any, name: str, revision: str, files: Any, scratch: Path) -> None:
        self._api, self._name, self._revision = api, name, revision
        self.files, self._scratch = files, scratch

    def get(self, file: str) -> Path:
        path = Path(
            self._api.hf_hub_download(
                self._name, file, revision=self._revision, local_dir=self._scratch / "hub"
            )
        )
        if (large := self.files[file].lfs) and sha256_of(path) != large.sha256:
            raise ConfigError(f"{file} of {self._name} is not what the hub says it is.")
        return path

    def json(self, file: str) -> dict[str, Any]:
        found = json.loads(self.get(file).read_bytes()) if file in self.files else {}
        return found if isinstance(found, dict) else {}


def _manifest(fetch: _Fetch, ready: Path, licence: str | None) -> Manifest:
    name = fetch._name
    graph = next((each for each in _GRAPHS if each in fetch.files), None)
    if graph is None or TOKENIZER not in fetch.files:
        raise ConfigError(f"{name} has no model.onnx with a tokenizer.json: another is needed.")
    pools = fetch.json("1_Pooling/config.json")
    pooling = next((how for key, how in _POOLINGS if pools.get(key)), None)
    if pooling is None:
        raise ConfigError(f"{name} pools neither by mean nor by its first token, as is known here.")
    config = fetch.json("config.json")
    prompts = fetch.json("config_sentence_transformers.json").get("prompts") or {}
    asked = next((prompts[each] for each in _ASKED if prompts.get(each)), "")
    if not asked and "e5" in name.rsplit("/", 1)[-1].split("-"):
        asked = "query: "  # its card says so, its files do not
    reads = fetch.json("sentence_bert_config.json").get("max_seq_length")
    tokens = min(reads or config.get("max_position_embeddings") or MOST_TOKENS, MOST_TOKENS)
    wanted = {graph: GRAPH, TOKENIZER: TOKENIZER}
    beside = f"{graph}_data"
    if beside in fetch.files:  # the graph refers to it by this name
        wanted[beside] = Path(beside).name
    for file, to in wanted.items():
        shutil.move(fetch.get(file), ready / to)
    return Manifest(
        name=name,
        licence=licence or "unknown",
        dimensions=pools.get("word_embedding_dimension") or config["hidden_size"],
        pooling=pooling,
        prefix=asked,
        tokens=tokens,
        files={each: sha256_of(ready / each) for each in wanted.values()},
    )
