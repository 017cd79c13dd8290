"""What ``soulcaster doctor`` finds of models: those of language, and the embedder."""

import time

from bot.adapters import choose_model
from bot.context import Context
from bot.domain.clusters.engine.fitting import standing
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


async def embedder(ctx: Context) -> tuple[str, str]:
    """How long it takes, and which projects use another."""
    began = time.monotonic()
    await ctx.embedder.embed(["one text"])
    found = f"{ctx.embedder.id}, first text in {(time.monotonic() - began) * 1000:.0f} ms"
    agreed = {p.full_name: await ctx.embeddings.agreed(p.id) for p in await ctx.projects.all()}
    others = [f"{p} uses {its}" for p, its in agreed.items() if its not in ("", ctx.embedder.id)]
    mend = "set SOULCASTER_EMBEDDER the same on every machine" if others else ""
    return "; ".join([found + standing(ctx.embedder.id), *others]), mend


async def vectors(ctx: Context) -> tuple[str, str]:
    """What is being made anew for the embedder in use."""
    under_way = [
        f"{project.full_name}: {line}"
        for project in await ctx.projects.all()
        if (line := await ctx.embeddings.under_way(project.id))
    ]
    return "; ".join(under_way) or "all of the embedder in use", ""
