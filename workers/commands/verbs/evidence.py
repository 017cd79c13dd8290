"""``why similar summarize example``: what reports say, and what rests on it. Closes nothing."""

from typing import Annotated

from pydantic import Field

from bot.context import Context
from bot.domain.cards.card import Bullets, Code, Fact, Line, Paragraph, Said, Section
from bot.domain.cards.views.cluster import count, counts_line, example_card, named
from bot.domain.cards.views.suggestion import suggestion_sections
from bot.domain.cards.views.why import Compared, is_candidate, why_card
from bot.domain.clusters.evidence import Near
from bot.domain.clusters.summary import extract
from bot.domain.commands.command import WORD, Command, Level
from bot.domain.commands.references import ClusterRef, Duration, ItemRef
from bot.domain.errors import NotFound
from bot.domain.models import Item
from bot.say import say
from workers.clusters import evidence, explain
from workers.clusters.placing import near
from workers.clusters.suggestions import place_of
from workers.clusters.summarize import sources_of
from workers.commands.call import Answer, Call
from workers.commands.correcting import item_of

SHOWN = 8
CITED = 6


class Why(Command, verb="why", examples=("why", "why I-345", "why C-12")):
    """Why reports are grouped: what they share, what was nearly the same, who corrected it."""

    about: Annotated[ItemRef | ClusterRef | None, WORD] = None


async def run_why(call: Call, command: Why) -> Answer:
    ctx, project = call.ctx, call.project
    if item := await _report(call, command.about):
        name, items, reports = item.name, [item], 1
    else:
        cluster = await call.cluster(command.about)
        view = await call.view(cluster)
        name, items, reports = cluster.name, [*view.items[:SHOWN]], view.tally.reports
    known = await explain.explain(ctx, project.id, items)
    if not known:
        raise NotFound(f"{name} has no reports with a cluster yet; try again in a minute.")
    more = max(0, reports - SHOWN)
    return Answer(why_card(name, known, readers=call.readers, more=more))


class Similar(Command, verb="similar", examples=("similar", "similar I-345 --limit=10")):
    """Reports that may be the same problem, best first, with reasons."""

    about: Annotated[ItemRef | ClusterRef | None, WORD] = None
    limit: Annotated[int, Field(ge=1, le=50)] = 5


async def run_similar(call: Call, command: Similar) -> Answer:
    """Rank the other clusters by their nearest report."""
    ctx, project = call.ctx, call.project
    if not (item := await _report(call, command.about)):
        item = await item_of(call, ClusterRef((await call.cluster(command.about)).number))
    found = await _neighbours(ctx, project.id, item)
    compared = await explain.compare(ctx, project.id, item, found)
    nearest: dict[int | None, Compared] = {}
    for each in compared:
        if each.item.cluster not in (None, item.cluster) and is_candidate(each):
            nearest.setdefault(each.item.cluster, each)
    shown = list(nearest.values())[: command.limit]
    return call.answer(
        f"similar:{item.name}",
        "Similar to " if shown else "Nothing is similar to ",
        Code(item.name),
        sections=suggestion_sections(item, shown, readers=call.readers),
        footer=("Suggestions only: nothing was joined or closed.",),
    )


class Summarize(Command, verb="summarize", aliases=("tldr",)):
    """What a problem's reports say, in short, each sentence with the reports that say it."""

    examples = ("summarize C-12", "summarize --since=7d")

    about: Annotated[ClusterRef | None, WORD] = None
    since: Duration | None = None


async def run_summarize(call: Call, command: Summarize) -> Answer:
    """What stands, or is picked from what came since."""
    view = await call.view(await call.cluster(command.about))
    begin = call.ctx.now() - command.since.timedelta if command.since else None
    items = {i.number: i for i in view.shown if begin is None or i.occurred_at >= begin}
    said = () if begin else view.cluster.summary
    said = said or extract(sources_of([*items.values()])).sentences
    lines: list[Line] = []
    for each in said:
        cited = [named(items[n]) for n in each.items if n in items][:CITED]
        lines.append((Said(each.text), *(part for one in cited for part in (" ", one))))
    when = f" of the last {command.since}" if command.since else ""
    return call.answer(
        f"summary:{view.cluster.name}",
        *view.title,
        facts=(Fact("Seen", *counts_line(view)),),
        sections=(Section(Bullets(*lines) if lines else Paragraph(f"No report{when}.")),),
        footer=(f"From {count(len(items), 'report')}{when}.",) if lines else (),
    )


class AskForExample(Command, verb="example", level=Level.L2, examples=("example C-12",)):
    """Comment once on a problem's issue: ask who reported it for an example that can be run."""

    about: Annotated[ClusterRef | None, WORD] = None


async def run_example(call: Call, command: AskForExample) -> Answer:
    """Of its issues the newest that is open is asked; there is no second time."""
    ctx, project = call.ctx, call.project
    view = await call.view(await call.cluster(command.about))
    for item in reversed(view.shown):
        place = place_of(item)
        if place and await ctx.items.standing(project.id, item.number) == "open":
            card = example_card(view.cluster, readers=project.github_readers)
            await say(ctx, project, place, card)
            asked = ("Asked for an example: ", named(item))
            return call.done(f"asked:{view.cluster.name}", *asked)
    raise NotFound(f"{view.cluster.name} has no open issue here, so nobody can be asked.")


async def _report(call: Call, about: ItemRef | ClusterRef | None) -> Item | None:
    """The report that was named, or that the issue is where it was said."""
    number = about.number if isinstance(about, ItemRef) else None
    if about is None and call.place.issue is not None:
        number = await call.report_of(call.place.issue)
    return await call.placed(number) if number is not None else None


async def _neighbours(ctx: Context, project: int, item: Item) -> list[Near]:
    """The best earlier and later items of other clusters, best first, one a cluster."""
    memory = await evidence.remember(ctx, project)
    (reading,) = await memory.read([item])
    (vector,) = await ctx.embedder.embed([reading.text])
    decision = await memory.use(memory.engine.decide, reading, vector, memory.links)
    return [near(candidate) for candidate in decision.suggested(20)]
