"""GitHub's Markdown as HTML that is safe to put into a page.

What the sanitiser does not know is gone: tags, attributes, classes, comments. Images would call
home, so their alternative text stays as a link.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin

_TAGS = (
    "a blockquote br code del details div em h1 h2 h3 h4 h5 h6 hr input kbd li ol p pre s span "
    "strong sub summary sup table tbody td th thead tr ul"
)
_DIFF = {"+": "added", "-": "removed", "@": "hunk"}
_ALIGNED = {"align-left", "align-center", "align-right"}
_SANITISER = nh3.Cleaner(
    tags=set(_TAGS.split()),
    attributes={
        "a": {"href", "title"},
        "details": {"open"},
        "div": {"tabindex"},
        "input": {"checked", "data-task"},
        "ol": {"start"},
    },
    tag_attribute_values={"input": {"type": {"checkbox"}}},
    allowed_classes={
        "div": {"table"},
        "li": {"task-list-item"},
        "pre": {"diff"},
        "span": {"mention", "same", *_DIFF.values()},
        "td": _ALIGNED,
        "th": _ALIGNED,
    },
    url_schemes={"http", "https", "mailto"},
    link_rel="noreferrer nofollow",
)
_REMEMBERED = 2_000
_REFERENCE = re.compile(
    r"(?<![\w/&])#(?P<number>\d+)\b"
    r"|(?<![\w`/.@])@(?P<login>[A-Za-z0-9][A-Za-z0-9-]*)(?:\[bot\])?"
)


class Markdown:
    """``render(text)`` gives the HTML of a body: ``#12`` leads to the repository's issue, and each
    task's checkbox carries its place as ``data-task``. What was rendered lately is remembered, as
    the page asks for everything whenever anything changes."""

    def __init__(self) -> None:
        options = {"html": True, "breaks": True, "tasklists": True}
        self._parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
        self._parser.use(gfm_autolink_plugin)
        self._parser.core.ruler.push("references", _references)
        self._parser.core.ruler.push("alignment", _alignment)
        for kind, rule in _RULES.items():
            self._parser.add_render_rule(kind, rule)
        self.render = lru_cache(maxsize=_REMEMBERED)(self._render)

    def _render(self, text: str | None) -> str:
        return _SANITISER.clean(self._parser.render(text or ""))


def _html(_: RendererHTML, tokens: Sequence[Token], index: int, *_rest: Any) -> str:
    """A checkbox acts, so those of the text's own HTML are shown as text."""
    return re.sub("<(?=/?input)", "&lt;", tokens[index].content, flags=re.IGNORECASE)


def _image(_: RendererHTML, tokens: Sequence[Token], index: int, *_rest: Any) -> str:
    url = html.escape(str(tokens[index].attrs.get("src", "")))
    return f'<a href="{url}">{html.escape(tokens[index].content or "image")}</a>'


def _list_item(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    item = renderer.renderToken(tokens, index, options, env)
    if "checked" not in tokens[index].meta:
        return item
    number = env["tasks"] = env.get("tasks", -1) + 1
    checked = "checked" if tokens[index].meta["checked"] else ""
    return f'{item}<input type="checkbox" data-task="{number}" {checked}> '


def _fence(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    """A block of code; a diff gets its colours."""
    if tokens[index].info.strip() != "diff":
        return renderer.fence(tokens, index, options, env)
    lines = [
        f'<span class="{_DIFF.get(line[:1], "same")}">{html.escape(line)}</span>\n'
        for line in tokens[index].content.splitlines()
    ]
    return f'<pre class="diff"><code>{"".join(lines)}</code></pre>\n'


_RULES: dict[str, Callable[..., str]] = {
    "html_block": _html,
    "html_inline": _html,
    "image": _image,
    "list_item_open": _list_item,
    "fence": _fence,
    "table_open": lambda *_: '<div class="table" tabindex="0"><table>\n',
    "table_close": lambda *_: "</table></div>\n",
}


def _alignment(state: StateCore) -> None:
    """Alignment of table cells by class, as the page allows no inline styles."""
    for token in state.tokens:
        style = token.attrs.pop("style", None)
        if isinstance(style, str):
            token.attrJoin("class", style.replace("text-align:", "align-"))


def _references(state: StateCore) -> None:
    """``#12`` and ``@login``, as GitHub links them; not inside links or code."""
    for token in state.tokens:
        children: list[Token] = []
        depth = 0
        for child in token.children or ():
            depth += {"link_open": 1, "link_close": -1}.get(child.type, 0)
            children += _linked(child) if child.type == "text" and not depth else [child]
        token.children = children


def _linked(text: Token) -> list[Token]:
    tokens: list[Token] = []
    last = 0
    for match in _REFERENCE.finditer(text.content):
        tokens += [_text(text.content[last : match.start()]), *_link(match)]
        last = match.end()
    return [*tokens, _text(text.content[last:])]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _link(match: re.Match[str]) -> list[Token]:
    tag, attrs = "a", {"href": f"#/issue/{match['number']}"}
    if match["login"]:
        tag, attrs = "span", {"class": "mention"}
    opened = Token("reference_open", tag, 1, attrs=dict(attrs))
    return [opened, _text(match[0]), Token("reference_close", tag, -1)]
