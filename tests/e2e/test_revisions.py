"""Versions of a fix: reviews, threads, one push each, diff, revert, and people who take over."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from checkers import github_errors
from e2e_kit import BOT, comment, issue, obey, open_issue, person, reply, settled
from fix_kit import KNOWS
from forks import open_stage

from bot.simulators.github import Limits
from handlers.demo.stage import Stage
from workers import jobs

pytestmark = pytest.mark.asyncio(loop_scope="module")

REPORT = """When a category has one product more than fits, the last page does not exist.

`shop.pagination.page_count(total=21, per_page=10)` returns 2, expected 3.
"""
EXAMPLE = '`shop.shipping.shipping_cost(5000, "DE")` returns 490, expected 0.'
PAGINATION, SHIPPING = "src/shop/pagination.py", "src/shop/shipping.py"
# It takes its time over names.
AGENT = f'! grep -q "shorter names" "$SOULCASTER_TASK" || sleep 60; {KNOWS}'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A stage whose GitHub traffic is recorded, with an agent that knows the answers."""
    folder = tmp_path_factory.mktemp("versions")
    async with open_stage(
        folder,
        record=folder / "record",
        limits=Limits.none(),
        SOULCASTER_EMBEDDER="hashing",
        SOULCASTER_AGENT="command",
        SOULCASTER_AGENT_COMMAND=AGENT,
    ) as made:
        yield made


@dataclass
class Fix:
    """A pull request of ours, as GitHub holds it."""

    stage: Stage
    number: int

    async def pull(self) -> Any:
        return (await issue(self.stage, self.number))["pull"]

    async def commits(self) -> list[Any]:
        return list((await self.pull())["commits"])

    async def line_of(self, path: str) -> int:
        """A line of the diff that a comment may stand at."""
        file = next(f for f in (await self.pull())["files"] if f["path"] == path)
        return int(file["patch"].partition("+")[2].partition(",")[0]) + 3

    async def review(self, login: str, *, body: str = "", comments: Any = ()) -> int:
        """Request changes; the review's id."""
        made = await self.stage.person(
            f"/pulls/{self.number}/reviews",
            login=login,
            event="REQUEST_CHANGES",
            body=body,
            comments=list(comments),
        )
        return int(made["id"])

    async def answers(self, review: int) -> dict[str, list[str]]:
        """What each thread of a review was answered, by its first words."""
        comments = (await self.pull())["review_comments"]
        threads = {c["id"]: c["body"] for c in comments if c["review"] == review}
        return {
            words: [c["body"] for c in comments if c["in_reply_to"] == id and c["author"] == BOT]
            for id, words in threads.items()
        }

    async def said(self, beginning: str) -> list[str]:
        """Our cards on the pull request whose key begins so."""
        comments = (await issue(self.stage, self.number))["comments"]
        mark = f"<!-- soulcaster:{beginning}"
        return [c["body"] for c in comments if c["author"] == BOT and c["body"].startswith(mark)]

    async def ended(self, key: str) -> str:
        """The card of an attempt, once it has ended."""

        async def card() -> str | None:
            found = await self.said(f"revision:{key}")
            done = found and ("is on the branch" in found[0] or "Nothing was pushed" in found[0])
            return found[0] if done else None

        return str(await self.stage.wait(f"the end of {key}", card, timeout=300))

    async def command(self, line: str, login: str = "ines-ferreira") -> str:
        """Say a command that makes a version; the card it ends with."""
        before = await self.said("revision:")
        assert await obey(self.stage, self.number, f"/soulcaster {line}", login) == "done"
        [new] = [c for c in await self.said("revision:") if c[:70] not in {b[:70] for b in before}]
        return await self.ended(new.partition("revision:")[2].partition(" ")[0])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fix(stage: Stage) -> Fix:
    """``v1``: the demo's pagination bug, reported, fixed and opened as a draft."""
    number = await open_issue(stage, "Last page of a category is missing", REPORT)
    assert await obey(stage, number, "/soulcaster fix", "tom-beckett") == "done"

    async def opened() -> int | None:
        project = await stage.project()
        run = (await stage.context.runs.all(project.id))[0]
        if run.ended and run.pull_request is None:
            raise AssertionError(f"{run.verdict}: {run.reason}")
        return run.pull_request if run.ended else None

    made = Fix(stage, int(await stage.wait("the pull request", opened, timeout=300)))
    await settled(stage)
    return made


async def test_a_review_that_requests_changes_makes_v2(stage: Stage, fix: Fix) -> None:
    [first] = await fix.commits()
    assert "Soulcaster-Version: F-1 v1" in first["message"]
    body = (await issue(stage, fix.number))["body"]
    noted = body.replace("## Not tested", "## Ours\n\nSeen by Tom.\n\n## Not tested")
    await person(stage, "PATCH", f"/issues/{fix.number}", login="tom-beckett", body=noted)
    line = await fix.line_of(PAGINATION)
    review = await fix.review(
        "tom-beckett",
        body="Nearly there.",
        comments=[
            {"path": PAGINATION, "line": line, "body": f"The same mistake: {EXAMPLE}"},
            {"path": PAGINATION, "line": line, "body": "Is this the whole of it?"},
        ],
    )
    card = await fix.ended(f"F-1:review-{review}")
    assert "v2 is on the branch" in card
    commits = await fix.commits()
    assert [c["sha"] for c in commits[:-1]] == [first["sha"]]
    assert commits[-1]["verified"]
    assert "Soulcaster-Version: F-1 v2" in commits[-1]["message"]
    assert "Co-authored-by: tom-beckett" in commits[-1]["message"]
    paths = {f["path"] for f in (await fix.pull())["files"]}
    assert {PAGINATION, SHIPPING} < paths
    assert len([p for p in paths if "test_soulcaster" in p]) == 2
    await settled(stage)
    answers = await fix.answers(review)
    assert [len(found) for found in answers.values()] == [1, 1], answers
    assert all("leaves this file as it is" in found[0] for found in answers.values())
    assert all(SHIPPING in found[0] for found in answers.values())


async def test_the_same_review_twice_is_one_version(stage: Stage, fix: Fix) -> None:
    told = [d for d in stage.github.webhooks.sent() if d.event == "pull_request_review"]
    told = [d for d in told if d.payload["review"]["user"]["login"] != BOT]
    [review] = {delivery.payload["review"]["id"] for delivery in told}
    for delivery in told:
        stage.github.webhooks.redeliver(delivery)
    await settled(stage)
    project = await stage.project()
    await stage.context.jobs.ask(jobs.revise, project.id, 1, f"review:{review}")
    await stage.wait("the job", lambda: _no_fix_due(stage), timeout=30)
    commits = await fix.commits()
    assert len(commits) == 2
    assert "Soulcaster-Version: F-1 v2" in commits[-1]["message"]
    assert len(await fix.said(f"revision:F-1:review-{review}")) == 1
    assert [len(found) for found in (await fix.answers(review)).values()] == [1, 1]


async def _no_fix_due(stage: Stage) -> bool:
    return not await stage.context.jobs.pending("fixes")


async def test_the_check_the_body_and_the_card_follow(stage: Stage, fix: Fix) -> None:
    pull = await fix.pull()
    [check] = [c for c in pull["checks"] if c["name"] == "soulcaster/proof"]
    assert check["conclusion"] == "success"
    body = (await issue(stage, fix.number))["body"]
    assert SHIPPING in body
    assert "one product more than fits" in body
    assert body.count("## Proof") == 1
    assert "## Ours\n\nSeen by Tom.\n\n## Not tested" in body
    assert "v2" in await reply(stage, 1, "run:F-1")


async def test_a_check_of_ours_that_is_run_again_is_proved_again(stage: Stage, fix: Fix) -> None:
    [check] = (await fix.pull())["checks"]
    before, said = await fix.commits(), await fix.said("revision:")
    await person(stage, "POST", f"/check-runs/{check['id']}/rerequest", login="ines-ferreira")

    async def completed() -> Any:
        [now] = (await fix.pull())["checks"]
        return now if now["status"] == "completed" else None

    again = await stage.wait("the proof", completed, timeout=120)
    assert (again["id"], again["conclusion"]) == (check["id"], "success")
    assert again["output"]["title"] == "Proved: red before, green after, the suite no worse"
    assert (await fix.commits(), await fix.said("revision:")) == (before, said)


async def test_versions_and_diff(stage: Stage, fix: Fix) -> None:
    first, second = await fix.commits()
    assert await obey(stage, fix.number, "/soulcaster versions", "lena-brandt") == "done"
    card = await reply(stage, fix.number, "versions:F-1")
    assert first["sha"][:10] in card
    assert second["sha"][:10] in card
    assert await obey(stage, fix.number, "/soulcaster diff v1 v2", "lena-brandt") == "done"
    card = await reply(stage, fix.number, "diff:F-1:v1:v2")
    assert "+    return 0 if subtotal >= FREE_FROM else rate" in card
    assert "page_count" not in card
    assert "/compare/" in card
    assert await obey(stage, fix.number, "/soulcaster diff v1 v7") == "refused"


async def made_by(stage: Stage, agent: str) -> None:
    """As if the fix had been asked of this agent: its versions are, too."""
    project = (await stage.project()).id
    await stage.context.runs.update(project, 1, lambda r: r.model_copy(update={"agent": agent}))


async def test_prose_is_answered_honestly_and_nothing_is_pushed(stage: Stage, fix: Fix) -> None:
    before = await fix.commits()
    await made_by(stage, "mechanic")
    line = await fix.line_of(PAGINATION)
    review = await fix.review(
        "yuki-mori",
        comments=[{"path": PAGINATION, "line": line, "body": "I find this hard to read."}],
    )
    card = await fix.ended(f"F-1:review-{review}")
    assert "Nothing was pushed" in card
    await settled(stage)
    [[answer]] = (await fix.answers(review)).values()
    assert "Nothing was changed" in answer
    assert "cannot follow prose" in answer
    assert await fix.commits() == before
    await made_by(stage, "command")


async def test_revert_is_a_new_commit_with_the_old_files(stage: Stage, fix: Fix) -> None:
    before = await fix.commits()
    card = await fix.command("revert v1")
    assert "v3 is on the branch" in card
    commits = await fix.commits()
    assert commits[:-1] == before
    folder = await stage.git_folder()
    ends = (commits[0]["sha"], commits[-1]["sha"])
    assert (await ran("git", "-C", folder, "diff", "--quiet", *ends)).returncode == 0
    assert "Soulcaster-Version: F-1 v3" in commits[-1]["message"]
    assert SHIPPING not in (await issue(stage, fix.number))["body"]
    assert await obey(stage, fix.number, "/soulcaster revert v3") == "refused"
    assert "Nothing was pushed" in await fix.command("revert v1 F-1")
    assert await fix.commits() == commits


async def test_a_review_without_write_is_only_noted(stage: Stage, fix: Fix) -> None:
    before = await fix.commits()
    review = await fix.review("sam-okafor", body=f"Please after all: {EXAMPLE}")
    await settled(stage)
    [card] = await fix.said(f"noted:F-1:{review}")
    assert "triage" in card
    assert await fix.commits() == before
    assert await fix.said(f"revision:F-1:review-{review}") == []
    assert await obey(stage, fix.number, "/soulcaster revise -- more", "sam-okafor") == "refused"


async def test_revise_takes_up_no_words_of_who_may_not_write(stage: Stage, fix: Fix) -> None:
    # Those of sam-okafor, who has triage, are what stands; ines-ferreira lends them nothing.
    assert await obey(stage, fix.number, "/soulcaster revise") == "refused"
    before = await fix.commits()
    assert "v4 is on the branch" in await fix.command(f"revise -- {EXAMPLE}")
    commits = await fix.commits()
    assert commits[:-1] == before
    ines = stage.github.world.user("ines-ferreira")
    assert f"Co-authored-by: ines-ferreira <{ines.email}>" in commits[-1]["message"]
    assert SHIPPING in {f["path"] for f in (await fix.pull())["files"]}


async def test_a_review_that_somebody_else_edited_is_not_its_authors(
    stage: Stage, fix: Fix
) -> None:
    line = await fix.line_of(PAGINATION)
    stage.github.set_role(stage.repository, "grace-oduya", "read")
    review = await fix.review(
        "grace-oduya",
        body="Nearly there.",
        comments=[{"path": PAGINATION, "line": line, "body": "Why?"}],
    )
    await settled(stage)
    [remark] = [c for c in (await fix.pull())["review_comments"] if c["review"] == review]
    edits = {f"/pulls/{fix.number}/reviews/{review}", f"/review-comments/{remark['id']}"}
    for path in edits:
        await person(stage, "PATCH", path, login="tom-beckett", body=EXAMPLE)
    await settled(stage)
    # She may write by now, but these are not her words any more.
    stage.github.set_role(stage.repository, "grace-oduya", "write")
    assert await obey(stage, fix.number, "/soulcaster revise") == "refused"
    stage.github.set_role(stage.repository, "grace-oduya", "read")


async def test_who_asked_is_told_that_their_approval_is_no_second_persons(
    stage: Stage, fix: Fix
) -> None:
    for login in ("tom-beckett", "yuki-mori"):
        body = {"login": login, "event": "APPROVE", "body": ""}
        await stage.person(f"/pulls/{fix.number}/reviews", **body)
    await settled(stage)
    [card] = await fix.said("own-approval:F-1")
    assert "`tom-beckett` asked for F-1" in card
    assert "does not count" in card


async def test_stop_ends_an_attempt(stage: Stage, fix: Fix) -> None:
    before = await fix.commits()
    assert await obey(stage, fix.number, "/soulcaster revise -- shorter names") == "done"
    [card] = [c for c in await fix.said("revision:") if "Stop" in c]
    assert await obey(stage, fix.number, "/soulcaster stop") == "done"
    ending = await fix.ended(card.partition("revision:")[2].partition(" ")[0])
    assert "Nothing was pushed. Stopped by" in ending
    assert await fix.commits() == before


async def test_a_review_by_a_bot_is_ignored(stage: Stage, fix: Fix) -> None:
    stage.github.add_user("lint[bot]", kind="Bot")
    stage.github.set_role(stage.repository, "lint[bot]", "write")
    said = len((await issue(stage, fix.number))["comments"])
    await fix.review("lint[bot]", body=EXAMPLE)
    await settled(stage)
    assert len((await issue(stage, fix.number))["comments"]) == said


async def test_who_lost_write_pushes_nothing(stage: Stage, fix: Fix) -> None:
    before = await fix.commits()
    line = "/soulcaster revert v1"
    assert await obey(stage, fix.number, line, "yuki-mori") == "done"
    stage.github.set_role(stage.repository, "yuki-mori", "read")
    [card] = [c for c in await fix.said("revision:") if "yuki-mori" in c and "Take back" in c]
    key = card.partition("revision:")[2].partition(" ")[0]
    assert "may no longer write" in await fix.ended(key)
    assert await fix.commits() == before
    stage.github.set_role(stage.repository, "yuki-mori", "write")


async def test_a_persons_push_takes_the_branch_over(stage: Stage, fix: Fix) -> None:
    branch = (await fix.pull())["head"]
    await stage.person("/push", login="tom-beckett", branch=branch, files={"NOTES.md": "mine"})
    mine = await fix.commits()
    for _ in range(2):
        await fix.review("tom-beckett", body=EXAMPLE)
    await settled(stage)
    for line in ("/soulcaster revise -- more", "/soulcaster revert v1"):
        said = await comment(stage, fix.number, line)
        assert said
    await settled(stage)
    [card] = await fix.said("handover:F-1")
    assert "theirs" in card
    assert await fix.commits() == mine


async def test_a_merged_pull_request_is_left_alone(stage: Stage, fix: Fix) -> None:
    await stage.person(f"/pulls/{fix.number}/merge", login="ines-ferreira", ready=True)
    await settled(stage)
    assert await obey(stage, fix.number, "/soulcaster revise -- more") == "refused"


async def test_github_would_have_understood_every_request(stage: Stage, shared: Path) -> None:
    record = stage.folder / "record/github.jsonl"
    assert await asyncio.to_thread(github_errors, shared, record) == []


async def ran(*command: str) -> subprocess.CompletedProcess[str]:
    """A program, run to its end."""
    return await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, check=False
    )
