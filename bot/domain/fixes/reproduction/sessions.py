"""Blocks of code as people paste them: scripts, and sessions with or without dots."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from bot.domain.fixes.python import parsed

_PROMPT = re.compile(r"^\s*(?:>>>|In \[\d+\]:)(?: |$)")
_DOTS = re.compile(r"^\s*\.\.\.:?(?: |$)")
_OUT = re.compile(r"^\s*Out\[\d+\]: ?")
MAX_OPEN = 60  # lines that a statement without dots may take
MAX_STEPS = 100


@dataclass(frozen=True, slots=True)
class Step:
    """A statement, what it printed at a prompt, and the comment beside either."""

    node: ast.stmt
    shown: str = ""
    comment: str = ""


def is_session(text: str) -> bool:
    """Whether a block is typed at a prompt."""
    return any(_PROMPT.match(line) for line in text.splitlines())


def steps_of(text: str) -> list[Step]:
    """The steps of a block; none where it is no Python. A script's main part is unwrapped."""
    if is_session(text):
        return list(islice(_typed(text.splitlines()), MAX_STEPS))
    module, remarks = parsed(text), comments(text)
    steps = []
    for node in module.body if module else ():
        main = isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"
        for part in node.body if main and isinstance(node, ast.If) else [node]:
            steps.append(Step(part, "", remarks.get(part.end_lineno or 0, "")))
    return steps[:MAX_STEPS]


def _typed(lines: list[str]) -> Iterator[Step]:
    """What was typed at a prompt; it ends at the first that is no Python."""
    at = next(n for n, line in enumerate(lines) if _PROMPT.match(line))
    while at < len(lines):
        typed, start, body = [_PROMPT.sub("", lines[at])], at, None
        at += 1
        while at < len(lines) and not _PROMPT.match(lines[at]) and at < start + MAX_OPEN:
            if not _DOTS.match(lines[at]) and (body := parsed("\n".join(typed))):
                break
            typed.append(_DOTS.sub("", lines[at]))
            at += 1
        body = body or parsed("\n".join(typed))
        if body is None:
            return
        shown = []
        while at < len(lines) and not _PROMPT.match(lines[at]):
            shown.append(_OUT.sub("", lines[at]))
            at += 1
        said = "\n".join(shown).strip("\n")
        remarks = [*comments("\n".join(typed)).values()]
        if parsed(said) and (beside := comments(said)):
            remarks += beside.values()
            said = said[: said.rindex("#", 0, len(said) - len(remarks[-1]))]
        yield from (Step(node) for node in body.body[:-1])
        yield from (Step(node, said.rstrip(), " ".join(remarks)) for node in body.body[-1:])


def comments(text: str) -> dict[int, str]:
    """Comments by their line."""
    found: dict[int, str] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                found[token.start[0]] = token.string.lstrip("# ").strip()
    except (tokenize.TokenError, SyntaxError):
        pass
    return found
