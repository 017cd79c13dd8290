"""Every verb: a record and a function in the file of its subject, and one line here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.domain.commands.command import Command
from workers.commands.call import Answer, Call
from workers.commands.verbs import (
    agent,
    anybody,
    ask,
    config,
    doctor,
    erase,
    evidence,
    feedback,
    files,
    imports,
    intake,
    keys,
    life,
    memory,
    project,
    regroup,
    runs,
    source,
    status,
    tokens,
    unasked,
    versions,
)

Run = Callable[[Call, Any], Awaitable[Answer]]

VERBS: Mapping[type[Command], Run] = {
    anybody.Help: anybody.run_help,
    status.Status: status.run_status,
    status.ListClusters: status.run_clusters,
    evidence.Why: evidence.run_why,
    evidence.Similar: evidence.run_similar,
    evidence.Summarize: evidence.run_summarize,
    ask.Ask: ask.run_ask,
    memory.Remember: memory.run_remember,
    memory.Forget: memory.run_forget,
    memory.ShowMemory: memory.run_memory,
    memory.ShowProfile: memory.run_profile,
    files.Files: files.run_files,
    evidence.AskForExample: evidence.run_example,
    feedback.Feedback: feedback.run,
    regroup.Dup: regroup.run_dup,
    regroup.NotDup: regroup.run_not_dup,
    regroup.Merge: regroup.run_merge,
    regroup.Split: regroup.run_split,
    regroup.Move: regroup.run_move,
    regroup.Recluster: regroup.run_recluster,
    regroup.Undo: regroup.run_undo,
    regroup.ShowHistory: regroup.run_history,
    project.Digest: project.run_digest,
    agent.ManageAgents: agent.run_agent,
    runs.ShowPlan: runs.run_plan,
    runs.Fix: runs.run_fix,
    runs.Steer: runs.run_steer,
    runs.Stop: runs.run_stop,
    runs.Retry: runs.run_retry,
    runs.Logs: runs.run_logs,
    versions.Revise: versions.run_revise,
    versions.ListVersions: versions.run_versions,
    versions.Diff: versions.run_diff,
    versions.Revert: versions.run_revert,
    life.Severity: life.run_severity,
    life.Resolve: life.run_resolve,
    life.Reopen: life.run_reopen,
    life.Ignore: life.run_ignore,
    life.Snooze: life.run_snooze,
    life.Unsnooze: life.run_unsnooze,
    life.Assign: life.run_assign,
    life.Unassign: life.run_unassign,
    life.Track: life.run_track,
    life.Untrack: life.run_untrack,
    source.ManageSources: source.run_source,
    keys.ManageKeys: keys.run_key,
    config.Config: config.run_config,
    doctor.Doctor: doctor.run_doctor,
    project.Replay: project.run_replay,
    project.Channel: project.run_channel,
    unasked.Notify: unasked.run_notify,
    unasked.PauseAll: unasked.run_pause,
    unasked.ResumeAll: unasked.run_resume,
    erase.Erase: erase.run_erase,
    imports.ImportHistory: imports.run_import,
    imports.Export: imports.run_export,
    intake.Backtest: intake.run_backtest,
    intake.ShowQuota: intake.run_quota,
    tokens.ManageTokens: tokens.run_token,
    anybody.Link: anybody.run_link,
    anybody.Unlink: anybody.run_unlink,
    anybody.Whoami: anybody.run_whoami,
}
ROSTER: tuple[type[Command], ...] = tuple(VERBS)

# Whether what a command is about is the own report or run of whoever gives it.
OWN: Mapping[type[Command], Callable[[Call, Any], Awaitable[bool]]] = {
    regroup.NotDup: regroup.reported,
    runs.Stop: runs.requested,
    erase.Erase: erase.is_own,
}
