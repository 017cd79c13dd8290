"""Every verb: one file, and one line here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.domain.commands.command import Command
from workers.commands.call import Answer, Call
from workers.commands.verbs import (
    channel,
    clusters,
    diff,
    digest,
    dup,
    feedback,
    fix,
    help,
    history,
    life,
    link,
    logs,
    merge,
    move,
    plan,
    replay,
    retry,
    revert,
    revise,
    similar,
    source,
    split,
    status,
    steer,
    stop,
    undo,
    versions,
    whoami,
    why,
)

Run = Callable[[Call, Any], Awaitable[Answer]]

VERBS: Mapping[type[Command], Run] = {
    help.Help: help.run,
    status.Status: status.run,
    clusters.ListClusters: clusters.run,
    why.Why: why.run,
    similar.Similar: similar.run,
    feedback.Feedback: feedback.run,
    dup.Dup: dup.run_dup,
    dup.NotDup: dup.run_not_dup,
    merge.Merge: merge.run,
    split.Split: split.run,
    move.Move: move.run,
    undo.Undo: undo.run,
    history.ShowHistory: history.run,
    digest.Digest: digest.run,
    plan.ShowPlan: plan.run,
    fix.Fix: fix.run,
    steer.Steer: steer.run,
    stop.Stop: stop.run,
    retry.Retry: retry.run,
    logs.Logs: logs.run,
    revise.Revise: revise.run,
    versions.ListVersions: versions.run,
    diff.Diff: diff.run,
    revert.Revert: revert.run,
    life.Severity: life.run_severity,
    life.Resolve: life.run_resolve,
    life.Reopen: life.run_reopen,
    life.Ignore: life.run_ignore,
    life.Snooze: life.run_snooze,
    life.Unsnooze: life.run_unsnooze,
    life.Assign: life.run_assign,
    life.Unassign: life.run_unassign,
    source.ManageSources: source.run,
    replay.Replay: replay.run,
    channel.Channel: channel.run,
    link.Link: link.run_link,
    link.Unlink: link.run_unlink,
    whoami.Whoami: whoami.run,
}
ROSTER: tuple[type[Command], ...] = tuple(VERBS)

# Whether what a command is about is the own report or run of whoever gives it.
OWN: Mapping[type[Command], Callable[[Call, Any], Awaitable[bool]]] = {
    dup.NotDup: dup.reported,
    stop.Stop: stop.requested,
}
