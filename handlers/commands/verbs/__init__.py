"""Every verb: one file, and one line here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from handlers.commands.call import Answer, Call
from handlers.commands.command import Command
from handlers.commands.verbs import (
    clusters,
    digest,
    feedback,
    fix,
    help,
    life,
    logs,
    plan,
    retry,
    similar,
    source,
    status,
    steer,
    stop,
    whoami,
    why,
)

Run = Callable[[Call, Any], Awaitable[Answer]]

VERBS: Mapping[type[Command], Run] = {
    help.Help: help.run,
    status.Status: status.run,
    clusters.Clusters: clusters.run,
    why.Why: why.run,
    similar.Similar: similar.run,
    feedback.Feedback: feedback.run,
    digest.Digest: digest.run,
    plan.Plan: plan.run,
    fix.Fix: fix.run,
    steer.Steer: steer.run,
    stop.Stop: stop.run,
    retry.Retry: retry.run,
    logs.Logs: logs.run,
    life.Severity: life.run_severity,
    life.Resolve: life.run_resolve,
    life.Reopen: life.run_reopen,
    life.Ignore: life.run_ignore,
    life.Snooze: life.run_snooze,
    life.Unsnooze: life.run_unsnooze,
    life.Assign: life.run_assign,
    life.Unassign: life.run_unassign,
    source.Source: source.run,
    whoami.Whoami: whoami.run,
}
ROSTER: tuple[type[Command], ...] = tuple(VERBS)
