"""Keys of the fixes of one project; ``p`` is its id, GitHub's own of the repository."""

from __future__ import annotations

from bot.storage.schema import Kind

# fmt: off
steering = Kind[[int, int]]("{p}:steering:{cluster}", "plans",
    "list: what people said about how this problem should be fixed.")
plan_versions = Kind[[int, int]]("{p}:plan-versions:{cluster}", "plans",
    "list: checksums of the reports and words that each version of the plan is written from.")
plans = Kind[[int, int]]("{p}:plans:{cluster}", "plans",
    "hash: ``v2:checksum`` -> Plan as it was written; ``approved`` -> the Plan fixes go by.",
    rebuilt="by planning again")
writings = Kind[[int, str]]("{p}:writings:{of}", "writings plans memory",
    "hash: ``3:team`` -> Writing, a version of ``plan:12`` or ``profile`` for its readers.",
    kept="the newest 20 versions", rebuilt="not at all")
runs = Kind[[int]]("{p}:runs", "runs", "hash: fix run number -> FixRun.")
run_keys = Kind[[int]]("{p}:run-keys", "runs",
    "hash: command id -> fix run number, so that a repeated command finds its run.",
    kept="as long as its command", rebuilt="from the runs")
run_pulls = Kind[[int]]("{p}:run-pulls", "runs",
    "hash: pull request -> fix run number, so that a run is found by it.",
    rebuilt="from the runs")
cluster_runs = Kind[[int]]("{p}:cluster-runs", "runs",
    "hash: cluster number -> its fix runs, oldest first: ``3,7``.",
    rebuilt="by `soulcaster rebuild`, from the runs")
active_runs = Kind[[int]]("{p}:active-runs", "runs",
    "hash: cluster number -> its one fix run that has not ended.",
    kept="until the run has ended", rebuilt="by `soulcaster rebuild`, from the runs")
run_notes = Kind[[int, int]]("{p}:run:{run}:notes", "runs",
    "list: steering notes and log lines of a run are apart; these are the notes.",
    kept="30 days")
run_log = Kind[[int, int]]("{p}:run:{run}:log", "runs",
    "list: redacted log lines of a run, the newest 500.",
    kept="30 days (`logs`)")
run_logged = Kind[[int, int]]("{p}:run:{run}:logged", "runs",
    "string: how many lines the run's log has had, so that a reader goes on where it was.",
    kept="30 days (`logs`)", rebuilt="from the log")
run_blob = Kind[[int, int, str]]("{p}:run:{run}:{name}", "runs",
    "string, 30 days: what a step of the run left for the next one.",
    kept="30 days", rebuilt="by running again")
own_agents = Kind[[int]]("{p}:own-agents", "own_agents",
    "hash: name -> AgentState, what is decided about an agent of the team's own.")
interviews = Kind[[int]]("{p}:interviews", "own_agents",
    "hash: number -> Interview, an agent being described, or described, by talking.",
    kept="the newest 200")
interviews_by = Kind[[int]]("{p}:interviews-by", "own_agents",
    "hash: place and person -> the number of the interview that they hold there.",
    kept="as long as the interview", rebuilt="from the interviews")
versions = Kind[[int, int]]("{p}:run:{run}:versions", "versions",
    "hash: ``v2`` -> Version of the run's fix, once there is more than the first.",
    rebuilt="from the branch's commits")
revisions = Kind[[int, int]]("{p}:run:{run}:revisions", "versions",
    "hash: ``review:9`` or ``command:ab12`` -> the attempt at a version that it asked for.",
    kept="a year (`evidence`)")
disowned = Kind[[int]]("{p}:disowned", "versions",
    "set: ``review:9`` and ``comment:9`` that another has edited, ``resolved:9`` of a thread.")
