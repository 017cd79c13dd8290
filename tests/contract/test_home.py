"""The home tab is drawn again when something was pressed there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from following_kit import Team, open_team

from bot.domain.models import RunState
from bot.render.marker import action_id
from bot.storage.inbox import Delivery
from workers import jobs
from workers.hearing import home
from workers.hearing.slack import hear_slack

INES = "U07INESF01"


def theirs(team: Team) -> str:
    """Where they talk with us alone."""
    return team.stage.slack.workspace.direct_message(INES).id


async def pressed(team: Team, line: str) -> None:
    """What Slack tells of a button on somebody's home tab."""
    ctx = team.ctx
    where = team.stage.slack.workspace.team.id
    action = {"action_id": action_id(team.project.id, line), "value": line}
    body: dict[str, Any] = {
        "container": {"type": "view"}, "actions": [action],
        "view": {"private_metadata": theirs(team)},
        "user": {"id": INES, "team_id": where}, "trigger_id": line,
    }  # fmt: skip
    raw = json.dumps(body).encode()
    told = Delivery(jobs.hear_slack.name, {"kind": "button"}, raw, ctx.now().timestamp())
    await ctx.inbox.accept(told)
    await hear_slack(ctx, told.row)
    await team.drain()


def shown(team: Team) -> str:
    return json.dumps(team.stage.slack.workspace.homes.get(INES), ensure_ascii=False)


async def test_after_stop_the_run_is_stopping_and_then_gone(tmp_path: Path) -> None:
    async with open_team(tmp_path) as team:
        ctx, project = team.ctx, team.project.id
        number = await team.seen()
        await team.ask(f"fix C-{number} --dry-run")
        assert shown(team) == "null"
        await pressed(team, f"status C-{number}")
        assert "Stop F-1" in shown(team)
        await pressed(team, "stop F-1")
        assert "stopping" in shown(team)
        assert "Stop F-1" not in shown(team)
        ended = {"state": RunState.CANCELLED}
        await ctx.runs.update(project, 1, lambda run: run.model_copy(update=ended))
        waiting = await ctx.redis.zrange(f"sc:todo:people:{project}", 0, -1)
        assert any(b"draw_home" in member for member in waiting), "until it has ended"
        await home.draw_home(
            ctx, project, team.stage.slack.workspace.team.id, INES, theirs(team), 1
        )
        assert "F-1" not in shown(team)
