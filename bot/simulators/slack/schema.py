"""Small checks that compose into a description of a JSON value.

A check looks at one value and appends what is wrong with it. The wording and the JSON pointer are
the ones Slack answers with in ``response_metadata.messages``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple


class Problem(NamedTuple):
    """What is wrong, and where: ``pointer`` is a JSON pointer into the arguments."""

    message: str
    pointer: str

    def __str__(self) -> str:
        return f"{self.message} [json-pointer:{self.pointer}]"


Problems = list[Problem]
Check = Callable[[object, str, Problems], None]


def string(at_most: int, *, at_least: int = 0, pattern: str = "") -> Check:
    """A string of so many characters."""

    def check(value: object, at: str, problems: Problems) -> None:
        if not isinstance(value, str):
            problems.append(Problem("must be a string", at))
        elif len(value) > at_most:
            problems.append(Problem(f"must be less than {at_most + 1} characters", at))
        elif len(value) < at_least:
            problems.append(Problem(f"must be more than {at_least - 1} characters", at))
        elif pattern and not re.fullmatch(pattern, value, re.DOTALL):
            problems.append(Problem(f"must match pattern {pattern}", at))

    return check


def boolean(value: object, at: str, problems: Problems) -> None:
    """True or false."""
    if not isinstance(value, bool):
        problems.append(Problem("must be a boolean", at))


def number(value: object, at: str, problems: Problems) -> None:
    """An integer or a decimal."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        problems.append(Problem("must be a number", at))


def integer(at_least: int, at_most: int) -> Check:
    """A whole number in a closed range."""

    def check(value: object, at: str, problems: Problems) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            problems.append(Problem("must be an integer", at))
        elif not at_least <= value <= at_most:
            problems.append(Problem(f"must be between {at_least} and {at_most}", at))

    return check


def one_of(*values: str) -> Check:
    """One of these words."""

    def check(value: object, at: str, problems: Problems) -> None:
        if value not in values:
            problems.append(Problem(f"must be one of: {', '.join(values)}", at))

    return check


def array(of: Check, at_most: int, *, at_least: int = 1) -> Check:
    """A list of so many items, each passing ``of``."""

    def check(value: object, at: str, problems: Problems) -> None:
        if not isinstance(value, list):
            problems.append(Problem("must be an array", at))
            return
        if len(value) > at_most:
            problems.append(Problem(f"no more than {at_most} items allowed", at))
        if len(value) < at_least:
            problems.append(Problem(f"no less than {at_least} items allowed", at))
        for index, item in enumerate(value):
            of(item, f"{at}/{index}", problems)

    return check


def shape(
    required: Mapping[str, Check] | None = None,
    optional: Mapping[str, Check] | None = None,
    *,
    any_of: tuple[str, ...] = (),
    exactly_one_of: tuple[str, ...] = (),
) -> Check:
    """An object with these fields and no others."""
    needed = dict(required or {})
    fields = {**needed, **(optional or {})}

    def check(value: object, at: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problems.append(Problem("must be an object", at))
            return
        for name in needed:
            if value.get(name) is None:
                problems.append(Problem(f"missing required field: {name}", at))
        if any_of and not any(value.get(name) for name in any_of):
            either = " or ".join(f"`{name}`" for name in any_of)
            problems.append(Problem(f"must define either {either}", at))
        if exactly_one_of and sum(bool(value.get(name)) for name in exactly_one_of) != 1:
            either = " or ".join(f"`{name}`" for name in exactly_one_of)
            problems.append(Problem(f"must define exactly one of {either}", at))
        for name, inner in value.items():
            if name not in fields:
                problems.append(Problem(f"invalid additional property: {name}", at))
            elif inner is not None:
                fields[name](inner, f"{at}/{name}", problems)

    return check


def typed(choices: Mapping[str, Check]) -> Check:
    """An object whose ``type`` says which of the choices it has to pass."""

    def check(value: object, at: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problems.append(Problem("must be an object", at))
        elif not value.get("type"):
            problems.append(Problem("missing required field: type", at))
        elif value["type"] not in choices:
            problems.append(Problem(f"unsupported type: {value['type']}", f"{at}/type"))
        else:
            choices[value["type"]](value, at, problems)

    return check


def late(find: Callable[[], Check]) -> Check:
    """A check that is looked up when it is needed, for things that hold themselves."""

    def check(value: object, at: str, problems: Problems) -> None:
        find()(value, at, problems)

    return check
