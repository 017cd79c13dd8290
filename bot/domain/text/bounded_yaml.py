"""YAML that anybody may have written: bounded before anything is built of it."""

import yaml

from bot.domain.errors import ConfigError

MAX_DEPTH, MAX_NODES = 20, 20_000


def bounded(text: str, path: str, *, aliases: bool = False) -> None:
    """Raises ConfigError, naming ``path``, for what is deep, huge, or built of itself."""
    depth = 0
    for nodes, event in enumerate(yaml.parse(text, Loader=yaml.CSafeLoader)):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) and not aliases:
            raise ConfigError(f"{path}:{line}: aliases (*name) are not read here.")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            raise ConfigError(f"{path}:{line}: this is nested too deep or too long to be read.")
