"""Keys of one project; ``p`` is its id, GitHub's own of the repository."""

from __future__ import annotations

from bot.storage.schema import ROOT, kind

OVER = "a year after its cluster was over (`evidence`)"


@kind(
    *("items", "clusters", "operations", "runs", "memory", "own_agents"),
    rebuilt="from the largest in use",
)
def counter(p: int, name: str) -> str:
    """string: last number given to an item, cluster, run, fact or conversation."""
    return f"{ROOT}:{p}:last:{name}"


@kind("items", "overview", rebuilt="GitHub's from its issues, alerts not at all")
def items(p: int) -> str:
    """hash: item number -> Item."""
    return f"{ROOT}:{p}:items"


@kind("items", rebuilt="from the items")
def item_keys(p: int) -> str:
    """hash: ``source:key`` -> item number; 0 for what was deleted before it was heard of."""
    return f"{ROOT}:{p}:item-keys"


@kind("items", kept="30 days")
def events(p: int) -> str:
    """zset: ``source:key:event`` of occurrences counted, by the second they came."""
    return f"{ROOT}:{p}:events"


@kind("items", rebuilt="from GitHub's issues")
def issue_states(p: int) -> str:
    """hash: item number -> second and how its issue was closed then, or ``open``."""
    return f"{ROOT}:{p}:issue-states"


@kind("items", "clusters", rebuilt="from the states of issues")
def ended(p: int, how: str) -> str:
    """set: items whose issue ended so: ``completed``, ``not planned``, ``duplicate`` ..."""
    return f"{ROOT}:{p}:ended:{how}"


@kind("items", rebuilt="not needed: by the next event")
def seen(p: int) -> str:
    """hash: item number -> second of its newest occurrence, by its source's own time."""
    return f"{ROOT}:{p}:seen"


@kind("items", rebuilt="not needed: by the next recovery")
def recovered(p: int) -> str:
    """hash: item number -> second since when its source says that the problem is over."""
    return f"{ROOT}:{p}:recovered"


@kind("items", "overview", kept="by the hour 90 days (`hours`)", rebuilt="from the events")
def occurrences(p: int, item: int) -> str:
    """hash: hour since 1970 -> occurrences, hour 0 those before what is kept by the hour;
    ``source|audience`` -> 1."""
    return f"{ROOT}:{p}:occ:{item}"


@kind("items", "clusters", kept="until it has a cluster", rebuilt="items without membership")
def waiting(p: int) -> str:
    """zset: items that no cluster has yet, by number, history last."""
    return f"{ROOT}:{p}:waiting"


@kind("items")
def noted(p: int) -> str:
    """set: ``item|label`` that no person gave or that one took off, ``item|`` that was asked for
    what its form requires."""
    return f"{ROOT}:{p}:noted"


@kind("health", "vault", kept="what came 30 days, counts 5 weeks", rebuilt="by the next that comes")
def door(p: int, hook: str, part: str | int) -> str:
    """hash: of a door, ``noted``: what came ``last`` and was ``refused`` last, and how it was read,
    sealed; of a week: what became of it, and the hour since 1970 -> how much came."""
    return f"{ROOT}:{p}:door:{hook}:{part}"


@kind("clusters", "operations", "overview")
def clusters(p: int) -> str:
    """hash: cluster number -> Cluster."""
    return f"{ROOT}:{p}:clusters"


@kind("clusters", "operations", "overview", rebuilt="from the membership")
def members(p: int, cluster: int) -> str:
    """zset: item numbers of a cluster, by number."""
    return f"{ROOT}:{p}:members:{cluster}"


# The read model: all of it is made again by `soulcaster rebuild`.


@kind("overview", rebuilt="by `soulcaster rebuild`, and where it is not there before it is read")
def overview(p: int) -> str:
    """string: version of the project's read model, once it is whole."""
    return f"{ROOT}:{p}:overview"


@kind("overview", "clusters", rebuilt="by `soulcaster rebuild`, from the clusters")
def standings(p: int) -> str:
    """hash: cluster number -> ``open|settled state severity heat occurrences``."""
    return f"{ROOT}:{p}:standings"


@kind(
    "overview",
    *("retention", "clusters"),
    kept="by the hour 90 days (`hours`)",
    rebuilt="by `soulcaster rebuild`, from the occurrences and members",
)
def tally(p: int, of: int | str) -> str:
    """hash: sum of ``occ:`` of all items of a cluster, or of all ``open`` or ``settled`` ones."""
    return f"{ROOT}:{p}:tally:{of}"


@kind("overview", rebuilt="by `soulcaster rebuild`, from the standings")
def order(p: int, name: str, sort: str) -> str:
    """zset: clusters of a state, or ``open`` or ``settled``, by severity, count or newest item."""
    return f"{ROOT}:{p}:order:{name}:{sort}"


@kind("overview", rebuilt="by `soulcaster rebuild`, from the tallies")
def reported(p: int, reports: str) -> str:
    """set: clusters with reports of a ``source|audience``."""
    return f"{ROOT}:{p}:reported:{reports}"


@kind("overview", kept="within one script", rebuilt="not needed: made for each answer")
def chosen(p: int) -> str:
    """zset: clusters of a list that have reports of a source."""
    return f"{ROOT}:{p}:chosen"


@kind("clusters", "operations", "items", "overview")
def membership(p: int) -> str:
    """hash: item number -> cluster number."""
    return f"{ROOT}:{p}:membership"


@kind(
    *("clusters", "operations", "items"),
    kept="the newest 4,096",
    rebuilt="not needed: who misses one reads the membership",
)
def placements(p: int) -> str:
    """stream: item number -> its cluster, for every placement and every move since; 0: it reads
    otherwise."""
    return f"{ROOT}:{p}:placements"


@kind("operations", rebuilt="from the operations")
def pairs(p: int, kind: str) -> str:
    """set: ``a,b`` item pairs people linked; ``kind`` is ``must`` or ``cannot``."""
    return f"{ROOT}:{p}:pairs:{kind}"


@kind("operations", "clusters")
def operations(p: int) -> str:
    """list: corrections people made (merge, split, move, undo ...), oldest first."""
    return f"{ROOT}:{p}:operations"


@kind("cluster_jobs", kept="the newest 20")
def cluster_jobs(p: int) -> str:
    """hash: number -> ClusterJob, everything clustered again or what that would change."""
    return f"{ROOT}:{p}:cluster-jobs"


@kind("operations", kept="1 day", rebuilt="not needed: ask for the preview again")
def preview(p: int, name: str) -> str:
    """string, 1 day: checksum of the preview shown last, by place and sentence."""
    return f"{ROOT}:{p}:preview:{name}"


@kind("clusters", "items", "overview", kept=OVER, rebuilt="by clustering again")
def evidence(p: int) -> str:
    """hash: item number -> why it went where it went."""
    return f"{ROOT}:{p}:evidence"


@kind("clusters", "overview", kept="the likeliest 20,000", rebuilt="by `soulcaster rebuild`")
def alike(p: int) -> str:
    """zset: ``a,b`` item pairs that may be one problem, the later first, by the chance of it."""
    return f"{ROOT}:{p}:alike"


@kind("embeddings", rebuilt="from the vectors that are there")
def embeddings(p: int) -> str:
    """hash: embedder id -> how many of the items have a vector of it."""
    return f"{ROOT}:{p}:embeddings"


@kind("embeddings", rebuilt="by the next worker that clusters")
def embedder(p: int) -> str:
    """string: id of the embedder that all workers agree on."""
    return f"{ROOT}:{p}:embedder"


@kind("vectors", rebuilt="by embedding again")
def vectors(p: int | str, embedder: str) -> str:
    """hash: item number -> its vector, deflated, sealed as words are; with `REDIS_URL`."""
    return f"{ROOT}:{p}:vectors:{embedder}"


@kind("answers", "clusters", "items", kept="until it was asked")
def to_ask(p: int, kind: str) -> str:
    """zset: reports (``judge``) or clusters (``summary``) to ask the language model about."""
    return f"{ROOT}:{p}:to-ask:{kind}"


@kind(
    *("answers", "items"),
    kept=f"judgements {OVER}, a summary a cluster",
    rebuilt="by asking again",
)
def answers(p: int, kind: str) -> str:
    """hash: report or cluster number -> what the language model answered, or why it did not."""
    return f"{ROOT}:{p}:answers:{kind}"


@kind("answers", rebuilt="not needed: the day's budget begins anew", kept="100 days")
def asked(p: int, kind: str, day: str) -> str:
    """set: questions put to the language model on a day (``2026-11-21``)."""
    return f"{ROOT}:{p}:asked:{kind}:{day}"


@kind("cards", kept="90 days (`cards`)", rebuilt="from the marker of each card, where it stands")
def cards(p: int) -> str:
    """hash: ``place|card key`` -> where that card stands and a checksum of what it says."""
    return f"{ROOT}:{p}:cards"


@kind("cards")
def forgotten_cards(p: int) -> str:
    """zset: ``gh`` or a channel, by the last issue or second of which a card may be unknown."""
    return f"{ROOT}:{p}:forgotten-cards"


@kind("projects", rebuilt="from the file, once it is right")
def config(p: int) -> str:
    """string: what `.github/soulcaster.yml` decided when it could be read last."""
    return f"{ROOT}:{p}:config"


@kind("projects")
def choice(p: int) -> str:
    """hash: the ``way`` of clustering that was chosen, ``by`` whom, whether what each would have
    done was ``told``; what the history held when we ``looked``, in numbers."""
    return f"{ROOT}:{p}:choice"


@kind("tokens", kept="until revoked", rebuilt="not at all: make a new one")
def tokens(p: int) -> str:
    """hash: SHA-256 of a token of the API -> Token; ``used ID`` -> second of its last use."""
    return f"{ROOT}:{p}:tokens"


@kind("channels")
def wanted_channels(p: int) -> str:
    """hash: Slack channel -> how it stands with the project: offered, bound, taken ..."""
    return f"{ROOT}:{p}:wanted-channels"


@kind("commands", kept="90 days (`commands`)")
def commands(p: int) -> str:
    """hash: command id -> what was said, by whom, and how it ended."""
    return f"{ROOT}:{p}:commands"


@kind("commands", kept="until the command has ended", rebuilt="from the commands")
def heard(p: int) -> str:
    """zset: commands that have not ended, by the second they were heard."""
    return f"{ROOT}:{p}:heard"


@kind("commands", kept="until the command is answered", rebuilt="from the commands")
def queue(p: int, place: str) -> str:
    """zset: commands of one issue, pull request or thread, as ``when|comment|line|id``, by name."""
    return f"{ROOT}:{p}:queue:{place}"


@kind("stories", rebuilt="not needed: each begins anew in silence")
def stories(p: int) -> str:
    """hash: cluster number -> Story, how it was looked at last and which channel heard of it."""
    return f"{ROOT}:{p}:stories"


@kind("stories", kept="30 days, and the newest 5,000")
def happened(p: int) -> str:
    """zset: what happened to clusters, as Event, by the second."""
    return f"{ROOT}:{p}:happened"


@kind("stories")
def notify(p: int) -> str:
    """hash: Slack channel -> the rule of what it hears of at once, or ``off``."""
    return f"{ROOT}:{p}:notify"


@kind("stories", kept="until it is said")
def held(p: int) -> str:
    """zset: ``channel|cluster`` or ``job|id`` that is held back, by the second."""
    return f"{ROOT}:{p}:held"


@kind("stories")
def paused(p: int) -> str:
    """hash: ``fixes`` or ``posts`` -> Pause, the one that is or was last."""
    return f"{ROOT}:{p}:paused"


@kind("digests", rebuilt="from the issue's marker")
def tracking(p: int) -> str:
    """string: number of the project's tracking issue."""
    return f"{ROOT}:{p}:tracking"


@kind("digests", rebuilt="by `track`, which finds the issue's marker")
def tracked(p: int) -> str:
    """hash: cluster number -> the issue that a part is kept of for it."""
    return f"{ROOT}:{p}:tracked"


@kind("digests")
def digests(p: int) -> str:
    """hash: ``schedule``, who set it (``by``), what is in it (``only``), the second of the
    ``last`` digest, its ``slot``, and the second it tells of things ``since``."""
    return f"{ROOT}:{p}:digest"


@kind("retention", kept="while what is old is let go", rebuilt="not needed: it begins anew")
def sweep(p: int) -> str:
    """string: ``[step, cursor]``, how far that is; of project 0 for what all share."""
    return f"{ROOT}:{p}:sweep"
