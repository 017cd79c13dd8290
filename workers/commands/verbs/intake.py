"""``feedback backtest quota``: report from where you are, what clustering would do, and how much
may come."""

from datetime import timedelta
from typing import Annotated

from typing_extensions import override

from bot.domain.audience import Audience
from bot.domain.cards.card import Code, Fact, Line, Paragraph, Said, Section
from bot.domain.cards.views.choice import chosen_card, trying_card
from bot.domain.clusters.engine import Eagerness
from bot.domain.commands.command import REST, After, Command, Level
from bot.domain.errors import NotAllowed, NotUnderstood, QuotaExceeded, Unavailable
from bot.domain.models import Draft
from bot.jobs import enqueue
from workers import jobs
from workers.clusters.eagerness import way_of
from workers.commands.call import Answer, Call
from workers.digests import choosing
from workers.intake import items, quota


class Backtest(Command, verb="backtest", level=Level.L2, calls="costly", cost="to choose: L4"):
    """Try ask, sure and eager on your past reports, see what each would join, and choose one.

    ask joins only repeats, sure what hardly anybody would take back, eager whatever is likely the
    same; each asks about the rest. Trying it on the newest 5,000 reports changes nothing, and a
    choice can be undone. What .github/soulcaster.yml says of `cluster` comes first."""

    examples = ("backtest", "backtest choose eager")

    choose: Annotated[Eagerness | None, After("choose")] = None

    @property
    @override
    def needs(self) -> Level:
        """To look changes nothing, and keeps a machine busy."""
        return Level.L4 if self.choose else self.level


async def run_backtest(call: Call, command: Backtest) -> Answer:
    """The card that will say it; or what is in force from now on."""
    ctx, project, key = call.ctx, call.project, f"backtest:{call.said.id}"
    if command.choose is None:
        here = call.place.channel or call.place.issue
        if not here and not await choosing.spoken_of(ctx, project):
            raise NotUnderstood(
                f"In a shell: soulcaster backtest {project.full_name} --choose. In a chat: backtest"
            )
        await enqueue(ctx, jobs.try_ways, project.id, call.said.id)
        return Answer(
            trying_card("the reports are read", key=key, readers=call.readers), public=True
        )
    before = await way_of(ctx, project.id)
    if not before.free:
        raise NotAllowed(f"{before.because}: change that, it comes first.")
    await ctx.projects.choose(project.id, way=command.choose, by=call.person.name)
    card = chosen_card(command.choose, before.way, key=key, readers=call.readers)
    return Answer(card, public=True)


class ShowQuota(Command, verb="quota", examples=("quota",)):
    """How many new reports and successful fixes your installation has used and has left."""


async def run_quota(call: Call, command: ShowQuota) -> Answer:
    ctx, project = call.ctx, call.project
    settings, when = ctx.settings, quota.in_words(ctx)
    where = project.installation, quota.period_of(ctx)
    reports, most = await ctx.quotas.reports(*where), settings.soulcaster_report_quota
    fixes, fixes_most = await ctx.quotas.fixes(*where), settings.soulcaster_fix_quota
    refused = await quota.refusals(ctx, project)
    return call.answer(
        "quota",
        *("Quotas of all projects of the account of ", Code(project.full_name)),
        facts=(
            Fact("New reports", f"{reports:,} of {f'{most:,}' if most else 'any number'} {when}"),
            Fact("Successful fixes", f"{fixes} of {fixes_most} {when}"),
            Fact("Language models here", f"{await ctx.models.month(project.id)} this month"),
        ),
        sections=(Section(Paragraph(refused)),) if refused else (),
        footer=("Repeats of a report and history count towards no quota.",),
    )


# How long the answer waits for the cluster.
PATIENCE = timedelta(seconds=10)


class Feedback(Command, verb="feedback", aliases=("report",)):
    """Report a problem from here; it is grouped with others like any report."""

    examples = ('feedback "The invoice PDF is empty" --title="Empty invoice"',)

    text: Annotated[str, REST]
    title: str = ""


async def run_feedback(call: Call, command: Feedback) -> Answer:
    """One item for this utterance, however often it is obeyed."""
    text = command.text.strip()
    draft = Draft(
        source="feedback",
        key=call.said.id,
        event=call.said.id,
        title=(command.title or text.splitlines()[0])[:200],
        body=text,
        author=call.person.login or call.person.slack_user,
        author_id=call.person.user_id,
        occurred_at=call.said.heard_at,
        audience=Audience.TEAM if call.place.issue is None else Audience.PROJECT,
    )
    recorded = await items.take(call.ctx, call.project.id, draft)
    if recorded.item < 0:
        raise QuotaExceeded(await quota.refusals(call.ctx, call.project))
    item = await call.ctx.items.get(call.project.id, recorded.item)
    age = call.ctx.now() - call.said.heard_at
    if item.cluster is None and age < PATIENCE:
        raise Unavailable(f"{item.name} is still being read.", retry_after=0.3)
    why = Code(f"/soulcaster why {item.name}")
    where: Line = ("being found: ", why, " in a moment")
    if item.cluster:
        where = (Code(f"C-{item.cluster}"), ", because: ", why)
    return call.done(
        f"feedback:{item.name}",
        *("Written down as ", Code(item.name), ": ", Said(draft.title)),
        facts=(Fact("Cluster", *where),),
    )
