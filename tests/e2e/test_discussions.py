"""Discussions are reports where the project's file wants them, and follow as issues do."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from e2e_kit import occurrences, settled, unlike

from bot.domain.models import Item
from bot.simulators.github.events import announce
from handlers.demo.stage import ADMIN, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")
_numbers = itertools.count(9_001)


@dataclass
class Discussion:
    """One discussion as a real payload has it; each act is a second later."""

    stage: Stage
    told: dict[str, Any]
    number: int = field(default_factory=lambda: next(_numbers))
    second: int = 0

    async def act(
        self,
        action: str,
        by: str = "pavel-novak",
        event: str = "discussion",
        parts: dict[str, Any] | None = None,
        **changed: Any,
    ) -> None:
        self.second += 1
        now = datetime.now(UTC) + timedelta(seconds=self.second)
        self.told |= {"number": self.number, "updated_at": now.isoformat(), **changed}
        world = self.stage.github.world
        where, who = world.repository(self.stage.repository), world.user(by)
        announce(where, who, event, action, discussion=self.told, **(parts or {}))
        await settled(self.stage)

    async def said(self, body: str, *, user: int) -> None:
        comment = {"id": next(_numbers), "body": body, "user": {"login": "x", "id": user}}
        comment |= {"created_at": self.told["created_at"], "updated_at": self.told["updated_at"]}
        await self.act("created", event="discussion_comment", parts={"comment": comment})

    async def report(self) -> Item | None:
        ctx, project = self.stage.context, await self.stage.project()
        found = await ctx.items.by_key(project.id, "github", f"discussion:{self.number}")
        return await ctx.items.get(project.id, found) if found else None

    async def stands(self) -> str:
        project, item = await self.stage.project(), await self.report()
        assert item is not None
        return await self.stage.context.items.standing(project.id, item.number)


@pytest.fixture
def discussion(stage: Stage, shared: Path) -> Discussion:
    folder = shared / "conformance/github-webhooks/payloads"
    told = json.loads((folder / "discussion.created.octo0.json").read_text())["discussion"]
    return Discussion(stage, told | {"title": f"Prices {unlike()}", "body": f"In {unlike()}."})


async def wanted(stage: Stage, *, wanted: bool) -> None:
    files = {".github/soulcaster.yml": f"discussions: {str(wanted).lower()}\n"}
    await stage.person("/push", login=ADMIN, branch="main", files=files)
    await settled(stage)


async def test_a_discussion_is_no_report_unless_the_project_wants_it(
    discussion: Discussion,
) -> None:
    await discussion.act("created")
    await discussion.said("Same here.", user=7)
    assert await discussion.report() is None


async def test_a_discussion_follows_as_an_issue_does(stage: Stage, discussion: Discussion) -> None:
    await wanted(stage, wanted=True)
    await discussion.act("created")
    item = await discussion.report()
    assert item is not None
    assert item.cluster is not None
    assert item.author_id is None  # what relays it cannot be told
    await discussion.said("Same here.", user=7)
    assert await occurrences(stage, item) == 2
    answered = {"answer_chosen_at": "2026-11-29T10:00:00Z"}
    await discussion.act("answered", by="soulcaster[bot]", **answered)
    assert await discussion.stands() == "open"
    for action, changed, stands in (
        ("answered", answered, "completed"),
        ("locked", {"state": "locked", "locked": True}, "completed"),
        ("unanswered", {"answer_chosen_at": None}, "open"),
        ("closed", {"state": "closed", "state_reason": "outdated"}, "not planned"),
        ("reopened", {"state": "open", "state_reason": "reopened"}, "open"),
    ):
        await discussion.act(action, **changed)
        assert await discussion.stands() == stands
    await wanted(stage, wanted=False)
    await discussion.act("edited", body="Newer words.", parts={"changes": {"body": {"from": ""}}})
    edited = await discussion.report()
    assert edited is not None
    assert edited.body == "Newer words."
    await discussion.act("deleted")
    gone = await discussion.report()
    assert gone is not None
    assert (gone.gone, gone.body) == (True, "")
