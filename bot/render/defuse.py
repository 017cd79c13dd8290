"""Make text harmless: to look at, in GitHub Markdown, in Slack mrkdwn. GitHub finds mentions and
references after Markdown, in the finished text, so a backslash does not stop them; a zero-width
space inside the word does. Code is left alone by those filters. https://github.github.com/gfm/ ·
https://docs.slack.dev/messaging/formatting-message-text"""

import re
import unicodedata
from collections.abc import Callable
from urllib.parse import quote, urlsplit

from bot.render.seams import joined

ZERO_WIDTH_SPACE = "\u200b"
BREAK = "&#8203;"  # the same, as an entity: seen by whoever reads the raw Markdown

_TERMINAL_COLOUR = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?")
_UNUSUAL = re.compile(r"[^\n\t -~]+")
_LINE_END = re.compile("\r\n|[\r\u0085\u2028\u2029]")
# Letters and marks that show nothing although Unicode does not class them as format characters.
_ALONE = (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0)
_BLANK = frozenset(
    map(chr, [*_ALONE, *range(0x180B, 0x1810), *range(0xFE00, 0xFE0F), *range(0xE0000, 0xE1000)])
)

_ADDRESS = re.compile(r"(?<![A-Za-z0-9+.-])[A-Za-z0-9+.-]*://[^\s|]*|www\.[^\s|]*", re.IGNORECASE)
_EMOJI = re.compile(r":(?=(?:[\w+'-]*[A-Za-z][\w+'-]*|[+-]1|100|1234):)")
_COMMIT = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{7,}(?![0-9A-Za-z])")
_BLOCK_START = re.compile(r"[#+=/-]|\d+(?=[.)])")
_COMMAND_START = re.compile(
    r"^([ \t]*)(?=/[\w-]+[ \t]*(?:$|[ \t])|@soulcaster\b)", re.IGNORECASE | re.M
)


def visible(text: str) -> str:
    """``text`` without terminal colours, control, bidi and invisible characters. Newlines and tabs
    stay; every line end becomes one newline."""
    return _UNUSUAL.sub(_what_shows, _LINE_END.sub("\n", uncoloured(text)))


def uncoloured(text: str) -> str:
    """``text`` without what a terminal takes for colours."""
    return _TERMINAL_COLOUR.sub("", text)


def _what_shows(run: re.Match[str]) -> str:
    if run[0].isprintable() and _BLANK.isdisjoint(run[0]):
        return run[0]
    return "".join(map(_shown, run[0]))


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"
    return "" if character in _BLANK or category in ("Cc", "Cf") else character


def one_line(text: str) -> str:
    """``text`` on one line, runs of white space made one space; spaces at the ends stay."""
    return re.sub(r"\s+", " ", visible(text))


def plain(text: str) -> str:
    """``text`` for a place that knows no markup (a title, a label): one visible line."""
    return one_line(text).strip()


# --- GitHub Markdown --------------------------------------------------------------------------


def markdown_said(text: str) -> str:
    """Words from outside, inline: no markup, mention, reference, link or HTML survives."""
    return joined(_addresses_as(markdown_code, one_line(text), _dead), BREAK)


def markdown_own(text: str) -> str:
    """Our own words, inline: no markup; ``#12`` refers, ``@x`` mentions nobody."""

    def words(text: str) -> str:
        return _escaped(text).replace("@", f"@{BREAK}")

    return joined(_addresses_as(markdown_code, one_line(text), words), BREAK)


def markdown_code(text: str) -> str:
    """A code span that holds ``text`` whatever it is; nothing for an empty text."""
    text = plain(text)
    if not text:
        return ""
    fence = "`" * (_longest_backticks(text) + 1)
    padding = " " if "`" in (text[0], text[-1]) else ""
    return f"{fence}{padding}{text}{padding}{fence}"


def markdown_fence(text: str, language: str = "") -> str:
    """A fenced block that holds ``text`` whatever it is. A line that another bot could take for a
    command starts with a zero-width space."""
    text = _COMMAND_START.sub(rf"\1{ZERO_WIDTH_SPACE}", visible(text)).rstrip("\n")
    fence = "`" * max(3, _longest_backticks(text) + 1)
    return f"{fence}{re.sub(r'[^A-Za-z0-9_+-]', '', language)[:30]}\n{text}\n{fence}"


def markdown_line(rendered: str) -> str:
    """Inline Markdown at the start of a line, where it begins no block and no command."""
    rendered = rendered.strip(" \t")
    found = _BLOCK_START.match(rendered)
    if not found:
        return rendered
    if rendered[0] == "/":
        return f"/{BREAK}{rendered[1:]}"
    if rendered[0].isdigit():
        return f"{found[0]}\\{rendered[found.end() :]}"
    return f"\\{rendered}"


def markdown_title(rendered: str) -> str:
    """Inline Markdown at the end of a heading, where a last ``#`` would be taken for its end."""
    return f"{rendered[:-1]}\\#" if rendered.endswith("#") else rendered


def markdown_quote(text: str) -> str:
    """Somebody's words as a block quote; leading spaces stay, as they shape a traceback."""
    quoted = (
        _indented(line, lambda words: markdown_line(markdown_said(words))) for line in _lines(text)
    )
    return "\n".join(f"> {line}".rstrip() for line in quoted)


def html_text(text: str) -> str:
    """Plain words inside an HTML element of ours: each ASCII sign as an entity."""
    text = re.sub(r"(?i)://|(?<=www)\.", rf"{ZERO_WIDTH_SPACE}\g<0>", _unlinked(plain(text)))
    return re.sub(r"[!-/:-@\[-`{-~]", lambda sign: f"&#{ord(sign[0])};", text)


def safe_url(url: str) -> str:
    """``url`` if it is an http(s) address that can stand in any markup, else nothing."""
    url = quote(plain(url), safe="%:/?#@!$&+,;=~.-_")
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    good = parts.scheme in ("http", "https") and parts.netloc and len(url) <= 2_000
    return url if good else ""


def _lines(text: str) -> list[str]:
    return visible(text).expandtabs(4).strip("\n").split("\n")


def _indented(line: str, render: Callable[[str], str]) -> str:
    """A line that keeps its leading spaces, as ones that mean nothing to any markup."""
    words = line.lstrip(" ")
    return "\u00a0" * min(len(line) - len(words), 40) + render(words)


def _dead(text: str) -> str:
    return _escaped(_unlinked(text)).replace(ZERO_WIDTH_SPACE, BREAK)


def _unlinked(text: str) -> str:
    """No mention, reference or commit that GitHub would find in the finished text."""
    text = _COMMIT.sub(lambda found: ZERO_WIDTH_SPACE.join(re.findall(".{1,6}", found[0])), text)
    return re.sub(r"(?i)(gh)-(?=\d)", rf"\1{ZERO_WIDTH_SPACE}-", _broken(text))


def _broken(text: str) -> str:
    """``@x``, ``#1`` and ``:x:`` with a zero-width space inside: they name and show nothing."""
    text = _EMOJI.sub(f":{ZERO_WIDTH_SPACE}", text)
    return re.sub(r"([@#])(?=\w)", rf"\1{ZERO_WIDTH_SPACE}", text)


def _escaped(text: str) -> str:
    text = re.sub(r"[\\`*_\[\]<>&|~]|(?<=<)!", r"\\\g<0>", text)
    # Two dollars on a line are mathematics; a span is GitHub's own way to write one plainly.
    # https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/writing-mathematical-expressions
    return text.replace("$", "<span>$</span>")


def _addresses_as(code: Callable[[str], str], text: str, words: Callable[[str], str]) -> list[str]:
    """``text`` in parts, every address as code, where nothing makes a link of it."""
    parts: list[str] = []
    end = 0
    for found in _ADDRESS.finditer(text):
        parts += [words(text[end : found.start()]), code(found[0])]
        end = found.end()
    return [*parts, words(text[end:])]


def _longest_backticks(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


# --- Slack mrkdwn -----------------------------------------------------------------------------

# Slack has no escape for its formatting signs, so from outside they come as their look-alikes.
_LOOK_ALIKES = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})


def slack_escaped(text: str) -> str:
    """The three signs Slack reads as its own, as entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def slack_said(text: str) -> str:
    """Words from outside, inline: no formatting, mention, emoji code or link survives."""

    def dead(text: str) -> str:
        return slack_escaped(_broken(_unformatted(text)))

    return joined(_addresses_as(slack_code, one_line(text), dead), ZERO_WIDTH_SPACE)


def slack_own(text: str) -> str:
    """Our own words, inline: as they stand, without formatting."""
    return slack_escaped(_unformatted(one_line(text)))


def slack_line(rendered: str) -> str:
    """Inline mrkdwn as a line of its own, which begins no quote."""
    rendered = rendered.strip()
    return f"{ZERO_WIDTH_SPACE}{rendered}" if rendered.startswith("&gt;") else rendered


def _unformatted(text: str) -> str:
    return re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", "ˍ", text).translate(_LOOK_ALIKES)


def slack_code(text: str) -> str:
    """A code span that holds ``text``; nothing for an empty text."""
    text = slack_escaped(plain(text).replace("`", "ˋ"))
    return f"`{text}`" if text else ""


def slack_fence(text: str) -> str:
    """A fixed-width block that holds ``text``; backticks come as their look-alike."""
    return f"```\n{slack_escaped(visible(text).replace('`', 'ˋ')).strip(chr(10))}\n```"


def slack_quote(text: str) -> str:
    """Somebody's words as a quote, line by line; leading spaces stay."""
    return "\n".join(f"> {_indented(line, slack_said)}".rstrip() for line in _lines(text))
