"""Caps on what a project spends."""

from __future__ import annotations

from bot.context import Context
from bot.domain.errors import QuotaExceeded


def month_of(ctx: Context) -> str:
    """``2026-11``."""
    return f"{ctx.now():%Y-%m}"


async def require_quota(ctx: Context, project: int) -> None:
    """Raises QuotaExceeded when the month's fix runs are used; the write checks it again."""
    cap = ctx.settings.soulcaster_fix_quota
    used = await ctx.runs.used(project, month_of(ctx))
    if used >= cap:
        raise QuotaExceeded(
            f"{used} of {cap} fix runs used this month. "
            "The operator can raise SOULCASTER_FIX_QUOTA."
        )
