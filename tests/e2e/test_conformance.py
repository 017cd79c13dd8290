"""All that can be said, said in both places, and every exchange held to the vendors' own words."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from checkers import github_errors, load_checker
from e2e_kit import (
    SENDERS,
    ask,
    cluster_of,
    messages,
    obey,
    open_issue,
    parked,
    person,
    replies,
    report_of,
    settled,
    unlike,
    whispers,
)
from forks import open_stage
from github_routes import route_of

from bot.simulators.github import Limits
from handlers.demo.senders import send_alert
from handlers.demo.stage import ADMIN, Stage
from workers.commands.verbs import ROSTER

pytestmark = pytest.mark.asyncio(loop_scope="module")
INES = "U07INESF01"
# Fix runs have their own tests, and the demo's recording is held to the same.
ELSEWHERE = {"fix", "retry"}
# Events that GitHub's published schema does not know yet where it lists those of an app.
NEWER = re.compile(r"performed_via_github_app\.events.* '(issue_dependencies|sub_issues)' is not")
# A channel takes one message a second.
MENTIONED = {"status", "why", "similar", "resolve"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Stage, Path]]:
    """A stage on which everything was said, and the folder of its recordings."""
    folder = tmp_path_factory.mktemp("conformance")
    record = folder / "record"
    async with open_stage(
        folder / "stage", record=record, limits=Limits.none(), SOULCASTER_EMBEDDER="hashing"
    ) as stage:
        await play(stage)
        yield stage, record


async def play(stage: Stage) -> None:
    for source in SENDERS:
        await send_alert(stage, report_of(source))
    number = await open_issue(stage, f"Totals are wrong {unlike()}", "They are off by one.")
    other = await open_issue(stage, f"Images are gone {unlike()}", "All of them.")
    spare = await open_issue(stage, f"Mails come twice {unlike()}", "Every one.")
    names = [await cluster_of(stage, each) for each in (number, other, spare)]
    for command in ROSTER:
        if command.verb in ELSEWHERE:
            continue
        for example in command.examples:
            clusters = iter([names[0], names[1], names[2], names[2]])
            line = re.sub(r"\bC-\d+", lambda _: next(clusters), example)  # noqa: B023
            line = re.sub(r"\bI-\d+", "I-1", line).replace("@ana", "@tom-beckett")
            await obey(stage, number, f"/soulcaster {line}")
            await stage.slacker("command", user=INES, channel=stage.channel, text=line)
        if command.verb in MENTIONED:
            await stage.slacker(
                "message",
                user=INES,
                channel=stage.channel,
                text=f"@soulcaster {command.verb} {names[0]}",
            )
    for line in ("nonsense", "status C-99", "severity S1", "fix --agent ~nobody"):
        await obey(stage, number, f"/soulcaster {line}")
        await stage.slacker("command", user=INES, channel=stage.channel, text=line)
    await obey(stage, number, "/soulcaster severity S1", login="lena-brandt")
    await settled(stage)  # what was said above has its answers
    assert "on its way" in await ask(stage, INES, "digest now")
    await settled(stage)
    tracking = await stage.context.digests.tracking_issue((await stage.project()).id)
    await stage.person("/issues", login=ADMIN, title="With a command", body="/soulcaster status")
    await person(stage, "PATCH", f"/issues/{other}", login=ADMIN, title="Edited", body="words")
    for state in ("closed", "open"):
        await person(stage, "PATCH", f"/issues/{other}", login=ADMIN, state=state)
    await obey(stage, tracking or 0, "/soulcaster assign @tom-beckett")
    await person(stage, "DELETE", f"/issues/{spare}", login=ADMIN)
    await settled(stage)


async def test_no_example_of_help_breaks(played: tuple[Stage, Path]) -> None:
    stage, _ = played
    said = [c["body"] for n in range(1, 8) for c in await _replies(stage, n)]
    said += [json.dumps(m) for m in [*await messages(stage), *await whispers(stage, INES)]]
    assert len(said) > 60
    assert [words for words in said if "Something broke" in words] == []
    assert await parked(stage) == {}


async def _replies(stage: Stage, number: int) -> list[dict[str, str]]:
    state = await stage.github_state()
    known = {i["number"] for i in state["repositories"][0]["issues"]}
    return await replies(stage, number) if number in known else []


async def test_github_understands_every_request(played: tuple[Stage, Path], shared: Path) -> None:
    _, record = played
    assert await asyncio.to_thread(github_errors, shared, record / "github.jsonl") == []
    asked = [json.loads(line) for line in (record / "github.jsonl").read_text().splitlines()]
    assert len(asked) > 100
    # The permissions of app.yml are those of the roster.
    told = {(one["method"], urlsplit(one["url"]).path) for one in asked}
    below = {(m, re.sub(r"^(/api/v3)?(/repos/[^/]+/[^/]+)?", "", path) or "/") for m, path in told}
    assert [each for each in below if not route_of(*each)] == []


async def test_slack_understands_every_request(played: tuple[Stage, Path], shared: Path) -> None:
    _, record = played
    checker = load_checker(shared, "check_slack")
    lines = (record / "slack.jsonl").read_text().splitlines()
    found = {
        f"{exchange['url']} {v.where}: {v.rule} {v.detail}"
        for exchange in map(json.loads, lines)
        for v in checker.check_exchange(exchange)
        if v.level == "ERROR"
    }
    assert len(lines) > 60
    assert found == set()


async def test_the_webhooks_we_are_tested_with_are_githubs(
    played: tuple[Stage, Path], shared: Path
) -> None:
    stage, _ = played
    checker = load_checker(shared, "check_github_webhook")
    sent = stage.github.webhooks.sent()
    found = [
        f"{d.event}/{d.payload.get('action')}: {why}"
        for d in sent
        for why in checker.check(d.event, d.payload, d.request_headers)
        if not NEWER.search(why)
    ]
    assert {d.event for d in sent} >= {"installation", "issues", "issue_comment"}
    assert found == []
