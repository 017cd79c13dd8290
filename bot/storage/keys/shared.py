"""Keys of the work to do, of installations and of places that several projects share."""

from typing import Literal

from bot.storage.schema import Kind

# fmt: off

Lane = Literal["people", "work", "history", "fixes"]  # of jobs
THREAD = "90 days (`cards`), and while its cluster is open"
inbox = Kind[[str]]("inbox:{row}", "inbox",
    "hash: one delivery that was acknowledged and has not taken effect yet.",
    kept="until heard; given up 30 days (`parked`), unread 1 (`unreadable`)",
    rebuilt="GitHub delivers again, others not")
unread = Kind[[]]("unread", "inbox",
    "hash: job that should have heard -> deliveries let go because it never could.",
    kept="for ever: a few numbers")
done = Kind[[str]]("done:{row}", "inbox",
    "string, as long as a sender may send again: this delivery has taken effect.",
    kept="8 days", rebuilt="not at all: an event is counted once by its own key, too")
todo = Kind[[str, int | str]]("todo:{lane}:{tenant}", "jobs inbox",
    "zset: a project's jobs to run, ``[\"name\", id, ...]`` by the second they are due.",
    kept="until the job has ended", rebuilt="the clock asks for what is due")
turns = Kind[[str]]("turns:{lane}", "jobs inbox",
    "zset: projects that have jobs, by the second of the last one that was taken.",
    kept="while a project has jobs", rebuilt="not needed: turns begin anew")
generations = Kind[[str]]("gen:{lane}", "jobs inbox",
    "hash: how often a job was asked for; it is done when none came in while it ran.",
    kept="until the job has ended", rebuilt="not needed: once more is no harm")
tries = Kind[[str]]("tries:{lane}", "jobs",
    "hash: failed attempts of a job.",
    kept="until the job has ended", rebuilt="not needed: counting begins anew")
parked = Kind[[str]]("parked:{lane}", "jobs",
    "hash: jobs given up after their last try, with the time and the reason.",
    kept="30 days (`parked`), or until it went well after all")
lease = Kind[[str]]("lease:{name}", "leases jobs outage whole",
    "string with a time to live: who works on this right now.",
    kept="`SOULCASTER_LEASE_SECONDS`", rebuilt="not needed: taken anew")
mark = Kind[[str]]("mark:{name}", "marks",
    "string: the moment up to which everything was read, by what is read (``deliveries``).",
    rebuilt="by reading again as far back as GitHub remembers")
polls_due = Kind[[]]("polls-due", "polls",
    "zset: ``project:subreddit`` by the second at which it is asked for next.",
    kept="until the poll is removed", rebuilt="from the polls of each project")
agents_due = Kind[[]]("agents-due", "own_agents",
    "zset: ``project:name`` of an agent of a team's own by the second at which it starts next.",
    kept="until it is off", rebuilt="by `agent enable`")
embedders = Kind[[]]("embedders", "embeddings",
    "zset: ``embedder@machine`` by the second a worker there last offered it.",
    kept="an hour after the last sign", rebuilt="by the workers that run")

# The parts of a budget, which says what each service takes from us.
BUDGET = ("told", "content", "points", "left")
budget = Kind[[str, str]]("budget:{name}:{part}", "budget",
    "what `name` (``github:7``) may send: a hash of what we were told, zsets of what was sent, "
    "and the share that is left.",
    kept="an hour after its last use", rebuilt="not needed: the service says no, once")
breaker = Kind[[str]]("breaker:{service}", "breakers",
    "hash: calls of a service that failed in a row, since when, and until when nobody calls.",
    kept="1 day, or until a call goes well", rebuilt="not needed: begins closed")

# Installations and projects.
reports_used = Kind[[int, str]]("quota:{installation}:reports:{period}", "items quotas",
    "hash: ``used``, new reports of a period (``2026-11``); ``project:source`` -> refused ones.",
    kept="400 days after its last use")
fixes_used = Kind[[int, str]]("quota:{installation}:fixes:{period}", "quotas",
    "set: ``project:run`` of fix runs that opened a pull request in a period (``2026-11``).",
    kept="400 days after its last use", rebuilt="from the runs")
calls = Kind[[str, str, str]]("calls:{who}:{kind}:{minute}", "quotas",
    "set: commands of a person (a digest of who) in a minute (``2026-11-21T10:30``).",
    kept="1 day", rebuilt="not needed: counting begins anew")
verdicts = Kind[[]]("verdicts", "runs",
    "hash: verdict -> fix runs that ended so, over all projects.",
    kept="for ever: a few numbers", rebuilt="not needed: counting begins anew")
alarms = Kind[[]]("alarms", "marks",
    "hash: what the operator was told of, and is not over, by name -> in which words.",
    kept="until it is over", rebuilt="by the clock, which tells of it again")
projects = Kind[[]]("projects", "projects",
    "hash: project id -> Project.", rebuilt="from GitHub's list of installations, once an hour")
project_names = Kind[[]]("project-names", "projects",
    "hash: lower-case ``owner/repo`` -> project id.", rebuilt="from `sc:projects`")
erasing = Kind[[]]("erasing", "erasure projects",
    "set: projects that are being erased; nobody writes them down meanwhile.",
    kept="until all of it is gone", rebuilt="by erasing again")
erased = Kind[[]]("erased", "erasure",
    "zset: projects by the second they were erased, for the files of other machines.",
    kept="30 days", rebuilt="not needed, once every machine has seen it")
hooks = Kind[[]]("hooks", "vault",
    "hash: hook id -> project, source, and its sealed record with the secret.",
    kept="until the door is closed", rebuilt="not at all: open the door again")
handed_over = Kind[[str]]("handed-over:{word}", "vault",
    "string: a secret that a person typed, sealed, until the command it belongs to is obeyed.",
    kept="10 minutes", rebuilt="not at all: it is typed again")
format = Kind[[]]("format", "format whole",
    "zset: the number of how all this is written, and whether a backup is being put back.",
    kept="for ever: a number", rebuilt="by the next process that starts")
processes = Kind[[]]("processes", "processes whole",
    "zset: a process that runs, by the second of its last sign.",
    kept="a minute after the last sign", rebuilt="by the processes that run")
vault_keys = Kind[[]]("vault-keys", "seal whole",
    "hash: digest of a vault key in use -> a word sealed with it; who cannot open all is told.",
    kept="for ever: a word a key", rebuilt="by the next machine that starts")
doors_due = Kind[[]]("doors-due", "health",
    "zset: ``project:hook`` by the second at which it is judged whether that door is silent.",
    kept="while something comes to a door, or its silence was not said")
held_back = Kind[[str]]("held-back:{hook}", "inbox vault",
    "zset: rows of a generic door that wait until a person says how they are read.",
    kept="30 days (`parked`)")
channels = Kind[[]]("channels", "channels",
    "hash: Slack channel -> the projects spoken of there, and by whose word each is.",
    kept="until released")
threads = Kind[[]]("threads", "channels",
    "hash: Slack ``channel:ts`` -> ``project:cluster`` that message is about; 0 for several.",
    kept=THREAD, rebuilt="from the metadata of each message")
accounts = Kind[[]]("accounts", "accounts",
    "hash: Slack ``team/user`` -> the GitHub account they proved to be.",
    kept="until unlinked", rebuilt="not at all: each person links again")
linking = Kind[[str]]("linking:{what}", "accounts",
    "string: whom the code of a digest proves (``team/user``), or how often somebody tried.",
    kept="10 minutes a code, 1 hour a count", rebuilt="not needed: begin anew")
setup_settings = Kind[[]]("setup:settings", "setup",
    "hash: a setting's name in the environment -> what the owner chose, sealed.",
    kept="for ever", rebuilt="by the setup page")
setup_version = Kind[[]]("setup:version", "setup",
    "string: counts the changes of those; the channel that tells of them.",
    kept="for ever", rebuilt="by the setup page")
setup_codes = Kind[[]]("setup:codes", "setup",
    "hash: sha256 of a code that makes an owner -> until when.",
    kept="until one is used", rebuilt="by `soulcaster setup`")
setup_owner = Kind[[]]("setup:owner", "setup",
    "hash: sha256 of the one owner's session -> until when.",
    kept="for ever", rebuilt="by `soulcaster setup`")
slack_installations = Kind[[]]("slack-installations", "installations",
    "hash: Slack workspace -> its sealed installation, with the token.",
    kept="until uninstalled there", rebuilt="not at all: install it again")
onboarding = Kind[[int]]("{p}:onboarding", "projects",
    "string: ``reading`` or ``moved``, the pull request that asks whether we may write there.",
    kept="until its owner decides", rebuilt="by installing again")
