"""The ``rich_text`` block, which also fills table cells and inputs.

Source: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from __future__ import annotations

from bot.simulators.slack.schema import (
    Check,
    array,
    boolean,
    integer,
    number,
    one_of,
    shape,
    string,
    typed,
)

_TYPE = string(64)
_MANY = 1000
_STYLE = shape(
    {},
    dict.fromkeys(("bold", "italic", "strike", "code", "underline", "unlink"), boolean),
)
_STYLED: dict[str, Check] = {"style": _STYLE}

_TEXT = shape({"type": _TYPE, "text": string(40_000, at_least=1)}, _STYLED)
_LINK = shape(
    {"type": _TYPE, "url": string(3000, at_least=1)},
    {**_STYLED, "text": string(40_000), "unsafe": boolean},
)
_INLINE: dict[str, Check] = {
    "text": _TEXT,
    "link": _LINK,
    "user": shape({"type": _TYPE, "user_id": string(255)}, _STYLED),
    "channel": shape({"type": _TYPE, "channel_id": string(255)}, _STYLED),
    "usergroup": shape({"type": _TYPE, "usergroup_id": string(255)}, _STYLED),
    "team": shape({"type": _TYPE, "team_id": string(255)}, _STYLED),
    "broadcast": shape({"type": _TYPE, "range": one_of("here", "channel", "everyone")}, _STYLED),
    "color": shape({"type": _TYPE, "value": string(255)}, _STYLED),
    "emoji": shape(
        {"type": _TYPE, "name": string(255)},
        {**_STYLED, "unicode": string(255), "url": string(3000)},
    ),
    "date": shape(
        {"type": _TYPE, "timestamp": number, "format": string(255)},
        {**_STYLED, "url": string(3000), "fallback": string(3000)},
    ),
}
_inline = typed(_INLINE)
_BORDER: dict[str, Check] = {"border": integer(0, 1)}
_SECTION = shape({"type": _TYPE, "elements": array(_inline, _MANY, at_least=0)})

rich_text = shape(
    {
        "type": _TYPE,
        "elements": array(
            typed(
                {
                    "rich_text_section": _SECTION,
                    "rich_text_list": shape(
                        {
                            "type": _TYPE,
                            "style": one_of("bullet", "ordered"),
                            "elements": array(
                                typed({"rich_text_section": _SECTION}), _MANY, at_least=0
                            ),
                        },
                        {**_BORDER, "indent": integer(0, 8), "offset": integer(0, 10_000)},
                    ),
                    "rich_text_quote": shape(
                        {"type": _TYPE, "elements": array(_inline, _MANY, at_least=0)}, _BORDER
                    ),
                    "rich_text_preformatted": shape(
                        {
                            "type": _TYPE,
                            "elements": array(
                                typed({"text": _TEXT, "link": _LINK}), _MANY, at_least=0
                            ),
                        },
                        {**_BORDER, "language": string(100)},
                    ),
                }
            ),
            _MANY,
            at_least=0,
        ),
    },
    {"block_id": string(255)},
)
raw_text = shape({"type": _TYPE, "text": string(3000)})
raw_number = shape({"type": _TYPE, "text": string(3000), "value": number})
