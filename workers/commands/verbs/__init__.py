"""Every verb: a record and a function in the file of its subject, and one line here."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, get_type_hints

from bot.domain.commands.command import Command
from workers.commands.call import Answer, Call
from workers.commands.verbs import (
    agent,
    anybody,
    ask,
    config,
    evidence,
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
    versions,
)

Run = Callable[[Call, Any], Awaitable[Answer]]

# What obeys each, by the record that it takes: in the order of the roster.
_RUNS: tuple[Run, ...] = (
    anybody.run_help,
    *(status.run_status, status.run_clusters),
    *(evidence.run_why, evidence.run_similar, evidence.run_summarize),
    ask.run_ask,
    *(memory.run_remember, memory.run_forget, memory.run_memory, memory.run_profile),
    files.run_files,
    evidence.run_example,
    intake.run_feedback,
    *(regroup.run_dup, regroup.run_not_dup, regroup.run_merge, regroup.run_split, regroup.run_move),
    *(regroup.run_recluster, regroup.run_undo, regroup.run_history),
    project.run_digest,
    agent.run_agent,
    *(runs.run_plan, runs.run_fix, runs.run_steer, runs.run_stop, runs.run_retry, runs.run_logs),
    *(versions.run_revise, versions.run_versions, versions.run_diff, versions.run_revert),
    *(life.run_severity, life.run_resolve, life.run_reopen, life.run_ignore, life.run_snooze),
    *(life.run_unsnooze, life.run_assign, life.run_unassign, life.run_track, life.run_untrack),
    source.run_source,
    keys.run_key,
    config.run_config,
    config.run_doctor,
    *(project.run_replay, project.run_channel),
    *(project.run_notify, project.run_pause, project.run_resume),
    imports.run_erase,
    *(imports.run_import, imports.run_export),
    *(intake.run_backtest, intake.run_quota),
    keys.run_token,
    *(anybody.run_link, anybody.run_unlink, anybody.run_whoami),
)
VERBS: Mapping[type[Command], Run] = {get_type_hints(run)["command"]: run for run in _RUNS}
ROSTER: tuple[type[Command], ...] = tuple(VERBS)

# Whether what a command is about is the own report or run of whoever gives it.
OWN: Mapping[type[Command], Callable[[Call, Any], Awaitable[bool]]] = {
    regroup.NotDup: regroup.reported,
    runs.Stop: runs.requested,
    imports.Erase: imports.is_own,
}
