"""What shell lines of other people's set-ups install: CI files, tox, nox. They are read as words
and never run: what they name is installed by commands of ours."""

import contextlib
import posixpath
import re
import shlex
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement

from bot.domain.fixes.environment.needs import Needs
from bot.domain.fixes.patch import Tree

_PIP = re.compile(r"\b(?:pip3?|uv pip)\s+install\s+(.*)")
_SYNC = re.compile(r"\b(uv (?:sync|run)|pdm (?:install|sync)|poetry install)\b(.*)")
_APT = re.compile(r"\bapt(?:-get)?\s+install\s+(.*)")
EVERY = "*"
# What builds, publishes or runs a suite, and is no part of it.
_TOOLS = re.compile(
    r"(pip|setuptools|wheel|build|twine|tox(-gh(-actions)?|-uv)?|nox|virtualenv|codecov|coveralls"
    r"|pre-commit|poetry|uv|hatch|pdm|pipenv|cibuildwheel|flit|mypy|ruff|black|flake8)(?![\w.-])"
)
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_PACKAGE = re.compile(r"[A-Za-z0-9][\w.-]*(\[[\w,. -]+\])?\s*([<>=!~]=?[^;$`]*)?(;.*)?")
_ITSELF = re.compile(r"\.(?:\[(?P<extras>[\w,. -]+)\])?")


def read_line(line: str, tree: Tree, root: str, why: str) -> Needs:
    """What one line installs of what ``tree`` knows; nothing where it can't be read."""
    if found := _PIP.search(line):
        return read_arguments(found[1], tree, root, why)
    if found := _SYNC.search(line):
        return _synced(found[1], _words(found[2]), why)
    if found := _APT.search(line):
        names = " ".join(word for word in _words(found[1]) if _NAME.fullmatch(word))
        return Needs(left_out=(f"system packages ({why}): {names}",)) if names else Needs()
    return Needs()


def read_arguments(text: str, tree: Tree, root: str, why: str) -> Needs:
    """What the arguments of ``pip install`` name."""
    with contextlib.suppress(InvalidRequirement):
        requirement = Requirement(text.partition("#")[0])
        return (
            Needs()
            if _is_tool(requirement.name)
            else Needs(packages=(str(requirement),), why=(why,))
        )
    words = iter(_words(text))
    files, packages, extras, groups = [], [], [], []
    project = False
    for word in words:
        if word in ("-r", "--requirement"):
            files.append(next(words, ""))
        elif word.startswith("-r") and len(word) > 2:
            files.append(word[2:])
        elif word == "--group":
            groups.append(next(words, "").rpartition(":")[2])
        elif word in ("-c", "--constraint", "-i", "--index-url", "--extra-index-url", "-f", "-t"):
            next(words, "")
        elif itself := _ITSELF.fullmatch(word):
            project = True
            extras += [each.strip() for each in (itself["extras"] or "").split(",") if each]
        elif not word.startswith("-") and _PACKAGE.fullmatch(word):
            packages.append(word)
    needs = Needs(
        project=project,
        extras=tuple(extras),
        groups=tuple(groups),
        files=tuple(file for file in files if posixpath.join(root, file) in tree),
        packages=tuple(each for each in packages if not _is_tool(each)),
    )
    return needs if needs.nothing else needs.model_copy(update={"why": (why,)})


def _is_tool(package: str) -> bool:
    return _TOOLS.match(package.lower().replace("_", "-")) is not None


def _synced(command: str, words: list[str], why: str) -> Needs:
    """EVERY stands for all extras or groups. What `uv run` has a tool run in is the tool's."""
    if command == "uv run" and any(map(_is_tool, words)):
        return Needs()
    extras, groups = list(_after(words, "--extra", "-E")), list(_after(words, "--group", "--with"))
    groups = [name for each in groups for name in each.split(",")]
    extras += [EVERY for word in words if word in ("--all-extras", "-A")]
    groups += [EVERY for word in words if word == "--all-groups"]
    found = bool(extras or groups)
    return Needs(extras=tuple(extras), groups=tuple(groups), why=(why,) if found else ())


def _after(words: list[str], *options: str) -> Iterator[str]:
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, _, value = word.partition("=")
        if name in options and _NAME.fullmatch((value or following).split(",")[0]):
            yield value or following


def _words(text: str) -> list[str]:
    """The words of one command, without what a shell or a CI would still put in."""
    command = re.split(r"&&|\||;", re.sub(r"\$\{\{.*?\}\}", "$", text))[0]
    try:
        words = shlex.split(command, comments=True)
    except ValueError:
        return []
    return [word for word in words if not re.search(r"[$`{]", word)]
