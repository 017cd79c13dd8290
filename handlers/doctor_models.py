"""What ``soulcaster doctor`` finds of language models."""

from bot.adapters import choose_model
from bot.context import Context
from bot.storage.answers import JUDGE, SUMMARY, Kind


async def questions(ctx: Context) -> tuple[str, str]:
    """How many were asked today, and what mends it."""
    if not choose_model.named(ctx.settings_for_adapters, "judge"):
        return "none: there is no language model", ""
    caps: dict[Kind, int] = {
        JUDGE: ctx.settings.soulcaster_judge_budget,
        SUMMARY: ctx.settings.soulcaster_summary_budget,
    }
    told, used_up = [], []
    for project in await ctx.projects.all():
        for kind, cap in caps.items():
            spent = await ctx.answers.spent(project.id, kind, f"{ctx.now():%Y-%m-%d}")
            waiting = len(await ctx.answers.waiting(project.id, kind))
            if spent or waiting:
                left = f", {waiting} waiting" if waiting else ""
                told.append(f"{project.full_name}: {kind} {spent} of {cap} today{left}")
            if cap and spent >= cap:
                used_up.append(f"SOULCASTER_{kind.upper()}_BUDGET")
    mend = f"used up: raise {', '.join(sorted(set(used_up)))}" if used_up else ""
    return "; ".join(told) or "none today", mend


async def of_projects(ctx: Context) -> tuple[str, str]:
    """What they took this month, and models that files name and that nobody can ask."""
    told, short = [], list[str]()
    for project in await ctx.projects.all():
        told.append(f"{project.full_name}: {await ctx.models.month(project.id)}")
        short += [f"{project.full_name} {n}" for n in await ctx.models.unreachable(project.id)]
    return "; ".join(told) or "no project", f"key set for {', '.join(short)}" if short else ""
