"""Keys of the work to do, of installations and of places that several projects share."""

from __future__ import annotations

from typing import Literal

from bot.storage.schema import ROOT, kind

Lane = Literal["people", "work", "history", "fixes"]  # of jobs
THREAD = "90 days (`cards`), and while its cluster is open"


@kind(
    "inbox",
    kept="until heard; given up 30 days (`parked`), unread 1 (`unreadable`)",
    rebuilt="GitHub delivers again, others not",
)
def inbox(row: str) -> str:
    """hash: one delivery that was acknowledged and has not taken effect yet."""
    return f"{ROOT}:inbox:{row}"


@kind("inbox", kept="for ever: a few numbers")
def unread() -> str:
    """hash: job that should have heard -> deliveries let go because it never could."""
    return f"{ROOT}:unread"


@kind("inbox", kept="8 days", rebuilt="not at all: an event is counted once by its own key, too")
def done(row: str) -> str:
    """string, as long as a sender may send again: this delivery has taken effect."""
    return f"{ROOT}:done:{row}"


@kind("jobs", "inbox", kept="until the job has ended", rebuilt="the clock asks for what is due")
def todo(lane: str, tenant: int | str) -> str:
    """zset: a project's jobs to run, ``["name", id, ...]`` by the second they are due."""
    return f"{ROOT}:todo:{lane}:{tenant}"


@kind("jobs", "inbox", kept="while a project has jobs", rebuilt="not needed: turns begin anew")
def turns(lane: str) -> str:
    """zset: projects that have jobs, by the second of the last one that was taken."""
    return f"{ROOT}:turns:{lane}"


@kind("jobs", "inbox", kept="until the job has ended", rebuilt="not needed: once more is no harm")
def generations(lane: str) -> str:
    """hash: how often a job was asked for; it is done when none came in while it ran."""
    return f"{ROOT}:gen:{lane}"


@kind("jobs", kept="until the job has ended", rebuilt="not needed: counting begins anew")
def tries(lane: str) -> str:
    """hash: failed attempts of a job."""
    return f"{ROOT}:tries:{lane}"


@kind("jobs", kept="30 days (`parked`), or until it went well after all")
def parked(lane: str) -> str:
    """hash: jobs given up after their last try, with the time and the reason."""
    return f"{ROOT}:parked:{lane}"


@kind(
    "leases",
    "jobs",
    "outage",
    "whole",
    kept="`SOULCASTER_LEASE_SECONDS`",
    rebuilt="not needed: taken anew",
)
def lease(name: str) -> str:
    """string with a time to live: who works on this right now."""
    return f"{ROOT}:lease:{name}"


@kind("marks", rebuilt="by reading again as far back as GitHub remembers")
def mark(name: str) -> str:
    """string: the moment up to which everything was read, by what is read (``deliveries``)."""
    return f"{ROOT}:mark:{name}"


@kind("polls", kept="until the poll is removed", rebuilt="from the polls of each project")
def polls_due() -> str:
    """zset: ``project:subreddit`` by the second at which it is asked for next."""
    return f"{ROOT}:polls-due"


@kind("own_agents", kept="until it is off", rebuilt="by `agent enable`")
def agents_due() -> str:
    """zset: ``project:name`` of an agent of a team's own by the second at which it starts next."""
    return f"{ROOT}:agents-due"


@kind("embeddings", kept="an hour after the last sign", rebuilt="by the workers that run")
def embedders() -> str:
    """zset: ``embedder@machine`` by the second a worker there last offered it."""
    return f"{ROOT}:embedders"


# The parts of a budget, which says what each service takes from us.
BUDGET = ("told", "content", "points", "left")


@kind("budget", kept="an hour after its last use", rebuilt="not needed: the service says no, once")
def budget(name: str, part: str) -> str:
    """what `name` (``github:7``) may send: a hash of what we were told, zsets of what was sent,
    and the share that is left."""
    return f"{ROOT}:budget:{name}:{part}"


@kind("breakers", kept="1 day, or until a call goes well", rebuilt="not needed: begins closed")
def breaker(service: str) -> str:
    """hash: calls of a service that failed in a row, since when, and until when nobody calls."""
    return f"{ROOT}:breaker:{service}"


# Installations and projects.


@kind("items", "quotas", kept="400 days after its last use")
def reports_used(installation: int, period: str) -> str:
    """hash: ``used``, new reports of a period (``2026-11``); ``project:source`` -> refused ones."""
    return f"{ROOT}:quota:{installation}:reports:{period}"


@kind("quotas", kept="400 days after its last use", rebuilt="from the runs")
def fixes_used(installation: int, period: str) -> str:
    """set: ``project:run`` of fix runs that opened a pull request in a period (``2026-11``)."""
    return f"{ROOT}:quota:{installation}:fixes:{period}"


@kind("quotas", kept="1 day", rebuilt="not needed: counting begins anew")
def calls(who: str, kind: str, minute: str) -> str:
    """set: commands of a person (a digest of who) in a minute (``2026-11-21T10:30``)."""
    return f"{ROOT}:calls:{who}:{kind}:{minute}"


@kind("runs", kept="for ever: a few numbers", rebuilt="not needed: counting begins anew")
def verdicts() -> str:
    """hash: verdict -> fix runs that ended so, over all projects."""
    return f"{ROOT}:verdicts"


@kind("marks", kept="until it is over", rebuilt="by the clock, which tells of it again")
def alarms() -> str:
    """hash: what the operator was told of, and is not over, by name -> in which words."""
    return f"{ROOT}:alarms"


@kind("projects", rebuilt="from GitHub's list of installations, once an hour")
def projects() -> str:
    """hash: project id -> Project."""
    return f"{ROOT}:projects"


@kind("projects", rebuilt="from `sc:projects`")
def project_names() -> str:
    """hash: lower-case ``owner/repo`` -> project id."""
    return f"{ROOT}:project-names"


@kind("erasure", "projects", kept="until all of it is gone", rebuilt="by erasing again")
def erasing() -> str:
    """set: projects that are being erased; nobody writes them down meanwhile."""
    return f"{ROOT}:erasing"


@kind("erasure", kept="30 days", rebuilt="not needed, once every machine has seen it")
def erased() -> str:
    """zset: projects by the second they were erased, for the files of other machines."""
    return f"{ROOT}:erased"


@kind("vault", kept="until the door is closed", rebuilt="not at all: open the door again")
def hooks() -> str:
    """hash: hook id -> project, source, and its sealed record with the secret."""
    return f"{ROOT}:hooks"


@kind("vault", kept="10 minutes", rebuilt="not at all: it is typed again")
def handed_over(word: str) -> str:
    """string: a secret that a person typed, sealed, until the command it belongs to is obeyed."""
    return f"{ROOT}:handed-over:{word}"


@kind("format", "whole", kept="for ever: a number", rebuilt="by the next process that starts")
def format() -> str:
    """zset: the number of how all this is written, and whether a backup is being put back."""
    return f"{ROOT}:format"


@kind(
    "processes", "whole", kept="a minute after the last sign", rebuilt="by the processes that run"
)
def processes() -> str:
    """zset: a process that runs, by the second of its last sign."""
    return f"{ROOT}:processes"


@kind("seal", "whole", kept="for ever: a word a key", rebuilt="by the next machine that starts")
def vault_keys() -> str:
    """hash: digest of a vault key in use -> a word sealed with it; who cannot open all is told."""
    return f"{ROOT}:vault-keys"


@kind("health", kept="while something comes to a door, or its silence was not said")
def doors_due() -> str:
    """zset: ``project:hook`` by the second at which it is judged whether that door is silent."""
    return f"{ROOT}:doors-due"


@kind("inbox", "vault", kept="30 days (`parked`)")
def held_back(hook: str) -> str:
    """zset: rows of a generic door that wait until a person says how they are read."""
    return f"{ROOT}:held-back:{hook}"


@kind("channels", kept="until released")
def channels() -> str:
    """hash: Slack channel -> the projects spoken of there, and by whose word each is."""
    return f"{ROOT}:channels"


@kind("channels", kept=THREAD, rebuilt="from the metadata of each message")
def threads() -> str:
    """hash: Slack ``channel:ts`` -> ``project:cluster`` that message is about; 0 for several."""
    return f"{ROOT}:threads"


@kind("accounts", kept="until unlinked", rebuilt="not at all: each person links again")
def accounts() -> str:
    """hash: Slack ``team/user`` -> the GitHub account they proved to be."""
    return f"{ROOT}:accounts"


@kind("accounts", kept="10 minutes a code, 1 hour a count", rebuilt="not needed: begin anew")
def linking(what: str) -> str:
    """string: whom the code of a digest proves (``team/user``), or how often somebody tried."""
    return f"{ROOT}:linking:{what}"


@kind("setup", kept="for ever", rebuilt="by the setup page")
def setup_settings() -> str:
    """hash: a setting's name in the environment -> what the owner chose, sealed."""
    return f"{ROOT}:setup:settings"


@kind("setup", kept="for ever", rebuilt="by the setup page")
def setup_version() -> str:
    """string: counts the changes of those; the channel that tells of them."""
    return f"{ROOT}:setup:version"


@kind("setup", kept="until one is used", rebuilt="by `soulcaster setup`")
def setup_codes() -> str:
    """hash: sha256 of a code that makes an owner -> until when."""
    return f"{ROOT}:setup:codes"


@kind("setup", kept="for ever", rebuilt="by `soulcaster setup`")
def setup_owner() -> str:
    """hash: sha256 of the one owner's session -> until when."""
    return f"{ROOT}:setup:owner"


@kind("installations", kept="until uninstalled there", rebuilt="not at all: install it again")
def slack_installations() -> str:
    """hash: Slack workspace -> its sealed installation, with the token."""
    return f"{ROOT}:slack-installations"


@kind("projects", kept="until its owner decides", rebuilt="by installing again")
def onboarding(p: int) -> str:
    """string: ``reading`` or ``moved``, the pull request that asks whether we may write there."""
    return f"{ROOT}:{p}:onboarding"
