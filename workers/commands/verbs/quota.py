"""``quota``: what is used and left."""

from __future__ import annotations

from bot.domain.cards.card import Code, Fact, Paragraph, Section
from bot.domain.commands.command import Command
from workers.commands.call import Answer, Call
from workers.intake import quota


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
