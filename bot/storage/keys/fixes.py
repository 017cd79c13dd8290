"""Keys of the fixes of one project; ``p`` is its id, GitHub's own of the repository."""

from __future__ import annotations

from bot.storage.schema import ROOT, kind


@kind("plans")
def steering(p: int, cluster: int) -> str:
    """list: what people said about how this problem should be fixed."""
    return f"{ROOT}:{p}:steering:{cluster}"


@kind("plans")
def plan_versions(p: int, cluster: int) -> str:
    """list: checksums of the reports and words that each version of the plan is written from."""
    return f"{ROOT}:{p}:plan-versions:{cluster}"


@kind("plans", rebuilt="by planning again")
def plans(p: int, cluster: int) -> str:
    """hash: ``v2:checksum`` -> Plan as it was written; ``approved`` -> the Plan fixes go by."""
    return f"{ROOT}:{p}:plans:{cluster}"


@kind("writings", "plans", "memory", kept="the newest 20 versions", rebuilt="not at all")
def writings(p: int, of: str) -> str:
    """hash: ``3:team`` -> Writing, a version of ``plan:12`` or ``profile`` for its readers."""
    return f"{ROOT}:{p}:writings:{of}"


@kind("runs")
def runs(p: int) -> str:
    """hash: fix run number -> FixRun."""
    return f"{ROOT}:{p}:runs"


@kind("runs", kept="as long as its command", rebuilt="from the runs")
def run_keys(p: int) -> str:
    """hash: command id -> fix run number, so that a repeated command finds its run."""
    return f"{ROOT}:{p}:run-keys"


@kind("runs", rebuilt="from the runs")
def run_pulls(p: int) -> str:
    """hash: pull request -> fix run number, so that a run is found by it."""
    return f"{ROOT}:{p}:run-pulls"


@kind("runs", rebuilt="by `soulcaster rebuild`, from the runs")
def cluster_runs(p: int) -> str:
    """hash: cluster number -> its fix runs, oldest first: ``3,7``."""
    return f"{ROOT}:{p}:cluster-runs"


@kind("runs", kept="until the run has ended", rebuilt="by `soulcaster rebuild`, from the runs")
def active_runs(p: int) -> str:
    """hash: cluster number -> its one fix run that has not ended."""
    return f"{ROOT}:{p}:active-runs"


@kind("runs", kept="30 days")
def run_notes(p: int, run: int) -> str:
    """list: steering notes and log lines of a run are apart; these are the notes."""
    return f"{ROOT}:{p}:run:{run}:notes"


@kind("runs", kept="30 days (`logs`)")
def run_log(p: int, run: int) -> str:
    """list: redacted log lines of a run, the newest 500."""
    return f"{ROOT}:{p}:run:{run}:log"


@kind("runs", kept="30 days (`logs`)", rebuilt="from the log")
def run_logged(p: int, run: int) -> str:
    """string: how many lines the run's log has had, so that a reader goes on where it was."""
    return f"{ROOT}:{p}:run:{run}:logged"


@kind("runs", kept="30 days", rebuilt="by running again")
def run_blob(p: int, run: int, name: str) -> str:
    """string, 30 days: what a step of the run left for the next one."""
    return f"{ROOT}:{p}:run:{run}:{name}"


@kind("own_agents")
def own_agents(p: int) -> str:
    """hash: name -> AgentState, what is decided about an agent of the team's own."""
    return f"{ROOT}:{p}:own-agents"


@kind("own_agents", kept="the newest 200")
def interviews(p: int) -> str:
    """hash: number -> Interview, an agent being described, or described, by talking."""
    return f"{ROOT}:{p}:interviews"


@kind("own_agents", kept="as long as the interview", rebuilt="from the interviews")
def interviews_by(p: int) -> str:
    """hash: place and person -> the number of the interview that they hold there."""
    return f"{ROOT}:{p}:interviews-by"


@kind("versions", rebuilt="from the branch's commits")
def versions(p: int, run: int) -> str:
    """hash: ``v2`` -> Version of the run's fix, once there is more than the first."""
    return f"{ROOT}:{p}:run:{run}:versions"


@kind("versions", kept="a year (`evidence`)")
def revisions(p: int, run: int) -> str:
    """hash: ``review:9`` or ``command:ab12`` -> the attempt at a version that it asked for."""
    return f"{ROOT}:{p}:run:{run}:revisions"


@kind("versions")
def disowned(p: int) -> str:
    """set: ``review:9`` and ``comment:9`` that another has edited, ``resolved:9`` of a thread."""
    return f"{ROOT}:{p}:disowned"
