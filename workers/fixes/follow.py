"""A pull request of ours as it stands on GitHub: events say when to look, never what is there."""

from __future__ import annotations

from typing import Any

from bot.context import Context
from bot.domain.cards.views.run import checks_card
from bot.domain.cards.views.version import handover_card
from bot.domain.fixes.run import Failing, FixRun, OnGitHub
from bot.domain.models import Place, Project
from bot.github import checks
from bot.github.app import ACTIONS, CHECKS, READ
from bot.github.repo import Repo
from bot.say import say
from workers.fixes.revise import ours
from workers.fixes.steps.telling import show

_MOST = 5


async def look_at_pull(ctx: Context, project_id: int, number: int) -> None:
    """While it is open: say whose the branch is, whether it is a draft, and which checks fail."""
    project = await ctx.projects.find(project_id)
    run = await ctx.runs.get(project_id, number)
    if project is None or run.pull_request is None:
        return
    pull = await ctx.github.repo(project).get(f"/pulls/{run.pull_request}")
    if pull["state"] != "open":
        return
    head = str(pull["head"]["sha"])
    theirs = await _theirs(ctx, project, run, head)
    found, actions = await _checks(ctx, project, head), ctx.github.repo(project, ACTIONS)
    failing = tuple([await _failing(actions, one) for one in _failed(found)])
    done = all(one["status"] == "completed" for one in found)
    new = {"head": head, "draft": bool(pull["draft"]), "theirs": theirs, "failing": failing}

    def see(record: FixRun) -> FixRun:
        before = record.seen or OnGitHub()
        state = "failing" if failing else before.checks and ("passing" if done else "running")
        seen = before.model_copy(update={**new, "checks": state})
        return record.model_copy(update={"seen": seen})

    run = await ctx.runs.update(project_id, number, see)
    place = Place(issue=run.pull_request)
    if theirs:
        await say(ctx, project, place, handover_card(run))
    if run.seen and run.seen.checks:
        await say(ctx, project, place, checks_card(run))
    await show(ctx, project, run)


async def _theirs(ctx: Context, project: Project, run: FixRun, head: str) -> str:
    """Who made the newest commit, where it is none of ours."""
    if head in await ours(ctx, project, run):
        return ""
    commit = await ctx.github.repo(project, READ).get(f"/commits/{head}")
    return str((commit["author"] or {}).get("login") or commit["commit"]["author"]["name"])


async def _checks(ctx: Context, project: Project, sha: str) -> list[Any]:
    repo = ctx.github.repo(project, CHECKS)
    return await checks.of_others(repo, sha, ctx.settings.github_app_id)


def _failed(found: list[Any]) -> list[Any]:
    return [one for one in found if one["conclusion"] in checks.FAILED][:_MOST]


async def _failing(actions: Repo, one: Any) -> Failing:
    step = await checks.failing_step(actions, one)
    return Failing(name=str(one["name"]), url=str(one["details_url"] or one["html_url"]), step=step)


async def take_up(ctx: Context, project: Project, run: FixRun, key: str) -> str:
    """What the checks say that fail on our newest version, as data for the attempt ``key``; ""
    where another one took it up already."""
    if not run.offers_checks(key):
        return ""
    found, actions = await _checks(ctx, project, run.commit), ctx.github.repo(project, ACTIONS)
    said = [f"{one['name']}:\n{await checks.log_of(actions, one)}" for one in _failed(found)]

    def taken(record: FixRun) -> FixRun:
        seen = (record.seen or OnGitHub()).model_copy(update={"taken": f"{run.commit} {key}"})
        return record.model_copy(update={"seen": seen})

    await show(ctx, project, await ctx.runs.update(project.id, run.number, taken))
    return "\n\n".join(said)
