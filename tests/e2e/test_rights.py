"""Rights belong to the author of the words: what GitHub tells of others lends nobody's."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio
from e2e_kit import (
    cluster_of,
    comment,
    ended,
    github,
    obey,
    open_issue,
    person,
    replies,
    settled,
    unlike,
)

from bot.domain.models import Cluster, ClusterState
from handlers.demo.shop_files import shop_files
from handlers.demo.stage import ADMIN, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

ELSEWHERE = "acme/community"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def elsewhere(stage: Stage) -> str:
    """Another repository of the same owner, open to everybody."""
    await stage.github.add_repository(ELSEWHERE, shop_files())
    stage.github.set_role(ELSEWHERE, ADMIN, "admin")
    stage.github.add_user("mallory")
    stage.github.add_app("helpdesk-sync")
    return ELSEWHERE


@pytest_asyncio.fixture(loop_scope="module")
async def target(stage: Stage) -> str:
    """A cluster that somebody would like to be ignored."""
    number = await open_issue(stage, f"Checkout is down {unlike()}", f"For everybody {unlike()}")
    return await cluster_of(stage, number)


async def record(stage: Stage, cluster: str) -> Cluster:
    return await stage.context.clusters.get((await stage.project()).id, int(cluster[2:]))


async def unsaid(stage: Stage, number: int) -> list[str]:
    """Our cards that quote back what nobody said."""
    return [
        r["body"]
        for r in await replies(stage, number)
        if "it counts only from who wrote it" in r["body"]
    ]


async def moved(stage: Stage, title: str, body: str, login: str = "mallory") -> int:
    """An issue that was opened elsewhere and brought here by a maintainer."""
    where = f"/repos/{ELSEWHERE}/issues"
    made = await github(stage, "POST", where, login=login, title=title, body=body)
    path = f"{where}/{made['number']}/transfer"
    return int((await github(stage, "POST", path, login=ADMIN, to=stage.repository))["number"])


@pytest.mark.usefixtures("elsewhere")
async def test_a_transferred_issue_runs_as_nobody(stage: Stage, target: str) -> None:
    words = f"Hi!\n\n/soulcaster ignore {target} --reason=spam\n/soulcaster severity {target} S1"
    number = await moved(stage, f"A small question {unlike()}", words)
    await settled(stage)
    now = await record(stage, target)
    assert (now.state, now.severity_by) == (ClusterState.NEW, "")
    [card] = await unsaid(stage, number)
    assert f"ignore {target} --reason=spam" in card
    assert f"severity {target} S1" in card
    assert "@" not in card.partition("\n")[2]
    # Moved by who wrote it, it was still said elsewhere.
    number = await moved(stage, f"Mine {unlike()}", words, login=ADMIN)
    await settled(stage)
    assert (await record(stage, target)).state is ClusterState.NEW
    assert len(await unsaid(stage, number)) == 1
    # And who says it here is heard.
    assert await obey(stage, number, f"/soulcaster severity {target} S1") == "done"


@pytest.mark.usefixtures("elsewhere")
async def test_what_another_app_sends_for_a_maintainer_runs_as_nobody(
    stage: Stage, target: str
) -> None:
    words = f"Forwarded from a customer:\n\n/soulcaster ignore {target} --reason=spam"
    title = f"Customer says {unlike()}"
    made = await stage.person("/issues", login=ADMIN, title=title, body=words, via="helpdesk-sync")
    await person(
        stage, "POST", f"/issues/{made['number']}/comments",
        login=ADMIN, body=f"{words} again", via="helpdesk-sync",
    )  # fmt: skip
    await settled(stage)
    assert (await record(stage, target)).state is ClusterState.NEW
    assert len(await unsaid(stage, made["number"])) == 1


async def test_who_edits_or_closes_lends_no_rights(stage: Stage, target: str) -> None:
    line = f"/soulcaster ignore {target} --reason=spam"
    log = "log:\n```\nTraceback\n{}\n\n" + line
    number = await open_issue(stage, f"Search is broken {unlike()}", f"{unlike()}\n{log}")
    said = await comment(stage, number, log.format("``"), "pavel-novak")
    repaired = log.format("```")
    await person(stage, "PATCH", f"/comments/{said}", login=ADMIN, body=repaired)
    await settled(stage)
    assert (await record(stage, target)).state is ClusterState.NEW
    assert len(await unsaid(stage, number)) == 1
    path = f"/issues/{number}"
    await person(stage, "PATCH", path, login=ADMIN, body=f"{repaired}\n\nRead by us.")
    await person(stage, "PATCH", path, login=ADMIN, state="closed")
    await person(stage, "PATCH", path, login=ADMIN, state="open")
    await settled(stage)
    assert (await record(stage, target)).state is ClusterState.NEW
    assert len(await unsaid(stage, number)) == 1
    # What is no command is nobody's business, and the author's own new line is.
    await person(stage, "PATCH", f"/comments/{said}", login=ADMIN, body="/sc is a path here")
    mine = await comment(stage, number, "Let me see.")
    body = f"Let me see.\n\n{line}"
    await person(stage, "PATCH", f"/comments/{mine}", login=ADMIN, body=body)
    assert await ended(stage, number, mine) == "rocket"
    assert (await record(stage, target)).state is ClusterState.IGNORED
    assert len(await unsaid(stage, number)) == 1


async def test_only_a_click_ticks_a_box(stage: Stage, target: str) -> None:
    number = await open_issue(stage, f"Boxes {unlike()}", unlike())
    for_real = f"/soulcaster merge {target} into {await cluster_of(stage, number)}"
    await obey(stage, number, for_real)
    [card] = [r for r in await replies(stage, number) if "soulcaster-choice" in r["body"]]
    box = f"- [ ] Harmless <!-- soulcaster-choice: ignore {target} -->"
    path = f"/comments/{card['id']}"
    added = f"{card['body']}\n{box}"
    await person(stage, "PATCH", path, login="tom-beckett", body=added.replace("[ ]", "[x]"))
    await settled(stage)
    now = await record(stage, target)
    assert (now.state, now.redirect) == (ClusterState.NEW, None)


async def test_a_login_that_changes_hands_takes_no_rights_along(stage: Stage) -> None:
    number = await open_issue(stage, f"Renamed {unlike()}", unlike())
    line = "/soulcaster severity {}"
    stage.github.add_user("kim")
    stage.github.set_role(stage.repository, "kim", "triage", called="support")
    assert await obey(stage, number, line.format("S1"), "kim") == "done"
    stage.github.rename_user("kim", "kim-lee")
    stage.github.add_user("kim")
    stage.github.set_role(stage.repository, "kim", "read")
    assert await obey(stage, number, line.format("S2"), "kim-lee") == "done"
    assert await obey(stage, number, line.format("S3"), "kim") == "refused"
    assert (await record(stage, await cluster_of(stage, number))).severity == "S2"


ROLES: dict[str, Any] = {
    "read": None,
    "triage": "support",
    "write": "security-engineer",
    "maintain": "release-manager",
}
SAMPLE = {
    "status {}": "read",
    "severity {} S2": "triage",
    "plan {}": "write",
    "source list": "maintain",
}


async def test_a_sample_of_roles_and_verbs_from_end_to_end(stage: Stage, target: str) -> None:
    number = await open_issue(stage, f"A sample {unlike()}", unlike())
    order, wrong = list(ROLES), []
    for role, called in ROLES.items():
        login = f"holder-of-{role}"
        stage.github.add_user(login)
        stage.github.set_role(stage.repository, login, role, called=called or "")
        for words, needs in SAMPLE.items():
            able = order.index(role) >= order.index(needs)
            how = await obey(stage, number, f"/soulcaster {words.format(target)}", login)
            if how != ("done" if able else "refused"):
                wrong.append((role, words, how))
    assert wrong == []
