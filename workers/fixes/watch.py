"""A pull request of ours as it stands on GitHub: events say when to look, never what is there. The
cluster follows it, and is watched once it is merged."""

from datetime import datetime, timedelta
from typing import Any

from bot.context import Context
from bot.domain.cards.views.cluster import watch_card
from bot.domain.cards.views.run import checks_card
from bot.domain.cards.views.version import handover_card
from bot.domain.clusters.watch import judged
from bot.domain.errors import Unavailable
from bot.domain.fixes.run import Failing, FixRun, OnGitHub
from bot.domain.models import Cluster, ClusterState, Place, Project, Watch
from bot.github import checks, pulls, releases
from bot.github.app import ACTIONS, CHECKS, READ
from bot.jobs import enqueue
from bot.say import say
from bot.sources import INCIDENTS, github_issue
from workers import jobs
from workers.clusters.views import cluster_view, refresh_soon
from workers.fixes.revise import ours
from workers.fixes.steps.telling import show
from workers.memory.retrieve import learn

WATCH = timedelta(days=3)
# A project that released so lately makes releases; the next one is awaited as long.
RELEASES = timedelta(days=60)
MOST = 20
_MOST_WATCHED = 200


async def follow_pull(ctx: Context, project_id: int, number: int) -> None:
    """A pull request was merged, closed or reopened: one of ours, or one that closes issues."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    run = await ctx.runs.of_pull(project_id, number)
    pull = await ctx.github.repo(project).get(f"/pulls/{number}")
    clusters = [run.cluster] if run else []
    if pull.get("merged"):
        clusters = clusters or await _closed_by(ctx, project, pull)
        for cluster in clusters:
            await begin(ctx, project, cluster, pull)
        if run is not None:
            await learn(ctx, project, run, pull)
    elif run is not None:
        state = ClusterState.PR_OPENED if pull["state"] == "open" else ClusterState.TRIAGED
        await ctx.clusters.change(project_id, run.cluster, state=state, updated_at=ctx.now())
    await refresh_soon(ctx, project_id, *clusters)


async def _closed_by(ctx: Context, project: Project, pull: Any) -> list[int]:
    """Clusters of the issues that a person's pull request says it fixes."""
    if pull["user"]["type"] == "Bot" or pull["base"]["ref"] != project.default_branch:
        return []
    named = pulls.closed_by(pull["body"] or "", project.full_name)[:MOST]
    found = [
        await ctx.items.by_key(project.id, github_issue.NAME, github_issue.key(n)) for n in named
    ]
    items = await ctx.items.many(project.id, filter(None, found))
    return sorted({item.cluster for item in items if item.cluster})


async def begin(ctx: Context, project: Project, cluster: int, pull: Any) -> None:
    """Once a merge, and anew with the first release that has it: what came of it stays, however
    often it is told of."""
    new = await _times(ctx, project, pull)

    def begun(record: Cluster) -> dict[str, Any]:
        if (old := record.watch) and old.pull == new.pull:
            waits = record.state is ClusterState.WATCHING and not old.release
            if not (waits and new.release):
                return {}
        return {"state": ClusterState.WATCHING, "watch": new, "updated_at": ctx.now()}

    cluster = (await ctx.clusters.get(project.id, cluster)).number
    await ctx.clusters.update(project.id, cluster, begun)
    left = (new.until - ctx.now()).total_seconds()
    await enqueue(ctx, jobs.judge_watch, project.id, cluster, delay=max(left, 0))


async def _times(ctx: Context, project: Project, pull: Any) -> Watch:
    """Of the watch of a merge: from the first release that has it, or awaiting one; from the merge
    itself where the project makes none."""
    repo, merged = ctx.github.repo(project, READ), datetime.fromisoformat(pull["merged_at"])
    made = [one for one in await releases.published(repo) if one[0] > merged - RELEASES]
    number, until = pull["number"], merged + (RELEASES if made else WATCH)
    for at, tag in made:
        if at >= merged and await releases.contains(repo, tag, pull["merge_commit_sha"]):
            return Watch(pull=number, since=at, until=at + WATCH, release=tag)
    return Watch(pull=number, since=merged, until=until, release="" if made else None)


async def hear_release(ctx: Context, project_id: int) -> None:
    """A release came out: what is watched and in no other is watched from it on."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    found, _ = await ctx.overview.page(project_id, ClusterState.WATCHING, most=_MOST_WATCHED)
    for record in (await ctx.clusters.records(project_id, found)).values():
        if (watch := record.watch) and not watch.release:
            pull = await ctx.github.repo(project).get(f"/pulls/{watch.pull}")
            await begin(ctx, project, record.number, pull)
    await refresh_soon(ctx, project_id)


async def judge_watch(ctx: Context, project_id: int, cluster: int) -> None:
    """The watch is over: still there means regressed, all else resolved."""
    record = await ctx.clusters.get(project_id, cluster)
    if record.state is not ClusterState.WATCHING or record.watch is None:
        await enqueue(ctx, jobs.tell_watch, project_id, record.number)
        return
    if (left := (record.watch.until - ctx.now()).total_seconds()) > 0:
        raise Unavailable(f"{record.name} is watched until then.", retry_after=left)
    timed = record.watch
    if timed.release == "":  # none came: it is judged by the merge
        timed = timed.model_copy(update={"release": None, "until": timed.since + WATCH})
    seen = await ctx.overview.by_source(project_id, record.number)
    items = await ctx.items.many(project_id, await ctx.clusters.sample(project_id, record.number))
    since, living = timed.since, [item for item in items if not item.gone]
    watch = judged(
        timed,
        {source: tally.hours for source, tally in seen.items()},
        over={i.source for i in living if i.recovered_at and i.recovered_at > since},
        still_open=any(i.source in INCIDENTS and not i.recovered_at for i in living),
    )
    there = watch.verdict == "still there"
    await ctx.clusters.change(
        project_id,
        record.number,
        state=ClusterState.REGRESSED if there else ClusterState.RESOLVED,
        watch=watch,
        seen_when_resolved=None if there else sum(tally.total for tally in seen.values()),
        updated_at=ctx.now(),
    )
    await refresh_soon(ctx, project_id, record.number)
    await enqueue(ctx, jobs.tell_watch, project_id, record.number)


async def tell_watch(ctx: Context, project_id: int, cluster: int) -> None:
    """Say on the pull request what became of the problem after it was merged."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    readers = project.github_readers
    view = await cluster_view(ctx, project, cluster, readers=readers)
    if watch := view.cluster.watch:
        await say(ctx, project, Place(issue=watch.pull), watch_card(view))


_MOST = 5


async def look_at_pull(ctx: Context, project_id: int, number: int) -> None:
    """While it is open: say whose the branch is, whether it is a draft, and which checks fail."""
    project = await ctx.projects.find(project_id)
    run = await ctx.runs.get(project_id, number)
    if project is None or run.pull_request is None:
        return
    pull = await ctx.github.repo(project).get(f"/pulls/{run.pull_request}")
    if pull["state"] != "open":
        return
    head = str(pull["head"]["sha"])
    theirs = await _theirs(ctx, project, run, head)
    found, actions = await _checks(ctx, project, head), ctx.github.repo(project, ACTIONS)
    failing = []
    for one in _failed(found):
        url, step = one["details_url"] or one["html_url"], await checks.failing_step(actions, one)
        failing.append(Failing(name=str(one["name"]), url=str(url), step=step))
    done = all(one["status"] == "completed" for one in found)
    new = {"head": head, "draft": bool(pull["draft"]), "theirs": theirs, "failing": tuple(failing)}

    def see(record: FixRun) -> FixRun:
        before = record.seen or OnGitHub()
        state = "failing" if failing else before.checks and ("passing" if done else "running")
        seen = before.model_copy(update={**new, "checks": state})
        return record.model_copy(update={"seen": seen})

    run = await ctx.runs.update(project_id, number, see)
    place = Place(issue=run.pull_request)
    if theirs:
        await say(ctx, project, place, handover_card(run))
    if run.seen and run.seen.checks:
        await say(ctx, project, place, checks_card(run))
    await show(ctx, project, run)


async def _theirs(ctx: Context, project: Project, run: FixRun, head: str) -> str:
    """Who made the newest commit, where it is none of ours."""
    if head in await ours(ctx, project, run):
        return ""
    commit = await ctx.github.repo(project, READ).get(f"/commits/{head}")
    return str((commit["author"] or {}).get("login") or commit["commit"]["author"]["name"])


async def _checks(ctx: Context, project: Project, sha: str) -> list[Any]:
    repo = ctx.github.repo(project, CHECKS)
    return await checks.of_others(repo, sha, ctx.settings.github_app_id)


def _failed(found: list[Any]) -> list[Any]:
    return [one for one in found if one["conclusion"] in checks.FAILED][:_MOST]


async def take_up(ctx: Context, project: Project, run: FixRun, key: str) -> str:
    """What the checks say that fail on our newest version, as data for the attempt ``key``; ""
    where another one took it up already."""
    if not run.offers_checks(key):
        return ""
    found, actions = await _checks(ctx, project, run.commit), ctx.github.repo(project, ACTIONS)
    said = [f"{one['name']}:\n{await checks.log_of(actions, one)}" for one in _failed(found)]

    def taken(record: FixRun) -> FixRun:
        seen = (record.seen or OnGitHub()).model_copy(update={"taken": f"{run.commit} {key}"})
        return record.model_copy(update={"seen": seen})

    await show(ctx, project, await ctx.runs.update(project.id, run.number, taken))
    return "\n\n".join(said)
