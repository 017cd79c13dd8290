"""Which lines of a comment are commands: the first thing on a line that is shown as plain text.

A list's mark, bold and a greeting before it do no harm. Where the bot is named elsewhere in a line
it is asked what was meant (:func:`bot.domain.commands.mention.asked`).

Code, quotes, HTML comments, pictures and what stands behind the words of a link hold none. What
Markdown makes of a line decides, not how it looks in the source: a line that flows on from a quote
belongs to the quote."""

import re
from collections.abc import Callable
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.helpers import parseLinkLabel
from markdown_it.rules_inline import StateInline, backtick, html_inline, image, link
from markdown_it.token import Token

from bot.domain.commands.mention import addressed

MOST_LINES = 10
_LONGEST_BODY = 200_000

_Rule = Callable[[StateInline, bool], bool]


def command_lines(markdown: str) -> list[str]:
    """The commands of a comment in their order, at most ten, each with its ``/soulcaster``."""
    return _all(markdown)[:MOST_LINES]


def new_lines(before: str, after: str) -> list[str]:
    """Commands an edit added, at most ten; moving or respacing a line adds nothing."""
    known = {" ".join(line.split()) for line in _all(before)}
    return [line for line in _all(after) if " ".join(line.split()) not in known][:MOST_LINES]


def _all(markdown: str) -> list[str]:
    markdown = re.sub(r"\r\n?", "\n", markdown[:_LONGEST_BODY])
    raw = markdown.split("\n")
    if not any(map(addressed, raw)):
        return []
    lines = []
    quotes = 0
    for token in _BLOCKS.parse(markdown):
        quotes += token.nesting if token.type.startswith("blockquote") else 0
        if token.type == "inline" and not quotes:
            lines += _of_text(token, raw)
    return lines


def _of_text(token: Token, raw: list[str]) -> list[str]:
    """The commands of one paragraph."""
    hidden = _hidden(token.content)
    first = token.map[0] if token.map else 0
    lines = []
    start = 0
    for number, line in enumerate(token.content.split("\n"), first):
        # A heading is one by its source alone.
        ours = addressed(raw[number]) if number < len(raw) else None
        found = addressed(line)
        at = start + found.at if found else 0
        within = any(begin <= at < end for begin, end in hidden)
        if ours and found and not within:
            lines.append(found.line)
        start += len(line) + 1
    return lines


def _hidden(content: str) -> list[tuple[int, int]]:
    """Where code spans, HTML, pictures, and the addresses and titles of links are, as start and
    end."""
    env: dict[str, Any] = {"hidden": []}
    _MARKDOWN.inline.parse(content, _MARKDOWN, env, [])
    found: list[tuple[int, int]] = env["hidden"]
    return found


def _noting(rule: _Rule, kind: str) -> _Rule:
    """The rule, that also writes down where it made something of the kind, of a link only what
    stands behind its words."""

    def noted(state: StateInline, silent: bool) -> bool:
        start, tokens = state.pos, len(state.tokens)
        applied = rule(state, silent)
        if applied and not silent and any(t.type == kind for t in state.tokens[tokens:]):
            shown = parseLinkLabel(state, start) if kind == "link_open" else start
            state.env["hidden"].append((shown, state.pos))
        return applied

    return noted


_BLOCKS = MarkdownIt("commonmark").disable("inline")
_MARKDOWN = MarkdownIt("commonmark")
for _name, _rule, _kind in (
    ("backticks", backtick, "code_inline"),
    ("html_inline", html_inline, "html_inline"),
    ("image", image, "image"),
    ("link", link, "link_open"),
):
    _MARKDOWN.inline.ruler.at(_name, _noting(_rule, _kind))
