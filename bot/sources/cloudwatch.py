"""Amazon CloudWatch: alarms, through a topic of Amazon SNS.
https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html · The alarm is JSON in
``Message``. The secret comes by basic auth in the URL that is subscribed; that Amazon signed the
message is checked by ``workers/hearing/alerts.py`` before it is read here."""

import json
from collections.abc import Mapping
from typing import Any

from bot.sources.reading import mapping, text
from bot.sources.table import Table

_SIGNED = "Notification"


def _alarm(told: Mapping[str, Any]) -> dict[str, Any]:
    try:
        said = json.loads(text(told.get("Message"))) if told.get("Type") == _SIGNED else None
    except ValueError:
        said = None
    return {**told, "alarm": mapping(said)}


def topic(payload: object) -> str:
    """The topic of Amazon SNS that a message is from; "" where it names none."""
    return text(mapping(payload).get("TopicArn"), 300)


def other_topic(payload: object, agreed: str) -> str:
    """What to say of a message of another topic than was ``agreed`` on ("" is any), else ""."""
    why = f"it is of the topic {topic(payload)}, not {agreed}: if that is meant, say source confirm"
    return (
        f"{why} cloudwatch, and have SNS ask again." if agreed not in ("", topic(payload)) else ""
    )


SOURCE = Table(
    NAME="cloudwatch",
    prepare=_alarm,
    only="alarm.AlarmName",
    state="alarm.NewStateValue",
    open=("alarm",),
    over=("ok",),
    key="alarm.AlarmArn || alarm.[AWSAccountId, Region, AlarmName]",
    event="[alarm.AlarmName, alarm.StateChangeTime, MessageId]",
    title="alarm.[AlarmName, AlarmDescription]",
    body="alarm.NewStateReason",
    when="[alarm.StateChangeTime, Timestamp]",
    tags="alarm.{region: Region, metric: Trigger.MetricName, namespace: Trigger.Namespace}",
)
