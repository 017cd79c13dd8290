"""slack.com on the wire, for the demo and the tests.

It answers the Web API, sends signed commands, interactions and events, and obeys Slack's limits,
so that slack_sdk and slack-bolt cannot tell the difference. ``persons`` is the one door Slack
does not have: there a test or the demo page does what people do.
"""

from __future__ import annotations

from bot.simulators.slack.limits import Limits
from bot.simulators.slack.simulator import SlackSimulator
from bot.simulators.slack.workspace import Team

__all__ = ["Limits", "SlackSimulator", "Team"]
