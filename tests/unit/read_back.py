"""Rendered text read back by the grammar of the place it goes to: all in it that is alive."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin

from bot.render import SlackMessage

Alive = Counter[tuple[str, str]]
"""What was found and how often: ``("link", its address)``, ``("code", its text)``, ..."""

_OPENED = {"em_open": "emphasis", "s_open": "struck", "list_item_open": "item"}
_BOX = re.compile(r"\[([ xX])\] ")
_CHOICE = re.compile(r"<!-- soulcaster-choice: (.+?) -->")
_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"]).use(gfm_autolink_plugin)
# What GitHub looks for in the finished text, outside code and links.
# https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting
_REFERENCE = re.compile(
    r"@\w[\w-]*|(?<!&)#\d+|\bgh-\d+|(?<![0-9a-z])[0-9a-f]{7,40}(?![0-9a-z])"
    r"|:(?:[\w+-]*[a-z][\w+-]*|[+-]1|100|1234):",
    re.IGNORECASE,
)


def read_markdown(body: str) -> Alive:
    """What GitHub would make of it: GFM, and then its own references."""
    return Counter(_markdown(_PARSER.parse(body)))


def _markdown(tokens: list[Token]) -> Iterator[tuple[str, str]]:
    for token, inside in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and inside is not None:
            yield token.tag, spoken(inside)
        elif token.type in ("fence", "code_block"):
            yield token.type, squeezed(token.content)
        elif token.type in ("html_block", "hr", "blockquote_open", "table_open"):
            yield from _html(token.content) if token.content else [(token.type, "")]
        elif token.type == "inline":
            box = _BOX.match(token.content)
            if box and (found := _CHOICE.search(token.content)):
                yield f"box {box[1]}", unquote(found[1])
            yield from _inline(token.children or [])


def _inline(leaves: list[Token]) -> Iterator[tuple[str, str]]:
    text, quiet, coded = "", 0, None
    for leaf in [*leaves, Token("end", "", 0)]:
        quiet += (leaf.type == "link_open") - (leaf.type == "link_close")
        if leaf.type in ("text", "softbreak", "hardbreak"):
            text += leaf.content or "\n"
            coded = leaf.content if coded == "" else coded
            continue
        if not quiet and coded is None:
            yield from (("reference", found) for found in _REFERENCE.findall(text))
        text = ""
        if leaf.type == "html_inline":
            if leaf.content == "</code>":
                yield "code", coded or ""
            coded = "" if leaf.content == "<code>" else None
            yield from _html(leaf.content)
        elif leaf.type == "link_open":
            yield "link", str(leaf.attrs["href"])
        elif leaf.type == "image":
            yield "image", str(leaf.attrs["src"])
        elif leaf.type == "code_inline":
            yield "code", leaf.content
        elif leaf.type == "strong_open":
            yield "strong", ""
        elif leaf.type in _OPENED:
            yield _OPENED[leaf.type], ""


def _html(content: str) -> Iterator[tuple[str, str]]:
    """Tags and comments but those that carry no meaning of their own."""
    for tag in re.findall(r"<!--.*?-->|<[^>]*>", content, re.DOTALL):
        if not re.fullmatch(r"</?(?:span|code)>|<!-- soulcaster(?:-choice)?: ?[^>]+ -->", tag):
            yield "tag", tag
    for found in re.findall(r"<summary>(.*?)</summary>", content):
        for reference in _REFERENCE.findall(html.unescape(found)):
            yield "reference", reference


def spoken(inline: Token) -> str:
    """What is read of it, white space and zero-width spaces apart."""
    told = (leaf for leaf in inline.children or [] if leaf.type in ("text", "code_inline"))
    return squeezed("".join(leaf.content for leaf in told))


def squeezed(text: str) -> str:
    """A text without white space and zero-width spaces."""
    return re.sub(r"[\s\u200b]", "", text)


# Slack: formatting needs a boundary on both sides and holds to one line; in code nothing counts.
# https://docs.slack.dev/messaging/formatting-message-text
_TOKEN = re.compile(
    r"```\n(?P<fence>.*?)\n?```|(?<![^\W_])`(?P<code>[^`\n]+)`(?![^\W_])|<(?P<angle>[^<>\n]*)>",
    re.DOTALL,
)
_STYLES = {
    name: re.compile(rf"(?<![^\W_]){sign}(?=\S)[^\n{sign}]*(?<=\S){sign}(?![^\W_])")
    for name, sign in (("strong", r"\*"), ("emphasis", "_"), ("struck", "~"))
}
_EMOJI = re.compile(r":(?:[\w'+-]*[A-Za-z][\w'+-]*|[+-]1|100|1234):")


def read_blocks(message: SlackMessage) -> Alive:
    """What Slack would make of the blocks: their mrkdwn, and the sentences of their buttons."""
    found: Alive = Counter()
    waiting: list[object] = [message.blocks]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            if part.get("type") == "mrkdwn":
                assert part["verbatim"] is True
                found.update(_mrkdwn(part["text"]))
            elif part.get("type") == "button":
                found["button", part.get("value") or part.get("url", "")] += 1
            waiting += part.values()
    return found


def _mrkdwn(text: str) -> Iterator[tuple[str, str]]:
    for token in _TOKEN.finditer(text):
        if token["fence"] is not None:
            yield "fence", ""
        elif token["code"] is not None:
            yield "code", html.unescape(token["code"])
        else:
            url, _, label = token["angle"].partition("|")
            yield ("link" if label and url.startswith("http") else "angle"), html.unescape(url)
    rest = _TOKEN.sub("\ufffc", text)
    for name, style in _STYLES.items():
        yield from ((name, "") for _ in style.findall(rest))
        rest = style.sub("\ufffc", rest)
    yield from (("emoji", found) for found in _EMOJI.findall(rest))
    for line in rest.split("\n"):
        if line.startswith((">", "&gt;")):
            yield "quote", ""
        if found := re.search(r"[<>`*~]|&(?!amp;|lt;|gt;)", line.removeprefix(">")):
            yield "raw", found[0]
