"""Caps on what a project spends."""

from __future__ import annotations

from bot.context import Context
from bot.domain.commands.references import Duration
from bot.domain.errors import NotAllowed, QuotaExceeded
from bot.domain.models import Project
from bot.repo_config import PATH, FixPart
from workers.intake.quota import in_words, period_of


def allowed_seconds(ctx: Context, config: FixPart, wanted: Duration | None) -> float:
    """Wall time of a run that was asked for so. Raises NotAllowed over what may be asked for. The
    operator and the project each set a longest time: a run holds one of the few fixers."""
    operator = ctx.settings.soulcaster_fix_longest
    longest = min(operator, config.max_minutes * 60.0)
    seconds = float(wanted.seconds) if wanted else ctx.settings.soulcaster_fix_seconds
    if wanted and seconds > longest:
        whose = f"{PATH}: fix.max_minutes" if longest < operator else "SOULCASTER_FIX_LONGEST"
        raise NotAllowed(
            f"--timeout is at most {Duration(int(longest))} here ({whose}), got {wanted}."
        )
    return min(seconds, longest)


async def require_quota(ctx: Context, project: Project) -> None:
    """Raises QuotaExceeded when the period's fix runs are used; the write checks it again."""
    cap = ctx.settings.soulcaster_fix_quota
    used = await ctx.quotas.fixes(project.installation, period_of(ctx))
    if used >= cap:
        raise QuotaExceeded(
            f"{used} of {cap} fix runs used {in_words(ctx)}. "
            "The operator can raise SOULCASTER_FIX_QUOTA."
        )


async def require_unpaused(ctx: Context, project: Project) -> None:
    """Raises NotAllowed while fixes are paused, with who did and until when."""
    pause = (await ctx.stories.pauses(project.id)).get("fixes")
    if pause is not None and pause.holds(ctx.now()):
        raise NotAllowed(f"{pause.sentence} /soulcaster resume fixes ends it.")
