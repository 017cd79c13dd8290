"""How many new reports an installation may bring; what repeats, and what is history, counts not."""

from bot.context import Context
from bot.domain.models import Project
from bot.storage.quotas import Spend

# By the setting: how a period is named, and how people say that it is now.
_PERIODS = {
    "day": ("%Y-%m-%d", "today"),
    "week": ("%G-W%V", "this week"),
    "month": ("%Y-%m", "this month"),
    "year": ("%Y", "this year"),
    "ever": ("ever", "in all"),
}


def period_of(ctx: Context) -> str:
    """``2026-11``."""
    return ctx.now().strftime(_PERIODS[ctx.settings.soulcaster_quota_period][0])


def in_words(ctx: Context) -> str:
    """``this month``."""
    return _PERIODS[ctx.settings.soulcaster_quota_period][1]


async def spend_of(ctx: Context, project: int) -> Spend | None:
    """What a new report of the project is counted against."""
    record = await ctx.projects.find(project)
    cap = ctx.settings.soulcaster_report_quota
    return Spend(record.installation, period_of(ctx), cap) if record else None


async def refusals(ctx: Context, project: Project) -> str:
    """``12 new reports (sentry 10, github 2) were refused this month ...``; "" for none."""
    refused = await ctx.quotas.refused(project, period_of(ctx))
    if not refused:
        return ""
    by_source = ", ".join(f"{source} {count:,}" for source, count in refused.items())
    return (
        f"{sum(refused.values()):,} new reports ({by_source}) were refused {in_words(ctx)}: "
        f"{ctx.settings.soulcaster_report_quota:,} are the quota of all projects of this "
        "installation. Repeats of known ones are counted. The operator can raise "
        "SOULCASTER_REPORT_QUOTA; then import github brings the issues."
    )
