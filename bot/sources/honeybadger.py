"""Honeybadger: errors, check-ins, uptime and alarms, by its webhook integration.
https://docs.honeybadger.io/guides/integrations/payloads/v2/ · Nothing is signed, so the secret
comes in the URL. Honeybadger lists the innermost frame first."""

from bot.sources.table import Table

_TRACE = "(notice.application_trace || notice.backtrace)"

SOURCE = Table(
    NAME="honeybadger",
    SECRET_IN_URL=True,
    state="event",
    open=(
        *("occurred", "unresolved", "rate_exceeded", "volume_spike"),
        *("check_in_missing", "down", "alarm_alert"),
    ),
    over=("resolved", "check_in_reporting", "up", "alarm_ok"),
    key=(
        "fault && ['fault', fault.id] || check_in && ['check-in', check_in.id]"
        " || site && ['site', site.id] || alarm && ['alarm', alarm.id]"
    ),
    event="notice.id || fault && [event, fault.last_notice_at, to_string(fault.notices_count)]",
    title=(
        "fault.[klass, message] || check_in.['Check-in missing', name]"
        " || site.['Site down', name] || alarm.['Alarm', name] || message"
    ),
    body="message",
    url="[fault.url, site.url, alarm.url]",
    when="[notice.created_at, fault.last_notice_at, check_in.expected_at, outage.down_at]",
    ended="outage.up_at",
    environment="notice.environment.environment_name || fault.environment",
    release="notice.deploy.revision || fault.deploy.revision",
    frames=f"{_TRACE}[::-1].{{path: application_file || file, function: method, line: number}}",
    tags="{project: project.name, component: fault.component, action: fault.action}",
)
