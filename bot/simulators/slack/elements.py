"""Block Kit's composition objects and interactive elements.

Source: https://docs.slack.dev/reference/block-kit/block-elements
"""

from __future__ import annotations

from bot.simulators.slack.rich_text import rich_text
from bot.simulators.slack.schema import (
    Check,
    Problem,
    Problems,
    array,
    boolean,
    integer,
    number,
    one_of,
    shape,
    string,
    typed,
)

TYPE = string(64)
BLOCK_ID = string(255)
ACTION_ID = string(255)
URL = string(3000, pattern=r"[a-zA-Z][a-zA-Z0-9+.-]*:.+")
IMAGE_SOURCES = ("image_url", "slack_file")


def plain_text(at_most: int) -> Check:
    """A ``plain_text`` object."""
    return typed({"plain_text": shape({"type": TYPE, "text": string(at_most, at_least=1)}, _EMOJI)})


def mrkdwn_text(at_most: int) -> Check:
    """A ``mrkdwn`` object."""
    return typed({"mrkdwn": shape({"type": TYPE, "text": string(at_most, at_least=1)}, _VERBATIM)})


def text_object(at_most: int) -> Check:
    """A ``plain_text`` or ``mrkdwn`` object; Slack reports the choice before the reason."""
    text = string(at_most, at_least=1)
    either = typed(
        {
            "plain_text": shape({"type": TYPE, "text": text}, _EMOJI),
            "mrkdwn": shape({"type": TYPE, "text": text}, _VERBATIM),
        }
    )

    def check(value: object, at: str, problems: Problems) -> None:
        found: Problems = []
        either(value, at, found)
        if found:
            problems.append(Problem("failed to match all allowed schemas", at))
            problems.extend(found)

    return check


_EMOJI: dict[str, Check] = {"emoji": boolean}
_VERBATIM: dict[str, Check] = {"verbatim": boolean}
_STYLE = one_of("primary", "danger")
_DATE = string(10, pattern=r"\d{4}-\d{2}-\d{2}")

_CONFIRM = shape(
    {"text": text_object(300)},
    {
        "title": plain_text(100),
        "confirm": plain_text(30),
        "deny": plain_text(30),
        "style": _STYLE,
    },
)
_OPTION = shape(
    {"text": text_object(75)},
    {"value": string(150), "description": text_object(75), "url": URL},
)
_OPTION_GROUP = shape({"label": plain_text(75), "options": array(_OPTION, 100)})
_FILTER = shape(
    {},
    {
        "include": array(one_of("im", "mpim", "private", "public"), 4),
        "exclude_bot_users": boolean,
        "exclude_external_shared_channels": boolean,
    },
)
_DISPATCH = shape(
    {},
    {"trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), 2)},
)

_COMMON: dict[str, Check] = {"action_id": ACTION_ID}
_CONFIRMED: dict[str, Check] = {**_COMMON, "confirm": _CONFIRM}
_FOCUSED: dict[str, Check] = {**_CONFIRMED, "focus_on_load": boolean}
_SELECT: dict[str, Check] = {**_FOCUSED, "placeholder": plain_text(150)}
_MULTI: dict[str, Check] = {**_SELECT, "max_selected_items": integer(1, 100)}
_WRITTEN: dict[str, Check] = {
    **_COMMON,
    "focus_on_load": boolean,
    "placeholder": plain_text(150),
    "dispatch_action_config": _DISPATCH,
}
_IDS = array(string(255), 100)

IMAGE_FIELDS: dict[str, Check] = {
    "image_url": URL,
    "slack_file": shape({}, {"url": URL, "id": string(255)}, exactly_one_of=("url", "id")),
}
image_element = shape(
    {"type": TYPE, "alt_text": string(2000)}, IMAGE_FIELDS, exactly_one_of=IMAGE_SOURCES
)

BUTTON = typed(
    {
        "button": shape(
            {"type": TYPE, "text": plain_text(75)},
            {
                **_CONFIRMED,
                "url": URL,
                "value": string(2000),
                "style": _STYLE,
                "accessibility_label": string(75),
            },
        )
    }
)
_WORKFLOW_BUTTON = shape(
    {
        "type": TYPE,
        "text": plain_text(75),
        "workflow": shape(
            {
                "trigger": shape(
                    {"url": URL},
                    {
                        "customizable_input_parameters": array(
                            shape({"name": string(255), "value": string(3000)}), 100
                        )
                    },
                )
            }
        ),
    },
    {**_CONFIRMED, "style": _STYLE, "accessibility_label": string(75)},
)
_CONVERSATIONS: dict[str, Check] = {
    "default_to_current_conversation": boolean,
    "filter": _FILTER,
}
_SELECTS: dict[str, Check] = {
    "static_select": shape(
        {"type": TYPE},
        {
            **_SELECT,
            "options": array(_OPTION, 100),
            "option_groups": array(_OPTION_GROUP, 100),
            "initial_option": _OPTION,
        },
        exactly_one_of=("options", "option_groups"),
    ),
    "external_select": shape(
        {"type": TYPE},
        {**_SELECT, "initial_option": _OPTION, "min_query_length": integer(0, 3000)},
    ),
    "users_select": shape({"type": TYPE}, {**_SELECT, "initial_user": string(255)}),
    "conversations_select": shape(
        {"type": TYPE},
        {
            **_SELECT,
            **_CONVERSATIONS,
            "initial_conversation": string(255),
            "response_url_enabled": boolean,
        },
    ),
    "channels_select": shape(
        {"type": TYPE},
        {**_SELECT, "initial_channel": string(255), "response_url_enabled": boolean},
    ),
    "multi_static_select": shape(
        {"type": TYPE},
        {
            **_MULTI,
            "options": array(_OPTION, 100),
            "option_groups": array(_OPTION_GROUP, 100),
            "initial_options": array(_OPTION, 100),
        },
        exactly_one_of=("options", "option_groups"),
    ),
    "multi_external_select": shape(
        {"type": TYPE},
        {
            **_MULTI,
            "initial_options": array(_OPTION, 100),
            "min_query_length": integer(0, 3000),
        },
    ),
    "multi_users_select": shape({"type": TYPE}, {**_MULTI, "initial_users": _IDS}),
    "multi_conversations_select": shape(
        {"type": TYPE}, {**_MULTI, **_CONVERSATIONS, "initial_conversations": _IDS}
    ),
    "multi_channels_select": shape({"type": TYPE}, {**_MULTI, "initial_channels": _IDS}),
}
_PICKERS: dict[str, Check] = {
    "datepicker": shape({"type": TYPE}, {**_SELECT, "initial_date": _DATE}),
    "timepicker": shape(
        {"type": TYPE},
        {**_SELECT, "initial_time": string(5, pattern=r"\d{2}:\d{2}"), "timezone": string(100)},
    ),
    "datetimepicker": shape({"type": TYPE}, {**_FOCUSED, "initial_date_time": number}),
    "checkboxes": shape(
        {"type": TYPE, "options": array(_OPTION, 10)},
        {**_FOCUSED, "initial_options": array(_OPTION, 10)},
    ),
    "radio_buttons": shape(
        {"type": TYPE, "options": array(_OPTION, 10)}, {**_FOCUSED, "initial_option": _OPTION}
    ),
}
_RICH_TEXT_INPUT = shape(
    {"type": TYPE},
    {
        **_WRITTEN,
        "initial_value": rich_text,
        "max_lines": integer(1, 100),
        "min_lines": integer(1, 100),
    },
)

ACCESSORIES: dict[str, Check] = {
    "button": BUTTON,
    "workflow_button": _WORKFLOW_BUTTON,
    "overflow": shape({"type": TYPE, "options": array(_OPTION, 5)}, _CONFIRMED),
    "image": image_element,
    **_SELECTS,
    **_PICKERS,
}
ACTIONS: dict[str, Check] = {
    **{name: check for name, check in ACCESSORIES.items() if name != "image"},
    "rich_text_input": _RICH_TEXT_INPUT,
}
INPUTS: dict[str, Check] = {
    **_SELECTS,
    **_PICKERS,
    "rich_text_input": _RICH_TEXT_INPUT,
    "plain_text_input": shape(
        {"type": TYPE},
        {
            **_WRITTEN,
            "initial_value": string(3000),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
    ),
    "email_text_input": shape({"type": TYPE}, {**_WRITTEN, "initial_value": string(3000)}),
    "url_text_input": shape({"type": TYPE}, {**_WRITTEN, "initial_value": string(3000)}),
    "number_input": shape(
        {"type": TYPE, "is_decimal_allowed": boolean},
        {
            **_WRITTEN,
            "initial_value": string(100),
            "min_value": string(100),
            "max_value": string(100),
        },
    ),
    "file_input": shape(
        {"type": TYPE},
        {**_COMMON, "filetypes": array(string(100), 100), "max_files": integer(1, 10)},
    ),
}
_FEEDBACK_BUTTON = shape(
    {"text": plain_text(75), "value": string(2000)}, {"accessibility_label": string(75)}
)
CONTEXT_ACTIONS: dict[str, Check] = {
    "feedback_buttons": shape(
        {
            "type": TYPE,
            "positive_button": _FEEDBACK_BUTTON,
            "negative_button": _FEEDBACK_BUTTON,
        },
        _COMMON,
    ),
    "icon_button": shape(
        {"type": TYPE, "icon": string(100), "text": plain_text(75)},
        {
            **_CONFIRMED,
            "value": string(2000),
            "accessibility_label": string(75),
            "visible_to_user_ids": _IDS,
        },
    ),
}
