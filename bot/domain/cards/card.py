"""A card: what is said about one thing in one place, edited in place. No markup in here.
``bot.render`` turns a card into GitHub Markdown or Slack blocks. Text of our own is a plain
``str``; anything somebody else wrote is wrapped in ``Said`` (inline) or ``Quotation`` /
``Preformatted`` (block), which the renderers defuse."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Tag

from bot.domain.audience import Audience


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def __init__(self, **fields: object) -> None:
        super().__init__(**fields)


class Strong(_Frozen):
    """Our own words, stressed."""

    text: str
    kind: Literal["strong"] = "strong"

    def __init__(self, text: str, **kind: object) -> None:
        super().__init__(text=text, **kind)


class Code(_Frozen):
    """A short literal: a command, a path, a number. Safe for untrusted text."""

    text: str
    kind: Literal["code"] = "code"

    def __init__(self, text: str, **kind: object) -> None:
        super().__init__(text=text, **kind)


class Said(_Frozen):
    """Words from outside, inline: never markup, never a mention."""

    text: str
    kind: Literal["said"] = "said"

    def __init__(self, text: str, **kind: object) -> None:
        super().__init__(text=text, **kind)


class Link(_Frozen):
    """A link; ``text`` may come from outside, ``url`` must be http(s)."""

    text: str
    url: str
    kind: Literal["link"] = "link"

    def __init__(self, text: str, url: str, **kind: object) -> None:
        super().__init__(text=text, url=url, **kind)


def _kind(inline: object) -> str:
    if isinstance(inline, str):
        return "str"
    return str(inline.get("kind") if isinstance(inline, dict) else getattr(inline, "kind", ""))


# Stored and read back, words of somebody else must not come to be our own.
Inline = Annotated[
    Annotated[str, Tag("str")]
    | Annotated[Strong, Tag("strong")]
    | Annotated[Code, Tag("code")]
    | Annotated[Said, Tag("said")]
    | Annotated[Link, Tag("link")],
    Discriminator(_kind),
]
Line = tuple[Inline, ...]

Tone = Literal["info", "pending", "running", "succeeded", "failed", "refused", "cancelled"]


class Paragraph(_Frozen):
    """One line of prose."""

    line: Line

    def __init__(self, *line: Inline, **stored: object) -> None:
        super().__init__(**{"line": line, **stored})


class Bullets(_Frozen):
    """A list."""

    lines: tuple[Line, ...]

    def __init__(self, *lines: Line, **stored: object) -> None:
        super().__init__(**{"lines": lines, **stored})


class Table(_Frozen):
    """A small table; every row has as many cells as ``header``."""

    header: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]


class Quotation(_Frozen):
    """Somebody's words as a block, with where they stand."""

    text: str
    source: Link | None = None


class Preformatted(_Frozen):
    """Fixed-width text as it is: a log, a diff, a test. Safe for untrusted text. ``spoken`` stands
    for it where a place does not draw the picture that it describes."""

    text: str
    language: str = ""
    spoken: Line = ()


class Step(_Frozen):
    """One step of something that takes time; ``seconds`` is None until it has started."""

    label: str
    tone: Tone = "pending"
    seconds: float | None = None
    detail: Line = ()


class Steps(_Frozen):
    """Progress, step by step."""

    steps: tuple[Step, ...]

    def __init__(self, *steps: Step, **stored: object) -> None:
        super().__init__(**{"steps": steps, **stored})


class Choice(_Frozen):
    """Something a person may do right here: a checkbox on GitHub, a button in Slack. ``sentence``
    is the command it stands for, without the leading ``/soulcaster``."""

    label: Line
    sentence: str
    done: bool = False

    def __init__(self, *label: Inline, **stored: object) -> None:
        super().__init__(**{"label": label, **stored})


class Choices(_Frozen):
    """A list of choices."""

    choices: tuple[Choice, ...]

    def __init__(self, *choices: Choice, **stored: object) -> None:
        super().__init__(**{"choices": choices, **stored})


Block = Paragraph | Bullets | Table | Quotation | Preformatted | Steps | Choices


class Section(_Frozen):
    """A part of a card. ``collapsed`` hides it behind its title where the place can."""

    title: str = ""
    blocks: tuple[Block, ...]
    collapsed: bool = False

    def __init__(self, *blocks: Block, **stored: object) -> None:
        super().__init__(**{"blocks": blocks, **stored})


class Fact(_Frozen):
    """A label and its value."""

    label: str
    value: Line

    def __init__(self, label: str, *value: Inline, **stored: object) -> None:
        super().__init__(label=label, **{"value": value, **stored})


class Action(_Frozen):
    """A button. ``sentence`` is a line of the grammar (``fix C-12``), or ``url`` leads away."""

    label: str
    sentence: str = ""
    url: str = ""
    style: Literal["", "primary", "danger"] = ""
    confirm: str = ""

    def __init__(self, label: str, sentence: str = "", **fields: object) -> None:
        super().__init__(label=label, sentence=sentence, **fields)


class Card(_Frozen):
    """What is said. ``key`` names the thing it is about, the same at every edit: ``run:F-7``.
    ``audience``: whom it was written for; it holds nothing that they may not read. ``more``: what
    is said less often, in a menu where the place has one; where it has a form, the form opens.
    ``folded``: one person asked for it, and what follows its facts and first section is behind a
    line where others read along. ``language``: that of our own words in it."""

    key: str
    audience: Audience
    title: Line
    tone: Tone = "info"
    facts: tuple[Fact, ...] = ()
    sections: tuple[Section, ...] = ()
    actions: tuple[Action, ...] = ()
    more: tuple[Action, ...] = ()
    footer: Line = ()
    language: str = "en"
    folded: bool = False


def coded(text: str) -> Line:
    """Words, also from outside, with what stands between backticks as code."""
    parts = enumerate(text.split("`"))
    return tuple(Code(part) if n % 2 else Said(part) for n, part in parts if part)


def note(
    key: str,
    *line: Inline,
    audience: Audience,
    tone: Tone = "info",
    actions: tuple[Action, ...] = (),
) -> Card:
    """A card of one line."""
    return Card(key=key, audience=audience, title=line, tone=tone, actions=actions)
