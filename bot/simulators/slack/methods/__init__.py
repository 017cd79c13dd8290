"""The Web API, one file a family. Each function's docstring is the page it follows.

Methods and errors: https://docs.slack.dev/reference/methods
"""

from __future__ import annotations

from bot.simulators.slack.methods import chat, conversations, files, people, reactions, views
from bot.simulators.slack.methods.calls import Call, Method

__all__ = ["METHODS", "Call", "Method"]

METHODS: dict[str, Method] = {
    **people.METHODS,
    **conversations.METHODS,
    **chat.METHODS,
    **files.METHODS,
    **reactions.METHODS,
    **views.METHODS,
}
