"""What becomes of every payload in the shared folder: item, occurrence, recovery, ignored, refused.

``pytest -s`` prints each, and the table of all by source. A vendor without a source of its own is
read by a generic door, whose fields are guessed from its first payload and changed where a person
would change them.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.errors import BadPayload
from bot.domain.models import Draft
from bot.github.events import NOTHING, effect_of
from bot.sources import SOURCES, generic, github_issue
from bot.sources.heard import Recovery

RECEIVED = datetime(2026, 11, 28, tzinfo=UTC)
SOURCE_OF = {"cloudwatch-sns": "cloudwatch"}
CONFIRMED = {
    "azure-monitor": {
        "title": "context.name || data.context.name",
        "key": "context.id || data.context.id",
        "state": "status || data.status",
        "when": "context.timestamp || data.context.timestamp",
    },
    "discord": {"only": "type == `1` && event.type == 'FEEDBACK'", "title": "event.data.name"},
    "freshdesk": {"event": "freshdesk_webhook.ticket_id"},
    "gcp-monitoring": {"key": "[incident.policy_name, incident.resource_id]"},
    "graylog": {"title": "check_result.result_description"},
    "jira": {"key": "issue.key", "only": "webhookEvent != 'comment_deleted'"},
    "opbeat": {
        "only": "subject_type == 'errorgroup'",
        "title": "subject.last_occurrence.message || title",
        "key": "subject.id",
        "event": "id",
    },
    "papertrail": {"body": "join(' · ', events[].message)", "event": "max_id"},
    "raygun": {
        "only": "event == 'error_notification'",
        "title": "error.message || application.name",
        "key": "error.url",
        "event": "[error.url, error.lastOccurredOn, eventType]",
    },
    "statuspage": {
        "only": "component.status != 'under_maintenance'",
        "title": "component.name || incident.name",
        "key": "component.id || incident.id",
        "state": "component.status || incident.status",
        "when": "component_update.created_at || incident.updated_at",
    },
}
# By folder: what a file becomes, by a part of its name, the last that fits; "" fits every one.
WANTED: dict[str, dict[str, str]] = {
    "airbrake": {"": "item"},
    "alertmanager": {"": "item item", "single": "recovery"},
    "azure-monitor": {"": "item"},
    "bugsnag": {"first": "item", "manual": "recovery"},
    "canarytoken": {"": "item"},
    "cloudwatch-sns": {"insufficient": "ignored", "notification": "item"},
    "crashlytics": {"": "item"},
    "datadog": {"": "item", "recovered": "recovery"},
    "discord": {"": "ignored"},
    "errbit": {"": "item"},
    "freshdesk": {
        "": "known",
        "inline": "item",
        "private": "item",
        "priority": "recovery",  # its status is "Resolved"
        "unknown": "recovery",
    },
    "gcp-monitoring": {"": "recovery"},
    "grafana": {"": "item", "paused": "ignored", "_ok": "recovery"},
    "graylog": {"": "item"},
    "honeybadger": {"": "item"},
    "intercom": {"": "ignored", "conversation_user_created": "item"},
    "jira": {
        "": "item",
        "no_issue_details": "refused",
        "comment_deleted.": "ignored",
        "comment_updated": "known",
    },
    "newrelic": {
        "": "known",
        "acknowledged": "ignored",
        "closed": "recovery",
        "default_fields": "refused",
        "malformatted": "item",
        "missing_current_state": "refused",
        "missing_state": "refused",
        "missing_timestamp_new": "ignored",
        "not_recognized": "ignored",
    },
    "opbeat": {"": "ignored", "new_error": "item"},
    "opsgenie": {"": "ignored", "delete": "recovery"},
    "pagerduty": {"": "ignored", "trigger": "item", "resolve": "recovery", "mp_fail": "recovery"},
    "papertrail": {"long": "item", "short": "known"},
    "pingdom": {"": "item", "imap_up_to_down": "item", "down_to_up": "recovery"},
    "posthog": {"": "item", "cdp_default": "ignored"},
    "raygun": {"": "ignored", "new_error": "item", "reoccurred": "occurrence"},
    "reddit": {"": "refused", "new_1": "item item ignored"},
    "rollbar": {"": "occurrence", "high": "item", "resolved": "recovery", "test": "ignored"},
    "sentry": {
        "": "item",
        "assigned": "ignored",
        "ignored": "ignored",
        "resolved": "recovery",
        "ipe_issue.created": "known",
        "with_alert_rule": "known",
        "event_alert": "item",
        "metric_alert.warning.": "occurrence",
        "issue_created": "known",
    },
    "splunk": {"": "item", "search_one": "known"},
    "statuspage": {"component": "ignored", "incident": "recovery"},
    "uptimerobot": {"_down": "item", "_up": "recovery"},
    "vrealize": {"": "item"},
    "zabbix": {"": "item"},
    "zendesk": {"": "item"},
}


class Known:
    """Counts as ``record.lua`` does: an event once, one that is told of twice once too."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.events: set[str] = set()

    def take(self, draft: Draft) -> str:
        new = draft.key not in self.keys
        self.keys.add(draft.key)
        told = f"{draft.key}@{draft.told_at}"
        names = {f"{draft.key}:{draft.event}", f"{told}:{draft.announces}"}
        other = f"{told}:{not draft.announces}" if draft.told_at else ""
        counted = f"{draft.key}:{draft.event}" not in self.events and other not in self.events
        self.events |= names
        return "item" if new else "occurrence" if counted else "known"


def _read(folder: Path) -> Iterator[tuple[str, str, str]]:
    """File, what it becomes, and why where that is nothing."""
    name = SOURCE_OF.get(folder.name, folder.name)
    paths = sorted(folder.glob("*.json"))
    fields = ""
    if name not in SOURCES:
        guess = generic.guess(json.loads(paths[0].read_text()))
        fields = json.dumps(guess | CONFIRMED.get(folder.name, {}))
    source, known = SOURCES.get(name, generic.SOURCE), Known()
    for path in paths:
        try:
            heard = source.parse(json.loads(path.read_text()), {"fields": fields}, RECEIVED)
        except BadPayload as error:
            yield path.name, "refused", str(error)
            continue
        for told in heard:
            if isinstance(told, Draft):
                yield path.name, known.take(told), ""
            elif isinstance(told, Recovery):
                yield path.name, "recovery", ""
            else:
                yield path.name, "ignored", told.why


def test_every_folder_is_expected(shared: Path) -> None:
    alerts = shared / "conformance/alerts"
    assert {folder.name for folder in alerts.iterdir()} == WANTED.keys()


@pytest.mark.parametrize("vendor", WANTED)
def test_every_alert_becomes_what_it_is(vendor: str, shared: Path) -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for name, became, why in _read(shared / "conformance/alerts" / vendor):
        found[name].append(became)
        assert bool(why) == (became in ("ignored", "refused")), "nothing is passed over in silence"
        print(f"{vendor:15} {name:58} {became:10} {why}")
    assert found == {name: _wanted(vendor, name) for name in found}


def _wanted(vendor: str, name: str) -> list[str]:
    return [word for part, word in WANTED[vendor].items() if part in name][-1].split()


def _read_github(folder: Path) -> Iterator[tuple[str, str, str]]:
    """The same of GitHub's webhooks; ``heard`` is what has an effect and counts nothing."""
    known = Known()
    for path in sorted(folder.glob("*.json")):
        (event, action), told = path.name.split(".")[:2], json.loads(path.read_text())
        effect = effect_of(event, "" if action == "none" else action)
        it, draft = told.get("issue") or told.get("discussion"), None
        if effect.startswith(NOTHING):
            yield path.name, "ignored", effect.removeprefix(NOTHING)
            continue
        if event in ("issues", "discussion") and action not in ("deleted", "transferred"):
            draft = next(iter(github_issue.reports(it, RECEIVED)), None)
        elif event in ("issue_comment", "discussion_comment") and action == "created":
            draft = github_issue.echo(told["comment"], github_issue.key_of(it), RECEIVED)
        if draft:
            where = f"{told['repository']['id']}:{draft.key}"
            event_of = where if draft.event == draft.key else draft.event
            draft = draft.model_copy(update={"key": where, "event": event_of})
        yield path.name, known.take(draft) if draft else "heard", ""


COLUMNS = ("item", "occurrence", "known", "recovery", "heard", "ignored", "refused")


def test_no_payload_is_read_wrong(shared: Path) -> None:
    """The table, each file in it once; what is ignored or refused says why."""
    conformance = shared / "conformance"
    folders = {vendor: conformance / "alerts" / vendor for vendor in WANTED}
    folders["github"] = conformance / "github-webhooks/payloads"
    print("", f"{'source':15} {'sent':>5}", *(f"{c:>10}" for c in COLUMNS), "  wrong")
    total: Counter[str] = Counter()
    for vendor, folder in folders.items():
        read = list((_read_github if vendor == "github" else _read)(folder))
        found: dict[str, list[str]] = defaultdict(list)
        for name, became, _ in read:
            found[name].append(became)
        row = Counter(became for _, became, _ in read) + Counter(sent=len(found))
        row["wrong"] = sum("not known" in why for _, _, why in read)
        if vendor in WANTED:
            row["wrong"] = sum(became != _wanted(vendor, n) for n, became in found.items())
        assert found.keys() == {path.name for path in folder.glob("*.json")}
        print(
            f"{vendor:15} {row['sent']:5}", *(f"{row[c]:10}" for c in COLUMNS), f"{row['wrong']:7}"
        )
        for why, n in Counter(why for _, _, why in read if why).most_common():
            print(f"{'':15} {n:5} {why}")
        total += row
    print(f"{'all':15} {total['sent']:5}", *(f"{total[c]:10}" for c in COLUMNS))
    assert total["wrong"] == 0
    assert total["sent"] >= 380
    assert total["item"] > 50
