"""A card as Slack blocks. https://docs.slack.dev/reference/block-kit/blocks · Every text of ours is
``verbatim``: Slack then links no address and no name by itself."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.domain.cards import card as cards
from bot.render.defuse import (
    ZERO_WIDTH_SPACE,
    plain,
    safe_url,
    slack_code,
    slack_escaped,
    slack_fence,
    slack_line,
    slack_own,
    slack_quote,
    slack_said,
    visible,
)
from bot.render.marker import action_id, metadata
from bot.render.seams import joined, whole
from bot.render.shorten import cut, cut_line, cut_middle, fitting, length, shorten_section
from bot.render.tones import ICONS, step_state, tone_word

BLOCKS, BUTTONS, FIELDS = 50, 25, 10  # a message, an actions block, a section
BLOCK_ID = 255
ROOM = 2 * BLOCKS * 3_000  # no message shows more, and collapsed parts are cut anyway
TEXT, FIELD, CONTEXT, HEADER, LABEL, VALUE, CONFIRM = 3_000, 2_000, 2_000, 600, 75, 2_000, 300
OPTION, OPTIONS = 150, 5  # of a menu: characters of a value, entries
COLLAPSED = {"characters": 300, "entries": 3}

Json = dict[str, Any]
Source = TypeVar("Source")


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """What ``chat.postMessage`` takes; ``text`` is what a notification shows, ``metadata`` names
    the project and the card. https://docs.slack.dev/messaging/message-metadata"""

    text: str
    blocks: list[Json]
    metadata: Json


def render_blocks(card: cards.Card, project: int = 0) -> SlackMessage:
    """``card`` as at most 50 blocks. A button's ``value`` is a sentence of the grammar; its
    ``action_id`` stays the same from edit to edit, and names the project, 0 for none."""

    def message(card: cards.Card) -> SlackMessage:
        return SlackMessage(
            text=_notification(card),
            blocks=_Slack(project).card(card),
            metadata=metadata(project, card.key),
        )

    return fitting(card, message, lambda made: len(made.blocks) <= BLOCKS, room=ROOM)


def _notification(card: cards.Card) -> str:
    """The title and how it stands: the tone's word, else the first fact."""
    said = slack_said(cut(words(card.title), 200))
    stands = f" ({word})" if (word := tone_word(card)) else ""
    for fact in card.facts[:1] if not stands else ():
        stands = f" · {slack_said(cut(f'{fact.label}: {words(fact.value)}', 100))}"
    return f"{ICONS[card.tone]} {said}{stands}"


class _Slack:
    """Renders one message; it keeps the ids in it apart."""

    def __init__(self, project: int) -> None:
        self._project = project
        self._ids: Counter[str] = Counter()

    def card(self, card: cards.Card) -> list[Json]:
        return [
            self.header(card),
            *self.facts(card.facts),
            *(block for section in card.sections for block in self.section(section)),
            *self.buttons(card.actions, card.more),
            *_context(_within(card.footer, CONTEXT)),
        ]

    def header(self, card: cards.Card) -> Json:
        """The title. Its block id names the card."""
        unstressed = (part.text if isinstance(part, cards.Strong) else part for part in card.title)
        title = _within(tuple(unstressed), HEADER) or slack_own(card.key[:40]) or "–"
        word = tone_word(card)
        return {
            "type": "section",
            "block_id": f"soulcaster:{card.key}"[:BLOCK_ID],
            "text": _mrkdwn(f"{ICONS[card.tone]} *{title}*{f' · {word}' if word else ''}"),
        }

    def facts(self, facts: Sequence[cards.Fact]) -> list[Json]:
        fields = [
            _mrkdwn(f"*{slack_own(cut(plain(fact.label), 50)) or '–'}*\n{value or '–'}")
            for fact in facts
            for value in [_within(fact.value, FIELD - 300)]
        ]
        return [{"type": "section", "fields": part} for part in _chunks(fields, FIELDS)]

    def section(self, section: cards.Section) -> list[Json]:
        shown = shorten_section(section, **COLLAPSED) if section.collapsed else section
        title = slack_own(cut(plain(section.title), 300))
        blocks = _section(f"*{title}*") if title else []
        return blocks + [block for part in shown.blocks for block in self.block(part)]

    def block(self, block: cards.Block) -> list[Json]:
        match block:
            case cards.Paragraph(line=line):
                return _section(_within(line, TEXT))
            case cards.Bullets(lines=lines):
                return _sections(f"• {_within(line, TEXT - 10)}" for line in lines)
            case cards.Table():
                return self.table(block)
            case cards.Quotation(text=text, source=source):
                quoted = _cut_to(text, TEXT, cut, slack_quote) if visible(text).strip() else ""
                return _section(quoted) + (_context(_within((source,), CONTEXT)) if source else [])
            case cards.Preformatted(text=text, spoken=spoken):
                return _section(_within(spoken, TEXT)) or _preformatted(text)
            case cards.Steps(steps=steps):
                return _sections(
                    f"{ICONS[step.tone]} {slack_own(cut(plain(step.label), 300))}"
                    f"{step_state(step)}"
                    f"{f' — {_within(step.detail, 1_000)}' if step.detail else ''}"
                    for step in steps
                )
            case cards.Choices():
                return self.choices(block)

    def table(self, table: cards.Table) -> list[Json]:
        return _preformatted(_monospace(table)) if table.header else []

    def choices(self, choices: cards.Choices) -> list[Json]:
        done = [choice for choice in choices.choices if choice.done]
        open_ = [choice for choice in choices.choices if not choice.done]
        buttons = (cards.Action(label=words(each.label), sentence=each.sentence) for each in open_)
        return [
            *_sections(f"{ICONS['succeeded']} {_within(each.label, 1_000)}" for each in done),
            *self.buttons(buttons),
        ]

    def buttons(
        self, actions: Iterable[cards.Action], more: Sequence[cards.Action] = ()
    ) -> list[Json]:
        """Buttons, 25 a block, then a menu; a sentence too long for one is left to be typed."""
        actions = list(actions)
        buttons = [button for action in actions if (button := self.button(action))]
        buttons += self.menu(more)
        typed = [plain(each.sentence) for each in actions if len(plain(each.sentence)) > VALUE]
        blocks: list[Json] = [
            {"type": "actions", "elements": part} for part in _chunks(buttons, BUTTONS)
        ]
        hint = (
            f"Too long for a button, so type it: {slack_code(cut(typed[0], 300))}" if typed else ""
        )
        return blocks + _context(hint)

    def menu(self, more: Sequence[cards.Action]) -> list[Json]:
        """A menu of the first five. Who presses an entry says its sentence, or fills in a form."""
        said = [each for each in more if 0 < len(plain(each.sentence)) <= OPTION][:OPTIONS]
        if not said:
            return []
        options = [
            {"text": _plain_text(plain(each.label), LABEL), "value": plain(each.sentence)}
            for each in said
        ]
        name = self.action_id(" ".join(each.sentence for each in said))
        return [{"type": "overflow", "action_id": name, "options": options}]

    def button(self, action: cards.Action) -> Json | None:
        value, url = plain(action.sentence), safe_url(action.url)
        if len(value) > VALUE or not (value or url):
            return None
        label = plain(action.label) or value or "Open"
        button: Json = {
            "type": "button",
            "text": _plain_text(label, LABEL),
            "action_id": self.action_id(value or url),
        }
        if value:
            button["value"] = value
        if url:
            button["url"] = url
        if action.style:
            button["style"] = action.style
        if action.confirm:
            button["confirm"] = {
                "title": _plain_text("Are you sure?", 100),
                "text": _plain_text(action.confirm, CONFIRM),
                "confirm": _plain_text("Yes", 30),
                "deny": _plain_text("No", 30),
            }
        return button

    def action_id(self, what: str) -> str:
        """The same for the same sentence at every edit; a second one in a message is numbered."""
        name = action_id(self._project, what)
        self._ids[name] += 1
        return name if self._ids[name] == 1 else f"{name}:{self._ids[name]}"


def _inline(part: cards.Inline) -> str:
    match part:
        case str():
            return slack_own(part)
        case cards.Strong(text=text):
            text = slack_own(plain(text))
            return f"*{text}*" if text else ""
        case cards.Code(text=text):
            return slack_code(text)
        case cards.Said(text=text):
            return slack_said(text)
        case cards.Link(text=text, url=url):
            url = slack_escaped(safe_url(url))
            said = slack_said(plain(text)).replace("|", "∣")
            return f"<{url}|{said or 'link'}>" if url else said


def _line(line: cards.Line) -> str:
    return slack_line(joined(map(_inline, whole(line)), ZERO_WIDTH_SPACE))


def _within(line: cards.Line, limit: int) -> str:
    """``line`` as mrkdwn of at most ``limit`` characters: the card is cut, not the markup."""
    return _cut_to(line, limit, cut_line, _line)


def _cut_to(
    source: Source,
    limit: int,
    shorter: Callable[[Source, int], Source],
    render: Callable[[Source], str],
) -> str:
    """The longest rendering within ``limit``, as entities make a text longer than it was."""
    characters = limit
    while length(rendered := render(source)) > limit and characters:
        characters = characters * 3 // 4
        source = shorter(source, characters)
    return rendered


def _preformatted(text: str) -> list[Json]:
    return _section(_cut_to(visible(text), TEXT, cut_middle, slack_fence)) if text.strip() else []


def _mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain_text(text: str, limit: int) -> Json:
    return {"type": "plain_text", "text": cut(plain(text), limit), "emoji": False}


def _section(text: str) -> list[Json]:
    return [{"type": "section", "text": _mrkdwn(text)}] if text.strip() else []


def _sections(lines: Iterable[str]) -> list[Json]:
    """Lines, as many to a section as there is room for."""
    texts = [""]
    for line in lines:
        joined = f"{texts[-1]}\n{line}" if texts[-1] else line
        if length(joined) <= TEXT:
            texts[-1] = joined
        else:
            texts.append(line)
    return [section for text in texts for section in _section(text)]


def _context(text: str) -> list[Json]:
    return [{"type": "context", "elements": [_mrkdwn(text)]}] if text.strip() else []


def _chunks(parts: Sequence[Json], size: int) -> list[list[Json]]:
    return [list(parts[start : start + size]) for start in range(0, len(parts), size)]


def _monospace(table: cards.Table) -> str:
    """The table as lines of equal columns. Slack has a table block, but the published description
    of what a message holds does not list it."""
    columns = len(table.header)
    rows = [
        [plain(name) for name in table.header],
        *([words(cell) for cell in [*row, *[()] * columns][:columns]] for row in table.rows),
    ]
    widths = [max(_width(row[column]) for row in rows) for column in range(columns)]
    return "\n".join(
        "  ".join(
            text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def words(line: cards.Line) -> str:
    """A line without its markup."""
    return plain("".join(part if isinstance(part, str) else part.text for part in line))


def _width(text: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(sign) in "WF") for sign in text)
