"""Ask people whether a report is the same as another, once, where the report stands."""

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Card
from bot.domain.cards.views.suggestion import Settled, suggestion_card, suggestion_key
from bot.domain.cards.views.why import Compared
from bot.domain.clusters.engine import calibration_for
from bot.domain.clusters.evidence import Because
from bot.domain.errors import Rejected
from bot.domain.models import Item, Place, Project
from bot.jobs import enqueue
from bot.log import log
from bot.say import say
from bot.sources import github_issue
from workers import jobs
from workers.clusters import evidence, explain
from workers.clusters.holding import held_back

SHOWN = 3
LIKELY = 0.5  # on an issue we speak unasked only when it is likelier than not, or a model says so


async def pending(ctx: Context, project: int, item: Item) -> list[Compared]:
    """Candidates of an item that nobody has answered for yet, one a cluster, best first. The
    language model's no is an answer; its yes is a reason to ask where it could not join."""
    stored = await ctx.clusters.evidence(project, item.number)
    because = Because.read(stored) if stored else None
    if because is None or because.action == "join":
        return []
    links = await ctx.operations.links(project)
    if len(links.together(item.number)) > 1:
        return []
    judged = await explain.judged(ctx, project, item.number)
    yes = {pair.other for pair in judged.of("same")} if judged else set()
    no = {pair.other for pair in judged.of("different")} if judged else set()
    if any(other.cluster == item.cluster for other in await ctx.items.many(project, sorted(yes))):
        return []  # the model's yes was acted on
    kind = evidence.report_of(item).kind
    embedder = await ctx.embeddings.agreed(project) or ctx.embedder.id
    calibration, likely = calibration_for(embedder), because.action == "suggest"
    near = [
        each
        for each in because.candidates
        if each.item in yes
        or (
            likely
            and each.score >= calibration.joining(kind, mixed=each.mixed).suggest
            and each.item not in no
        )
    ]
    apart = links.apart(item.number)
    answered = {i.cluster for i in await ctx.items.many(project, sorted(apart))}
    chosen: dict[int, Compared] = {}
    for each in await explain.compare(ctx, project, item, near):
        cluster = each.item.cluster
        if cluster is None or cluster == item.cluster or cluster in answered:
            continue
        chosen.setdefault(cluster, each)
    return list(chosen.values())[:SHOWN]


async def card(ctx: Context, project: Project, item: Item, *, readers: Audience) -> Card | None:
    """The question with the answers it was given; None when there never was one."""
    open_ = await pending(ctx, project.id, item)
    # What they may not read is not even hinted at, unasked.
    open_ = [each for each in open_ if may_read(readers, each.item.audience)]
    settled = await _settled(ctx, project.id, item)
    if not open_ and not settled:
        return None
    return suggestion_card(item, open_, settled, readers=readers)


async def suggest_on_issue(ctx: Context, project_id: int, number: int) -> None:
    """Say it on the item's issue when it is likely, but on none of before the app came unasked;
    bring what was said up to date."""
    project = await ctx.projects.find(project_id)
    if project is None:
        return
    item = await ctx.items.get(project_id, number)
    place = place_of(item)
    if place is None or item.gone:
        return
    readers = project.github_readers
    if not await stands(ctx, project_id, item):
        if await ctx.items.standing(project_id, number) != "open":
            return
        open_ = await pending(ctx, project_id, item)
        if item.history or not any(
            _likely(each) and may_read(readers, each.item.audience) for each in open_
        ):
            return
        # Quiet hours are Slack's alone.
        if await held_back(ctx, project, jobs.suggest_on_issue.name, number, "S1"):
            return
    said = await card(ctx, project, item, readers=readers)
    if said is None:
        return
    try:
        await say(ctx, project, place, said)
    except Rejected as error:
        log.info("could not ask on the issue", item=item.name, why=str(error))


def _likely(each: Compared) -> bool:
    same = each.judgement is not None and each.judgement.verdict == "same"
    return same or each.near.score >= LIKELY


def place_of(item: Item) -> Place | None:
    """The issue that a report is; None for any other."""
    number = item.key.removeprefix(github_issue.key(0)[:-1])
    if item.source != github_issue.NAME or not number.isdigit():
        return None
    return Place(issue=int(number))


async def stands(ctx: Context, project: int, item: Item) -> bool:
    """Whether the question was put on the item's issue."""
    place = place_of(item)
    if place is None:
        return False
    standing = await ctx.cards.get(project, place.name, suggestion_key(item))
    return standing is not None and standing.id != ""


async def refresh_soon(ctx: Context, project: int, number: int) -> None:
    """The question on the item's issue, where there is one, has an answer or is open again."""
    for item in await ctx.items.many(project, [number]):
        if await stands(ctx, project, item):
            await enqueue(ctx, jobs.suggest_on_issue, project, number)


async def _settled(ctx: Context, project: int, item: Item) -> list[Settled]:
    """Answers about the item's candidates that are in force."""
    found: dict[int, Settled] = {}
    for entry in explain.corrections_of(await ctx.operations.log(project), item.number):
        operation = entry.operation
        for alike, links in ((True, operation.must_added), (False, operation.cannot_added)):
            for link in links:
                if item.number not in link:
                    continue
                other = link[0] if link[1] == item.number else link[1]
                (there,) = await ctx.items.many(project, [other])
                found[other] = Settled(
                    alike, other, there.cluster or 0, operation.by, operation.number
                )
    return list(found.values())
