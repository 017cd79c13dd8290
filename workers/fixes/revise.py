"""The next version of a fix: asked for by a review or a command, proved, pushed as one commit.

Any fixer can take an attempt up after a crash, as it does a run. **Invariant:** the branch only
moves forward, only from our own newest version, and only to what was proved."""

from typing import Any

from bot.context import Context
from bot.domain.cards.views import version as cards
from bot.domain.commands.rights import WRITERS
from bot.domain.errors import NotUnderstood, Unavailable
from bot.domain.fixes import versions
from bot.domain.fixes.run import FixRun
from bot.domain.models import Person, Place, Project, Verdict
from bot.github import people, pulls
from bot.github.app import PUBLISH, READ
from bot.jobs import enqueue
from bot.say import answer_thread, say
from workers import jobs
from workers.fixes.run import drive_and_show
from workers.fixes.steps.drive import conclude
from workers.fixes.steps.project import HandedOver, RevisionRun
from workers.fixes.steps.publish import report_proof
from workers.fixes.steps.revise import STEPS
from workers.fixes.steps.telling import show


async def ask(ctx: Context, project: Project, revision: versions.Revision) -> versions.Revision:
    """Write the attempt down and have it made; the same review or command asks once."""
    made = await ctx.versions.open(project.id, revision)
    await enqueue(ctx, jobs.revise, project.id, made.work.number, made.key)
    return made


async def require_open(ctx: Context, project: Project, run: FixRun) -> None:
    """Raises NotUnderstood when the pull request was merged or closed."""
    pull = await ctx.github.repo(project).get(f"/pulls/{run.pull_request}")
    if pull["state"] != "open":
        how = "merged" if pull.get("merged") else "closed"
        raise NotUnderstood(f"Pull request {run.pull_request} of {run.name} is {how}.")


async def handed_over(ctx: Context, project: Project, run: FixRun) -> bool:
    """Whether the branch's head is no commit of ours."""
    head = await pulls.branch_head(ctx.github.repo(project, READ), run.branch)
    return head is not None and head not in await ours(ctx, project, run)


async def ours(ctx: Context, project: Project, run: FixRun) -> set[str]:
    """The commits that we made for the branch, written down as versions or about to be."""
    made = {version.commit for version in await ctx.versions.all(project.id, run)}
    return made | {one.work.commit for one in await ctx.versions.attempts(project.id, run.number)}


async def hear_review(ctx: Context, project_id: int, pull: int, review_id: int) -> None:
    """A person's review requests changes to a pull request of ours; the whole of it is read."""
    project = await ctx.projects.find(project_id)
    run = await ctx.runs.of_pull(project_id, pull) if project else None
    if project is None or run is None:
        return
    repo = ctx.github.repo(project)
    found = await repo.get(f"/pulls/{pull}")
    review = await pulls.get_review(repo, pull, review_id)
    place, reviewer = Place(issue=pull), _reviewer(review)
    if found["state"] != "open" or reviewer is None:
        return
    if review["state"] == "APPROVED":
        if reviewer.is_same(run.requested_by, run.requester_id):
            await say(ctx, project, place, cards.own_approval_card(run, reviewer.login))
        return
    if review["state"] != "CHANGES_REQUESTED":
        return
    if await handed_over(ctx, project, run):
        await say(ctx, project, place, cards.handover_card(run))
        return
    role = await people.role(repo, reviewer)
    if role not in WRITERS:
        await say(ctx, project, place, cards.noted_card(run, review_id, reviewer.login, role))
        return
    words, remarks = await _read(ctx, project, pull, review)
    if not words and not remarks:
        return
    revision = versions.new_revision(
        run,
        key=versions.review_key(review_id),
        kind="revise",
        asker=reviewer,
        place=place,
        now=ctx.now(),
        words=words,
        remarks=remarks,
    )
    await ask(ctx, project, revision)


async def prove_again(
    ctx: Context, project: Project, run: FixRun, sha: str, asker: Person, key: str
) -> None:
    """Somebody who may write asked GitHub for a check of ours again; of what is no version, not."""
    for version in await ctx.versions.all(project.id, run):
        if version.commit == sha:
            revision = versions.new_revision(
                run,
                key=f"proof:{key}",
                kind="prove",
                asker=asker,
                place=Place(issue=run.pull_request),
                now=ctx.now(),
                restores=version.number,
            )
            await ask(ctx, project, revision.model_copy(update={"parent": sha}))


async def standing(
    ctx: Context, project: Project, run: FixRun
) -> tuple[list[str], list[versions.Remark]]:
    """What reviews ask for that was not taken up yet, of reviewers who may write now."""
    taken = {one.key for one in await ctx.versions.attempts(project.id, run.number)}
    pull = run.pull_request or 0
    words: list[str] = []
    remarks: list[versions.Remark] = []
    repo = ctx.github.repo(project)
    async for review in pulls.reviews(repo, pull):
        reviewer = _reviewer(review)
        if reviewer is None or review["state"] != "CHANGES_REQUESTED":
            continue
        if versions.review_key(review["id"]) in taken:
            continue
        if await people.role(repo, reviewer) in WRITERS:
            more = await _read(ctx, project, pull, review)
            words += more[0]
            remarks += more[1]
    return words, remarks


def _reviewer(review: Any) -> Person | None:
    """The person whose review it is; None for a bot's, or of an account that is gone."""
    user = review.get("user") or {}
    if user.get("type") != "User":
        return None
    return Person(login=str(user["login"]), user_id=int(user["id"]))


async def _read(
    ctx: Context, project: Project, pull: int, review: Any
) -> tuple[list[str], list[versions.Remark]]:
    """The review's own words, which somebody else's edit is not, less what was resolved."""
    mine = versions.review_key(review["id"])
    comments = await pulls.comments_of(ctx.github.repo(project), pull, int(review["id"]))
    ids = [int(one["id"]) for one in comments]
    wanted = [mine, *map(versions.comment_key, ids), *map(versions.resolved_key, ids)]
    foreign = await ctx.versions.disowned(project.id, wanted)
    words = [review["body"]] if (review.get("body") or "").strip() and mine not in foreign else []
    remarks = [
        versions.Remark(comment=int(one["id"]), path=str(one["path"]), words=str(one["body"]))
        for one in comments
        if foreign.isdisjoint((versions.comment_key(one["id"]), versions.resolved_key(one["id"])))
    ]
    return words, remarks


async def revise(ctx: Context, project_id: int, number: int, key: str) -> None:
    """Take an attempt from where it stands to its end; one at a time of a run."""
    project = await ctx.projects.known(project_id)
    if project is None:
        return
    async with ctx.leases.hold(f"revise:{project_id}:{number}") as token:
        if not token:
            raise Unavailable("Another version is being made.", retry_after=2)
        context = RevisionRun(ctx, project, await ctx.versions.get(project_id, number, key))
        if not context.run.ended:
            await _work(context)
        else:
            await context.kill_sandboxes()
        if await ctx.projects.find(project_id) is not None:  # else there is nobody to tell
            await _tell(context)
        await context.forget()


async def _work(context: RevisionRun) -> None:
    """Drive the attempt and write down its end. Raises Unavailable when it has to wait."""
    ended = await drive_and_show(context, STEPS, lambda: _show(context))
    if isinstance(ended, HandedOver):
        await context.revise(lambda one: one.model_copy(update={"handed_over": True}))
    await conclude(context, ended)


async def _tell(context: RevisionRun) -> None:
    """The cards, and one answer in each thread. Harmless when repeated."""
    ctx, project, revision = context.ctx, context.project, context.revision
    run = await ctx.runs.get(project.id, context.run.number)
    pull = run.pull_request or 0
    if revision.kind == "prove":  # the check run is where that is said
        verdict = revision.work.verdict or Verdict.LIMIT_REACHED
        unproved = None if revision.work.holds else verdict
        work = revision.work.model_copy(update={"unproved": unproved})
        await report_proof(ctx.github.repo(project, PUBLISH), work, revision.parent)
        return
    if revision.handed_over:
        await say(ctx, project, Place(issue=pull), cards.handover_card(run))
    else:
        repo = ctx.github.repo(project)
        for remark in revision.remarks:
            await answer_thread(repo, pull, remark.comment, cards.answer_card(revision, remark))
    await _show(context)
    await show(ctx, project, run)


async def _show(context: RevisionRun) -> None:
    if context.revision.kind == "prove":
        return
    card = cards.revision_card(context.revision, context.now())
    await say(context.ctx, context.project, context.revision.place, card)
