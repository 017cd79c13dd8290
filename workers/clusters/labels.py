"""Labels of issues: what people would give, and what the project's file has written there."""

from collections.abc import Sequence

from bot.context import Context
from bot.domain.audience import Audience, may_read
from bot.domain.clusters import labels as meant
from bot.domain.clusters.engine import Decision
from bot.domain.clusters.evidence import Because
from bot.domain.clusters.labels import APPLY, Likely, group, in_stead, likely, may_apply
from bot.domain.clusters.standing import BY_LABEL, listed
from bot.domain.errors import Rejected
from bot.domain.models import Item
from bot.github import issues
from bot.log import log
from workers.clusters.suggestions import place_of

LOOKED_AT, MOST = 5, 20


async def learnt(ctx: Context, project: int, item: Item, decision: Decision) -> tuple[Likely, ...]:
    """From what people gave the issues most like it; an app's own labels teach nothing."""
    new = () if item.history or place_of(item) is None else decision.candidates
    near = await ctx.items.many(project, [each.item for each in new])
    given = [(i.number, name) for i in near if place_of(i) for name in listed(i, "labels")]
    record = await ctx.projects.find(project) if given else None
    if record is None:
        return ()
    ours = await ctx.items.noted(project, given)
    means = {name.lower(): what for name, what in (await ctx.configs.known(record)).labels.items()}
    peoples = [a for a in given if a not in ours and means.get(a[1].lower(), APPLY) == APPLY]
    by_item = ([name for n, name in peoples if n == each.number] for each in near)
    return likely(by_item, listed(item, "labels"))


async def lacking(ctx: Context, project: int, item: Item, why: str) -> list[Likely]:
    """Of those that were learnt for it, see ``evidence``, what people left to us."""
    labels = Because.read(why).labels if why else ()
    noted = await ctx.items.noted(project, [(item.number, one.name) for one in labels])
    has = {group(name) for name in listed(item, "labels")}
    new = (one for one in labels if (item.number, one.name) not in noted)
    return [one for one in new if group(one.name) not in has]


async def suggested(
    ctx: Context, project: int, items: Sequence[Item], readers: Audience
) -> Sequence[Likely]:
    """What the newest of these issues that lacks something lacks."""
    new = [i for i in items if place_of(i) and not (i.history or i.gone)][-LOOKED_AT:]
    stored = await ctx.clusters.evidence_of(project, [i.number for i in new])
    for item, why in reversed([*zip(new, stored, strict=True)]):
        if may_read(readers, item.audience) and (found := await lacking(ctx, project, item, why)):
            return found
    return ()


async def tell_issues(ctx: Context, project_id: int, number: int, only: int = 0) -> None:
    """A person's severity is a label of the newest open issues, and the owner an assignee; the
    state is a label of those that are closed, too. A new one (``only``) gets the labels that people
    would give it and that we may give. What our own app changes comes back as how the issue is, and
    is nobody's word."""
    project = await ctx.projects.find(project_id)
    labels = (await ctx.configs.known(project)).labels if project else {}
    if project is None or not labels:
        return
    cluster = await ctx.clusters.get(project_id, number)
    states = any(means in meant.STATES for means in labels.values())
    repo = ctx.github.repo(project)
    sample = [only] if only else await ctx.clusters.sample(project_id, cluster.number)
    for item in await ctx.items.many(project_id, sample[-MOST:]):
        place, standing = place_of(item), await ctx.items.standing(project_id, item.number)
        told = (states or standing == "open") and not item.gone
        if place is None or place.issue is None or not told:
            continue
        why = await ctx.clusters.evidence(project_id, only) if only else ""
        new = {one.name for one in await lacking(ctx, project_id, item, why)}
        new = {name for name in new if may_apply(name, labels)}
        try:
            if new:  # GitHub makes what it does not know
                pages = repo.pages("/labels{?per_page}", per_page="100")
                new &= {one["name"] async for one in pages}
            issue = await issues.get_issue(repo, place.issue)
            before = [label["name"] for label in issue["labels"]]
            names = [*before, *sorted(new.difference(before))]
            people = owners = [one["login"] for one in issue["assignees"]]
            if states:
                names = in_stead(names, labels, cluster.state, meant.STATES)
            if standing == "open" and cluster.severity_by not in ("", BY_LABEL):
                names = in_stead(names, labels, cluster.severity, meant.SEVERITIES)
            if standing == "open":
                owners = [one for one in people if one not in (cluster.assigned, cluster.owner)]
                owners += [cluster.owner] if cluster.owner else []
            if (set(names), set(owners)) != (set(before), set(people)):
                await issues.sort_in(repo, place.issue, labels=names, assignees=owners)
            if new:  # nor given again, where somebody takes it off
                await ctx.items.note(project_id, item.number, *new)
        except Rejected as error:
            log.info("an issue could not be told", issue=place.issue, why=str(error))
