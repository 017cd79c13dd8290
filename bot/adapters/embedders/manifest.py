"""A folder with a sentence model in ONNX, and ``soulcaster.json``, which says what is in it.

    {"name": "intfloat/multilingual-e5-small", "licence": "mit", "dimensions": 384,
     "pooling": "mean", "prefix": "query: ", "tokens": 512, "english": false,
     "files": {"model.onnx": "<sha256>", "tokenizer.json": "<sha256>"}}

Nothing of it is run but the graph, by onnxruntime; a graph's weights may be a file of their own."""

import hashlib
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bot.adapters.embedders.onnx_text import OnnxText, Pooling
from bot.domain.errors import ConfigError

FILE = "soulcaster.json"
GRAPH, TOKENIZER = "model.onnx", "tokenizer.json"


class Manifest(BaseModel):
    """What a model's folder says of itself. ``files``: the sha256 of each, by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[\w.-]+(/[\w.-]+)?$", max_length=96)
    licence: str = "unknown"
    dimensions: int = Field(ge=2, le=8_192)
    pooling: Pooling
    prefix: str = ""
    tokens: int = Field(512, ge=8, le=8_192)
    english: bool = False
    files: dict[str, str]

    @field_validator("files")
    @classmethod
    def _whole(cls, files: dict[str, str]) -> dict[str, str]:
        if lacking := {GRAPH, TOKENIZER} - files.keys():
            raise ValueError(f"it names no {sorted(lacking)[0]}")
        if beyond := [name for name in files if PurePosixPath(name).name != name]:
            raise ValueError(f"{beyond[0]} is not beside it")
        return files


def sha256_of(path: Path) -> str:
    """In hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """What ``folder`` says it holds; its files are not looked at. Raises ConfigError."""
    path = folder / FILE
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        how = "`soulcaster models fetch NAME` fetches a model"
        raise ConfigError(f"{folder} is no model's folder, it has no {FILE}: {how}.") from error
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"])) or "the whole"
        raise ConfigError(f"{path}: {where}: {wrong['msg']}.") from error


class LocalModel(OnnxText):
    """The embedder port on such a folder. Raises ConfigError, here and not at the first text, when
    a file is not what its manifest says."""

    def __init__(self, folder: Path) -> None:
        manifest = read_manifest(folder)
        for name, expected in manifest.files.items():
            path = folder / name
            if not path.is_file():
                raise ConfigError(f"{path} is missing, which {FILE} names: fetch the model again.")
            if (actual := sha256_of(path)) != expected:
                raise ConfigError(
                    f"{path} is not what {FILE} says (sha256 {actual[:12]}...): "
                    "fetch the model again."
                )
        made_by = hashlib.sha256(repr(sorted(manifest)).encode()).hexdigest()[:8]
        super().__init__(
            lambda: folder / GRAPH,
            folder / TOKENIZER,
            # Another file, pooling or prefix makes vectors that do not compare.
            id=f"{manifest.name.replace('/', '--')}/{made_by}/{manifest.dimensions}",
            dimensions=manifest.dimensions,
            tokens=manifest.tokens,
            pooling=manifest.pooling,
            prefix=manifest.prefix,
            english=manifest.english,
        )


def folder_of(name: str, models: Path) -> Path:
    """Where a model is: a path as it is, a name in the folder of all models."""
    if name.startswith(("/", "~", ".")):
        return Path(name).expanduser()
    return models / name.replace("/", "--")
