"""GitHub's Markdown as HTML that is safe to put into a page.

HTML in the text is shown as text, but for the few tags our cards use; comments are dropped, as
are images, which would call home: their alternative text stays as a link.
"""

from __future__ import annotations

import html
import re
from collections.abc import MutableMapping, Sequence
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

_TAGS = ("details", "summary", "sub", "sup", "kbd", "br", "span", "code")
_HTML = re.compile(
    rf"<!--.*?-->|</?(?:{'|'.join(_TAGS)})\s*/?>|<details\s+open\s*>", re.DOTALL | re.IGNORECASE
)
_REMEMBERED = 2_000
_DIFF = {"+": "added", "-": "removed", "@": "hunk"}
_TASK = re.compile(r"^\[([ xX])\]\s+")
_AUTOLINK = re.compile(
    r"(?P<url>https?://[^\s<>\"']*[^\s<>\"'.,;:!?)])"
    r"|(?<![\w/&])#(?P<number>\d+)\b"
    r"|(?<![\w`/.@])@(?P<login>[A-Za-z0-9][A-Za-z0-9-]*)(?:\[bot\])?"
)


class Markdown:
    """``render(text)`` gives the HTML of a body: ``#12`` leads to the repository's issue, and each
    task's checkbox carries its place as ``data-task``. What was rendered lately is remembered, as
    the page asks for everything whenever anything changes."""

    def __init__(self) -> None:
        self._parser = MarkdownIt("commonmark", {"html": True, "breaks": True})
        self._parser.enable(["table", "strikethrough"])
        self._parser.core.ruler.push("task_lists", _task_lists)
        self._parser.core.ruler.push("autolinks", _autolinks)
        self._parser.core.ruler.push("alignment", _alignment)
        self.render = lru_cache(maxsize=_REMEMBERED)(self._render)
        self._parser.add_render_rule("html_block", _html)
        self._parser.add_render_rule("html_inline", _html)
        self._parser.add_render_rule("image", _image)
        self._parser.add_render_rule("link_open", _link_open)
        self._parser.add_render_rule("task", _task)
        self._parser.add_render_rule("fence", _fence)
        self._parser.add_render_rule("table_open", _table_open)
        self._parser.add_render_rule("table_close", _table_close)

    def _render(self, text: str | None) -> str:
        rendered: str = self._parser.render(text or "")
        return rendered


def _html(
    _renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    _options: OptionsDict,
    _env: MutableMapping[str, Any],
) -> str:
    content, parts, last = tokens[index].content, [], 0
    for match in _HTML.finditer(content):
        parts.append(html.escape(content[last : match.start()]))
        parts.append("" if match[0].startswith("<!--") else match[0].lower())
        last = match.end()
    return "".join(parts) + html.escape(content[last:])


def _image(
    _renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    _options: OptionsDict,
    _env: MutableMapping[str, Any],
) -> str:
    token = tokens[index]
    url = html.escape(str(token.attrs.get("src", "")))
    return f'<a href="{url}" rel="noreferrer nofollow">{html.escape(token.content or "image")}</a>'


def _link_open(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    tokens[index].attrSet("rel", "noreferrer nofollow")
    return renderer.renderToken(tokens, index, options, env)


def _task(
    _renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    _options: OptionsDict,
    _env: MutableMapping[str, Any],
) -> str:
    return tokens[index].content


def _fence(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    """A block of code; a diff gets its colours."""
    if tokens[index].info.strip() != "diff":
        return renderer.fence(tokens, index, options, env)
    lines = [
        f'<span class="{_DIFF.get(line[:1], "same")}">{html.escape(line)}</span>\n'
        for line in tokens[index].content.splitlines()
    ]
    return f'<pre class="diff"><code>{"".join(lines)}</code></pre>\n'


def _table_open(*_: object) -> str:
    return '<div class="table" tabindex="0"><table>\n'


def _table_close(*_: object) -> str:
    return "</table></div>\n"


def _task_lists(state: StateCore) -> None:
    """``- [ ] words``: a checkbox, and a class for the list item."""
    number = 0
    for index, token in enumerate(state.tokens):
        if token.type != "inline" or not token.children or index < 2:
            continue
        task = _TASK.match(token.content)
        if not task or state.tokens[index - 2].type != "list_item_open":
            continue
        first = token.children[0]
        first.content = _TASK.sub("", first.content, count=1)
        checked = " checked" if task[1] in "xX" else ""
        box = Token("task", "", 0)
        box.content = f'<input type="checkbox" data-task="{number}"{checked}> '
        token.children.insert(0, box)
        state.tokens[index - 2].attrJoin("class", "task")
        number += 1


def _alignment(state: StateCore) -> None:
    """Alignment of table cells by class, as the page allows no inline styles."""
    for token in state.tokens:
        style = token.attrs.pop("style", None)
        if isinstance(style, str):
            token.attrJoin("class", style.replace("text-align:", "align-"))


def _autolinks(state: StateCore) -> None:
    """Bare addresses, ``#12`` and ``@login``, as GitHub links them; not inside links or code."""
    for token in state.tokens:
        if token.type != "inline" or not token.children:
            continue
        children: list[Token] = []
        depth = 0
        for child in token.children:
            depth += {"link_open": 1, "link_close": -1}.get(child.type, 0)
            children += _linked(child) if child.type == "text" and not depth else [child]
        token.children = children


def _linked(text: Token) -> list[Token]:
    tokens: list[Token] = []
    last = 0
    for match in _AUTOLINK.finditer(text.content):
        tokens += [_text(text.content[last : match.start()]), *_link(match)]
        last = match.end()
    return [*tokens, _text(text.content[last:])] if tokens else [text]


def _text(content: str) -> Token:
    token = Token("text", "", 0)
    token.content = content
    return token


def _link(match: re.Match[str]) -> list[Token]:
    if match["login"]:
        opened, closed = Token("mention_open", "span", 1), Token("mention_close", "span", -1)
        opened.attrSet("class", "mention")
    else:
        opened, closed = Token("link_open", "a", 1), Token("link_close", "a", -1)
        opened.attrSet("href", match["url"] or f"#/issue/{match['number']}")
    return [opened, _text(match[0]), closed]
