"""``.github/soulcaster.yml``: what a project decides. Unknown keys are refused with their line."""

from collections.abc import Iterator
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bot.domain.cards.language import Language
from bot.domain.cards.schedule import read_quiet, read_schedule
from bot.domain.clusters.labels import APPLY, Meaning
from bot.domain.errors import ConfigError, NotUnderstood
from bot.domain.models import ModelName
from bot.domain.text.bounded_yaml import bounded

PATH = ".github/soulcaster.yml"
MAX_BYTES = 64_000
MAX_MISTAKES = 10

M = TypeVar("M", bound=BaseModel)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SlackPart(_Part):
    """Where the project is spoken of in Slack, and when nothing new is but for an S1, as in
    ``22:00-07:00 Europe/Paris``."""

    channel: str = ""
    quiet: str = ""

    @field_validator("quiet")
    @classmethod
    def _is_read(cls, words: str) -> str:
        try:
            if words:
                read_quiet(words)
        except NotUnderstood as error:
            raise ValueError(str(error)) from None
        return words


class DigestPart(_Part):
    """When the digest goes out, e.g. ``mon-fri 09:00 Europe/Paris``; ``off`` for never. What
    somebody chose in a chat stands above it."""

    schedule: str = ""

    @field_validator("schedule", mode="before")
    @classmethod
    def _is_read(cls, words: object) -> object:
        if words is False:  # so YAML reads the word off
            return "off"
        try:
            if isinstance(words, str) and words not in ("", "off"):
                read_schedule(words)
        except NotUnderstood as error:
            raise ValueError(str(error)) from None
        return words


class TestsPart(_Part):
    """How the tests are run; empty finds out from the repository."""

    command: str = ""


class FixPart(_Part):
    """What fix runs may do here. ``allow`` lists what they may touch beside sources and tests.

    ``agents`` are tried in this order; code of a private repository leaves for those alone.
    ``setup`` are commands that install what the tests need, in place of what is found out.
    ``submodules``: public ones of the same host are fetched, for tests alone.
    ``unproved_drafts``: a patch whose proof failed opens a draft, too, marked as what it is."""

    enabled: bool = True
    agents: tuple[str, ...] = ()
    base: str = ""
    egress: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    max_files: int = Field(10, ge=1)
    max_lines: int = Field(400, ge=1)
    max_minutes: int = Field(60, ge=1)
    unproved_drafts: bool = False
    setup: tuple[str, ...] = ()
    submodules: bool = False
    tests: TestsPart = TestsPart()


class ModelsPart(_Part):
    """Who answers, by what is asked, as in ``judge: [gemini/gemini-3.5-flash, openai/gpt-5-mini]``:
    the first, and while it is away the next. With our key only models that we name are asked."""

    judge: tuple[ModelName, ...] = ()
    summary: tuple[ModelName, ...] = ()
    plan: tuple[ModelName, ...] = ()
    ask: tuple[ModelName, ...] = ()
    agent: tuple[ModelName, ...] = ()


class SpendPart(_Part):
    """The most that models may take in a month, in US dollars and in tokens; 0 leaves it to us."""

    dollars: float = Field(0, ge=0)
    tokens: int = Field(0, ge=0)


class RepoConfig(_Part):
    """The whole file; every key has a default.

    ``mode``: ``act``, or ``quiet`` for digests in Slack and nothing on GitHub; a file that says
    neither means ``act``. ``language``: that of the digest, the problem's card and what a model
    summarises. ``bots``: whose issues are reports, too, as ``discussions`` are where that is
    true. ``cluster`` says what is joined unasked; empty leaves it to who chose one in a chat,
    else it is ``sure``. ``labels`` says what a label means, as in ``{critical: S1, doing:
    fixing}``; then a person's ``severity`` and ``assign`` and the state are written to the
    issues, too. ``{area/*: apply}`` are given where people would. ``ask_missing``: what the
    issue form requires is asked for, once. ``ask_web``: words may go to the web, if we allow it."""

    mode: Literal["", "act", "quiet"] = ""
    slack: SlackPart = SlackPart()
    digest: DigestPart = DigestPart()
    fix: FixPart = FixPart()
    models: ModelsPart = ModelsPart()
    spend: SpendPart = SpendPart()
    language: Language = "en"
    cluster: Literal["", "ask", "sure", "eager"] = ""
    bots: tuple[str, ...] = ()
    discussions: bool = False
    labels: dict[str, Meaning] = {}
    ask_missing: bool = True
    ask_web: bool = True

    @field_validator("labels", mode="before")
    @classmethod
    def _is_all(cls, written: object) -> object:
        return {"*": APPLY} if written == APPLY else written


def _parts(model: type[_Part]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, _Part):
            yield from (name, *_parts(field.annotation))


# Keys that hold keys of ours, which one file may say a part of and another the rest.
PARTS = frozenset(_parts(RepoConfig))


def read_repo_config(file: bytes) -> RepoConfig:
    """Parse the file. Raises ConfigError with one line a mistake, naming the file's line."""
    return read_as(RepoConfig, file, PATH)[0]


def read_as(model: type[M], file: bytes, path: str) -> tuple[M, yaml.Node | None]:
    """What a file of YAML says, an empty one all defaults, and its nodes for ``line_of``. Raises
    ConfigError with one line a mistake."""
    node, data = read_yaml(file, path)
    try:
        return model.model_validate({} if data is None else data), node
    except ValidationError as error:
        lines = []
        for mistake in error.errors():
            where = ".".join(str(part) for part in mistake["loc"])
            what = (
                "is no key of ours"
                if mistake["type"] == "extra_forbidden"
                else mistake["msg"].lower()
            )
            lines.append(f"{path}:{line_of(node, mistake['loc'])}: {where} {what}.")
        raise ConfigError("\n".join(lines[:MAX_MISTAKES])) from error


def said_in(file: bytes) -> dict[str, int]:
    """Every dotted key that a file has, and its line. Raises ConfigError."""
    node, _ = read_yaml(file, PATH)
    lines: dict[str, int] = {}
    waiting = [("", node)]
    while waiting:
        before, part = waiting.pop()
        if isinstance(part, yaml.MappingNode):
            for key, value in part.value:
                lines[f"{before}{key.value}"] = key.start_mark.line + 1
                waiting.append((f"{before}{key.value}.", value))
    return lines


def read_yaml(file: bytes, path: str) -> tuple[yaml.Node | None, Any]:
    """What a file says, None where that is nothing. Raises ConfigError, naming its line. It is
    anybody's file: its size, depth and nodes are bounded before anything is built of it."""
    if len(file) > MAX_BYTES:
        raise ConfigError(f"{path}: {len(file):,} bytes; at most {MAX_BYTES:,} are read.")
    try:
        loader = yaml.CSafeLoader(file.decode())
        bounded(file.decode(), path)
        node = loader.get_single_node()
        return node, loader.construct_document(node) if node else None
    except (AttributeError, LookupError, TypeError) as error:
        # So PyYAML ends where a tag, as in `!!int ""`, does not fit what it stands before.
        raise ConfigError(f"{path}:1: a tag (!!name) does not fit its value.") from error
    except UnicodeDecodeError as error:
        line = file[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: this is no UTF-8.") from error
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise ConfigError(f"{path}:{line}: this is no YAML.") from error


def line_of(node: yaml.Node | None, path: tuple[int | str, ...]) -> int:
    """The line on which the last known key of a path stands."""
    line = node.start_mark.line + 1 if node else 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    line, node = key.start_mark.line + 1, value
                    break
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line
