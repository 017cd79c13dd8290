"""Keys of one project; ``p`` is its id, GitHub's own of the repository."""

from bot.storage.schema import Kind

# fmt: off

# Fixes.

steering = Kind[[int, int]]("{p}:steering:{cluster}", "plans",
    "list: what people said about how this problem should be fixed.")
plan_versions = Kind[[int, int]]("{p}:plan-versions:{cluster}", "plans",
    "list: checksums of the reports and words that each version of the plan is written from.")
plans = Kind[[int, int]]("{p}:plans:{cluster}", "plans",
    "hash: ``v2:checksum`` -> Plan as it was written; ``approved`` -> the Plan fixes go by.",
    rebuilt="by planning again")
writings = Kind[[int, str]]("{p}:writings:{of}", "plans memory",
    "hash: ``3:team`` -> Writing, a version of ``plan:12`` or ``profile`` for its readers.",
    kept="the newest 20 versions", rebuilt="not at all")
runs = Kind[[int]]("{p}:runs", "runs", "hash: fix run number -> FixRun.")
run_keys = Kind[[int]]("{p}:run-keys", "runs",
    "hash: command id -> fix run number, so that a repeated command finds its run.",
    kept="as long as its command", rebuilt="from the runs")
run_pulls = Kind[[int]]("{p}:run-pulls", "runs",
    "hash: pull request -> fix run number, so that a run is found by it.", rebuilt="from the runs")
cluster_runs = Kind[[int]]("{p}:cluster-runs", "runs",
    "hash: cluster number -> its fix runs, oldest first: ``3,7``.",
    rebuilt="by `soulcaster rebuild`, from the runs")
active_runs = Kind[[int]]("{p}:active-runs", "runs",
    "hash: cluster number -> its one fix run that has not ended.",
    kept="until the run has ended", rebuilt="by `soulcaster rebuild`, from the runs")
run_notes = Kind[[int, int]]("{p}:run:{run}:notes", "runs",
    "list: steering notes and log lines of a run are apart; these are the notes.", kept="30 days")
run_log = Kind[[int, int]]("{p}:run:{run}:log", "runs",
    "list: redacted log lines of a run, the newest 500.", kept="30 days (`logs`)")
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

# What is read from before, and what we ask for.

imports = Kind[[int]]("{p}:imports", "imports",
    "hash: the fields of the project's Import, how far GitHub's issues have been read.",
    rebuilt="by reading all again")
file_imports = Kind[[int]]("{p}:file-imports", "file_imports",
    "hash: number -> FileImport, how far a file was read and what it brought.")
brought = Kind[[int, int | str]]("{p}:brought:{number}", "file_imports",
    "set: numbers of the items that an import brought; of ``NUMBER:clusters`` that are gone "
    "through, those that they were in.", kept="until the import is taken back")
blob = Kind[[int, str]]("{p}:blob:{name}", "blobs",
    "hash: ``size``, and number of a piece of 256 KiB -> that, deflated, sealed as words are; or, "
    "while pieces lie in a bucket, the ``key`` that seals them, itself sealed as words are.",
    kept="an import's until it is read, at most 7 days; a shelf's until it is removed")
polls = Kind[[int]]("{p}:polls", "polls",
    "hash: subreddit -> Poll, what is asked for by ourselves.")

# What is known, and asked of models.

facts = Kind[[int]]("{p}:facts", "memory",
    "hash: number -> Fact.",
    kept="until forgotten, expired, or its source says otherwise; the newest 1,000")
conversations = Kind[[int]]("{p}:conversations", "memory",
    "hash: number -> Conversation, what somebody asked.", kept="the newest 200")
profile = Kind[[int]]("{p}:profile", "memory",
    "string: Profile, what the project is in five sections.", rebuilt="by `profile refresh`")
own_keys = Kind[[int]]("{p}:own-keys", "own_keys",
    "hash: vendor -> project, vendor, and its sealed key of a language model.",
    kept="until it is removed", rebuilt="not at all: it is typed again")
spent = Kind[[int, str]]("{p}:spent:{month}", "spending",
    "hash: ``of|what`` -> millionths of a dollar, tokens, tokens without a price in a month "
    "(``2026-11``); of all of it, a run, a model.",
    kept="400 days", rebuilt="not at all: only vendors know it, too")
files = Kind[[int]]("{p}:files", "shelf",
    "hash: digest of its content -> ShelfFile, its bytes and text are blobs; ``shelves`` -> "
    "Shelves, their names.", kept="until removed; at most 200 files and 200 MB")

# Reports, clusters, what is said of them.

OVER = "a year after its cluster was over (`evidence`)"
counter = Kind[[int, str]]("{p}:last:{name}", "items clusters operations runs memory own_agents",
    "string: last number given to an item, cluster, run, fact or conversation.",
    rebuilt="from the largest in use")
items = Kind[[int]]("{p}:items", "items overview",
    "hash: item number -> Item.", rebuilt="GitHub's from its issues, alerts not at all")
item_keys = Kind[[int]]("{p}:item-keys", "items",
    "hash: ``source:key`` -> item number; 0 for what was deleted before it was heard of.",
    rebuilt="from the items")
events = Kind[[int]]("{p}:events", "items",
    "zset: ``source:key:event`` of occurrences counted, by the second they came.", kept="30 days")
issue_states = Kind[[int]]("{p}:issue-states", "items",
    "hash: item number -> second and how its issue was closed then, or ``open``.",
    rebuilt="from GitHub's issues")
ended = Kind[[int, str]]("{p}:ended:{how}", "items clusters",
    "set: items whose issue ended so: ``completed``, ``not planned``, ``duplicate`` ...",
    rebuilt="from the states of issues")
seen = Kind[[int]]("{p}:seen", "items",
    "hash: item number -> second of its newest occurrence, by its source's own time.",
    rebuilt="not needed: by the next event")
recovered = Kind[[int]]("{p}:recovered", "items",
    "hash: item number -> second since when its source says that the problem is over.",
    rebuilt="not needed: by the next recovery")
occurrences = Kind[[int, int]]("{p}:occ:{item}", "items overview",
    "hash: hour since 1970 -> occurrences, hour 0 those before what is kept by the hour; "
    "``source|audience`` -> 1.", kept="by the hour 90 days (`hours`)", rebuilt="from the events")
waiting = Kind[[int]]("{p}:waiting", "items clusters",
    "zset: items that no cluster has yet, by number, history last.",
    kept="until it has a cluster", rebuilt="items without membership")
noted = Kind[[int]]("{p}:noted", "items",
    "set: ``item|label`` that no person gave or that one took off, ``item|`` that was asked for "
    "what its form requires.")
door = Kind[[int, str, str | int]]("{p}:door:{hook}:{part}", "health vault",
    "hash: of a door, ``noted``: what came ``last`` and was ``refused`` last, and how it was "
    "read, sealed; of a week: what became of it, and the hour since 1970 -> how much came.",
    kept="what came 30 days, counts 5 weeks", rebuilt="by the next that comes")
clusters = Kind[[int]]("{p}:clusters", "clusters operations overview",
    "hash: cluster number -> Cluster.")
members = Kind[[int, int]]("{p}:members:{cluster}", "clusters operations overview",
    "zset: item numbers of a cluster, by number.", rebuilt="from the membership")

# The read model: all of it is made again by `soulcaster rebuild`.
overview = Kind[[int]]("{p}:overview", "overview",
    "string: version of the project's read model, once it is whole.",
    rebuilt="by `soulcaster rebuild`, and where it is not there before it is read")
standings = Kind[[int]]("{p}:standings", "overview clusters",
    "hash: cluster number -> ``open|settled state severity heat occurrences``.",
    rebuilt="by `soulcaster rebuild`, from the clusters")
tally = Kind[[int, int | str]]("{p}:tally:{of}", "overview retention clusters",
    "hash: sum of ``occ:`` of all items of a cluster, or of all ``open`` or ``settled`` ones.",
    kept="by the hour 90 days (`hours`)",
    rebuilt="by `soulcaster rebuild`, from the occurrences and members")
order = Kind[[int, str, str]]("{p}:order:{name}:{sort}", "overview",
    "zset: clusters of a state, or ``open`` or ``settled``, by severity, count or newest item.",
    rebuilt="by `soulcaster rebuild`, from the standings")
reported = Kind[[int, str]]("{p}:reported:{reports}", "overview",
    "set: clusters with reports of a ``source|audience``.",
    rebuilt="by `soulcaster rebuild`, from the tallies")
chosen = Kind[[int]]("{p}:chosen", "overview",
    "zset: clusters of a list that have reports of a source.",
    kept="within one script", rebuilt="not needed: made for each answer")
membership = Kind[[int]]("{p}:membership", "clusters operations items overview",
    "hash: item number -> cluster number.")
placements = Kind[[int]]("{p}:placements", "clusters operations items",
    "stream: item number -> its cluster, for every placement and every move since; 0: it reads "
    "otherwise.",
    kept="the newest 4,096", rebuilt="not needed: who misses one reads the membership")
pairs = Kind[[int, str]]("{p}:pairs:{kind}", "operations",
    "set: ``a,b`` item pairs people linked; ``kind`` is ``must`` or ``cannot``.",
    rebuilt="from the operations")
operations = Kind[[int]]("{p}:operations", "operations clusters",
    "list: corrections people made (merge, split, move, undo ...), oldest first.")
cluster_jobs = Kind[[int]]("{p}:cluster-jobs", "cluster_jobs",
    "hash: number -> ClusterJob, everything clustered again or what that would change.",
    kept="the newest 20")
preview = Kind[[int, str]]("{p}:preview:{name}", "operations",
    "string, 1 day: checksum of the preview shown last, by place and sentence.",
    kept="1 day", rebuilt="not needed: ask for the preview again")
evidence = Kind[[int]]("{p}:evidence", "clusters items overview",
    "hash: item number -> why it went where it went.", kept=OVER, rebuilt="by clustering again")
alike = Kind[[int]]("{p}:alike", "clusters overview",
    "zset: ``a,b`` item pairs that may be one problem, the later first, by the chance of it.",
    kept="the likeliest 20,000", rebuilt="by `soulcaster rebuild`")
embeddings = Kind[[int]]("{p}:embeddings", "embeddings",
    "hash: embedder id -> how many of the items have a vector of it.",
    rebuilt="from the vectors that are there")
embedder = Kind[[int]]("{p}:embedder", "embeddings",
    "string: id of the embedder that all workers agree on.",
    rebuilt="by the next worker that clusters")
vectors = Kind[[int | str, str]]("{p}:vectors:{embedder}", "vectors",
    "hash: item number -> its vector, deflated, sealed as words are; with `REDIS_URL`.",
    rebuilt="by embedding again")
to_ask = Kind[[int, str]]("{p}:to-ask:{kind}", "answers clusters items",
    "zset: reports (``judge``) or clusters (``summary``) to ask the language model about.",
    kept="until it was asked")
answers = Kind[[int, str]]("{p}:answers:{kind}", "answers items",
    "hash: report or cluster number -> what the language model answered, or why it did not.",
    kept=f"judgements {OVER}, a summary a cluster", rebuilt="by asking again")
asked = Kind[[int, str, str]]("{p}:asked:{kind}:{day}", "answers",
    "set: questions put to the language model on a day (``2026-11-21``).",
    kept="100 days", rebuilt="not needed: the day's budget begins anew")
cards = Kind[[int]]("{p}:cards", "cards",
    "hash: ``place|card key`` -> where that card stands and a checksum of what it says.",
    kept="90 days (`cards`)", rebuilt="from the marker of each card, where it stands")
forgotten_cards = Kind[[int]]("{p}:forgotten-cards", "cards",
    "zset: ``gh`` or a channel, by the last issue or second of which a card may be unknown.")
config = Kind[[int]]("{p}:config", "projects",
    "string: what `.github/soulcaster.yml` decided when it could be read last.",
    rebuilt="from the file, once it is right")
choice = Kind[[int]]("{p}:choice", "projects",
    "hash: the ``way`` of clustering that was chosen, ``by`` whom, whether what each would have "
    "done was ``told``; what the history held when we ``looked``, in numbers.")
tokens = Kind[[int]]("{p}:tokens", "tokens",
    "hash: SHA-256 of a token of the API -> Token; ``used ID`` -> second of its last use.",
    kept="until revoked", rebuilt="not at all: make a new one")
wanted_channels = Kind[[int]]("{p}:wanted-channels", "channels",
    "hash: Slack channel -> how it stands with the project: offered, bound, taken ...")
commands = Kind[[int]]("{p}:commands", "commands",
    "hash: command id -> what was said, by whom, and how it ended.", kept="90 days (`commands`)")
heard = Kind[[int]]("{p}:heard", "commands",
    "zset: commands that have not ended, by the second they were heard.",
    kept="until the command has ended", rebuilt="from the commands")
queue = Kind[[int, str]]("{p}:queue:{place}", "commands",
    "zset: commands of one issue, pull request or thread, as ``when|comment|line|id``, by name.",
    kept="until the command is answered", rebuilt="from the commands")
stories = Kind[[int]]("{p}:stories", "stories",
    "hash: cluster number -> Story, how it was looked at last and which channel heard of it.",
    rebuilt="not needed: each begins anew in silence")
happened = Kind[[int]]("{p}:happened", "stories",
    "zset: what happened to clusters, as Event, by the second.",
    kept="30 days, and the newest 5,000")
notify = Kind[[int]]("{p}:notify", "stories",
    "hash: Slack channel -> the rule of what it hears of at once, or ``off``.")
held = Kind[[int]]("{p}:held", "stories",
    "zset: ``channel|cluster`` or ``job|id`` that is held back, by the second.",
    kept="until it is said")
paused = Kind[[int]]("{p}:paused", "stories",
    "hash: ``fixes`` or ``posts`` -> Pause, the one that is or was last.")
tracking = Kind[[int]]("{p}:tracking", "digests",
    "string: number of the project's tracking issue.", rebuilt="from the issue's marker")
tracked = Kind[[int]]("{p}:tracked", "digests",
    "hash: cluster number -> the issue that a part is kept of for it.",
    rebuilt="by `track`, which finds the issue's marker")
digests = Kind[[int]]("{p}:digest", "digests",
    "hash: ``schedule``, who set it (``by``), what is in it (``only``), the second of the "
    "``last`` digest, its ``slot``, and the second it tells of things ``since``.")
sweep = Kind[[int]]("{p}:sweep", "retention",
    "string: ``[step, cursor]``, how far that is; of project 0 for what all share.",
    kept="while what is old is let go", rebuilt="not needed: it begins anew")
