"""How a command is used, from the record that also reads it."""

import inspect

from bot.domain.commands.command import Command
from bot.domain.commands.fields import Field, fields


def usage(command_type: type[Command]) -> str:
    """``fix [C-12] [--timeout 30m] [--dry-run] [-- steer]``."""
    shown = (each for each in fields(command_type) if each.attribute not in command_type.internal)
    parts = sorted(shown, key=lambda field: _PLACES.index(field.place))
    return " ".join([command_type.verb, *map(_used, parts)])


def example(command_type: type[Command]) -> str:
    """One line that works."""
    return command_type.examples[0] if command_type.examples else usage(command_type)


def summary(command_type: type[Command]) -> str:
    """What it does: the first line of its docstring."""
    return (inspect.getdoc(command_type) or "").partition("\n")[0]


def explanation(command_type: type[Command]) -> str:
    """What its docstring says after the first line."""
    return (inspect.getdoc(command_type) or "").partition("\n")[2].strip()


_PLACES = ("word", "rest", "after", "option", "flag", "text")


def _used(field: Field) -> str:
    choices = field.kind.choices
    shape = "|".join(choices) if choices and field.place != "flag" else field.kind.example
    if field.kind.free and not choices:
        shape = f"<{field.name}>"
    many = " …" if field.many else ""
    match field.place:
        case "option":
            written = f"{field.option} {shape}"
        case "flag":
            written = field.option
        case "text":
            written = f"-- {field.name}"
        case "after":
            written = f"{field.after} {shape} {field.unit}".rstrip()
        case _:
            written = shape + many
    return written if field.required else f"[{written}]"
