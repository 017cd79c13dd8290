"""What is said and written on a new issue unasked: labels as people give them, what is missing."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from following_kit import Team, open_team

from bot.domain.audience import Audience
from bot.domain.cards.pausing import Pause
from bot.domain.clusters.evidence import Because
from bot.domain.models import ClusterState
from bot.storage.inbox import Delivery
from handlers.demo.stage import ADMIN
from workers.clusters.labels import tell_issues
from workers.clusters.missing import ask_missing
from workers.clusters.views import cluster_view
from workers.digests import following
from workers.hearing.github.deliveries import hear_github

STRANGER = "pavel-novak"
_words = itertools.count()
FORM = """
name: Bug report
body:
  - type: input
    attributes: {label: Version}
    validations: {required: true}
"""


class Desk:
    """A team whose deliveries are heard, each once."""

    def __init__(self, team: Team) -> None:
        self.team, self.ctx, self.project = team, team.ctx, team.project.id
        self.heard = 0

    async def hear(self) -> None:
        """Until nothing comes back of what was written meanwhile."""
        while True:
            await self.team.stage.github.webhooks.settle()
            sent = self.team.stage.github.webhooks.sent()[::-1]
            if self.heard == len(sent):
                return
            for told in sent[self.heard :]:
                meta = {"event": told.event, "guid": told.guid}
                row = Delivery(kind="hear_github", meta=meta, body=told.body, received_at=1.0)
                await self.ctx.inbox.accept(row)
                await hear_github(self.ctx, row.row)
            self.heard = len(sent)
            await self.team.drain()

    async def files(self, **files: str) -> None:
        await self.team.stage.person("/push", login=ADMIN, files=files)
        await self.hear()

    async def open(self, title: str, body: str = "", *labels: str, by: str = ADMIN) -> int:
        told = {"title": title, "body": body, "labels": [*labels]}
        return int((await self.team.stage.person("/issues", login=by, **told))["number"])

    async def change(self, number: int, **fields: Any) -> None:
        await self.team.stage.person(f"/issues/{number}", "PATCH", login=ADMIN, **fields)
        await self.hear()

    async def labels(self, number: int) -> set[str]:
        return {one["name"] for one in (await self.team.issue(number))["labels"]}

    async def comments(self, number: int) -> list[str]:
        return [one["body"] for one in (await self.team.issue(number))["comments"]]

    async def item(self, number: int) -> int:
        found = await self.ctx.items.by_key(self.project, "github", f"issue:{number}")
        assert found is not None
        return found

    async def ask(self, number: int) -> list[str]:
        """A minute after it was opened; what is asked."""
        await self.hear()
        await ask_missing(self.ctx, self.project, await self.item(number))
        return [body for body in await self.comments(number) if "missing:" in body]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_team(tmp_path) as team:
        made = Desk(team)
        await made.hear()
        yield made


async def about_carts(desk: Desk, *labels: str) -> int:
    word = f"{next(_words)} {'xyzwvuts'[next(_words) % 8] * 5}"
    number = await desk.open(f"The cart total {word} is wrong", f"Cart {word} counts.", *labels)
    if not labels:
        await desk.hear()
    return number


async def test_labels_are_learnt_suggested_and_given_once(desk: Desk) -> None:
    taught = [await about_carts(desk, "area/cart", "P1") for _ in range(6)]
    await desk.hear()
    new = await about_carts(desk)
    item = await desk.ctx.items.get(desk.project, await desk.item(new))
    assert item.cluster is not None
    project = desk.team.project
    view = await cluster_view(desk.ctx, project, item.cluster, readers=Audience.PROJECT)
    assert [(one.name, one.likes, one.of) for one in view.likely] == [("area/cart", 6, 6)]
    public = await cluster_view(desk.ctx, project, item.cluster, readers=Audience.PUBLIC)
    assert public.likely == ()
    assert await desk.labels(new) == set(), "a suggestion only"

    await desk.files(**{".github/soulcaster.yml": "labels: {'area/*': apply, doing: fixing}\n"})
    given = await about_carts(desk)
    assert await desk.labels(given) == {"area/cart"}
    told = [e for e in desk.team.stage.github.webhooks.sent() if e.event == "issues"]
    again = await about_carts(desk)
    assert await desk.labels(again) == {"area/cart"}
    ours = await desk.ctx.items.noted(
        desk.project, [(await desk.item(n), "area/cart") for n in (given, taught[0])]
    )
    assert ours == {(await desk.item(given), "area/cart")}
    why = await desk.ctx.clusters.evidence(desk.project, await desk.item(again))
    [learnt] = Because.model_validate_json(why).labels
    assert (learnt.likes, learnt.of) == (6, 6), "what we gave teaches nothing"
    grown = [e for e in desk.team.stage.github.webhooks.sent() if e.event == "issues"]
    assert len(grown) - len(told) == 2, "opened and labelled: no loop"

    await desk.change(given, labels=[])
    await tell(desk, given)
    await desk.hear()
    assert await desk.labels(given) == set(), "who takes it off is obeyed for good"

    await desk.ctx.clusters.change(desk.project, item.cluster, state=ClusterState.FIXING)
    await following.follow_problem(desk.ctx, desk.project, item.cluster)
    await desk.team.drain()
    await desk.hear()
    assert "doing" in await desk.labels(new)


async def tell(desk: Desk, number: int) -> None:
    item = await desk.ctx.items.get(desk.project, await desk.item(number))
    assert item.cluster is not None
    await tell_issues(desk.ctx, desk.project, item.cluster, item.number)


async def test_what_the_form_requires_is_asked_for_once(desk: Desk) -> None:
    bare = await desk.open("Checkout crashes", "It fails.", by=STRANGER)
    assert await desk.ask(bare) == [], "there is no form"
    await desk.files(**{".github/ISSUE_TEMPLATE/bug.yml": FORM})
    empty = "### Version\n\n_No response_"
    mine = await desk.open("Search crashes", empty)
    assert await desk.ask(mine) == [], "who may write knows"
    asked = await desk.open("Login crashes", empty, by=STRANGER)
    pause = Pause(what="posts", by="@ana", since=desk.team.now)
    await desk.ctx.stories.pause(desk.project, pause)
    assert await desk.ask(asked) == [], "posts are paused"
    await desk.ctx.stories.pause(desk.project, pause.model_copy(update={"until": desk.team.now}))
    for _ in range(2):
        [said] = await desk.ask(asked)
        assert "- Version" in said
    full = await desk.open("Menu crashes", "### Version\n\n1.2", by=STRANGER)
    assert await desk.ask(full) == []
    answer = {"login": STRANGER, "body": "It is 4.1, sorry."}
    await desk.team.stage.person(f"/issues/{asked}/comments", **answer)
    await desk.hear()
    assert [body for body in await desk.comments(asked) if "missing:" in body] == []
    await desk.team.stage.person(f"/issues/{asked}", "PATCH", login=STRANGER, body=empty + " ")
    await desk.hear()
    assert await desk.ask(asked) == [], "once"
    await desk.files(**{".github/soulcaster.yml": "ask_missing: false\n"})
    off = await desk.open("Photo crashes", empty, by=STRANGER)
    assert await desk.ask(off) == []
