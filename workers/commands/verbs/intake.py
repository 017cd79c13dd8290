"""``import`` and ``quota``: what was there before the app, and how much may come."""

from __future__ import annotations

from typing import Annotated, Literal

from bot.domain.cards.card import Code, Fact, Paragraph, Section
from bot.domain.commands.command import WORD, Command, Level
from bot.jobs import enqueue
from bot.storage.imports import BEGINNING
from workers import jobs
from workers.commands.call import Answer, Call
from workers.intake import quota
from workers.intake.issues import import_card


class ImportHistory(Command):
    """Read all issues of the repository with their comments again, or say how far that is.

    At installation it begins by itself. It counts towards no quota, and nothing is said on old
    issues; a comment that says "same here" is an occurrence.
    """

    verb = "import"
    level = Level.L4
    examples = ("import github", "import status")

    what: Annotated[Literal["github", "status"], WORD] = "status"


async def run_import(call: Call, command: ImportHistory) -> Answer:
    """The card that says how far it is; asked for where it is under way, it goes on."""
    ctx, project = call.ctx, call.project
    past = await ctx.imports.get(project.id) or await ctx.imports.begin(project.id, ctx.now())
    if command.what == "github":
        again = {"issues": BEGINNING, "seen": 0, "ended": None} if past.ended else {}
        await ctx.imports.put(project.id, place=call.place, **again)
        await enqueue(ctx, jobs.read_issues, project.id)
        past = past.model_copy(update=again)
    return Answer(import_card(project, past, readers=call.readers), public=True)


class ShowQuota(Command):
    """Used and left: new reports and successful fixes, over all projects of the installation."""

    verb = "quota"
    examples = ("quota",)


async def run_quota(call: Call, command: ShowQuota) -> Answer:
    """Both quotas, and what was refused here."""
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
        ),
        sections=(Section(Paragraph(refused)),) if refused else (),
        footer=("Repeats of a report and history count towards no quota.",),
    )
