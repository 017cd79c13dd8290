"""A public repository with private reports: every verb said, fixes published, nothing gets out.

Every field of every private report carries a canary. What GitHub then shows (issues, comments, pull
requests, branches, commits, diffs, check runs, labels) holds none of them, the team's Slack does.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from e2e_kit import all_items, ask, cluster_of, knock, messages, obey, open_issue, settled, unlike
from fix_kit import KNOWS, ended
from forks import open_stage

from bot.domain.audience import Audience
from bot.domain.fixes.run import FixRun
from bot.domain.models import Item, Verdict
from bot.simulators.github import Limits
from handlers.demo.stage import ADMIN, Stage
from workers.commands.verbs import ROSTER

CANARY = "zqxv"
INES = "U07INESF01"
# Every word of the first example is public, the second is red with other words in their place, and
# the third is not: nobody but a person can go on from there.
PAGES = "{a} of {b}: `shop.pagination.page_count(total=21, per_page=10)` returns 2, expected 3."
MAIL = (
    'Ticket: `shop.notifications.order_shipped("{a} {b}", "N-77")` returns "Hi N-77, your order '
    '{a} {b} is on its way.", expected "Hi {a} {b}, your order N-77 is on its way."'
)
SLUG = 'Name: `shop.search.slugify("{a} Tasse")` returns "tasse", expected "{c}-tasse".'
# It says aloud what it was told, and takes its time over mails.
AGENT = f'cat "$SOULCASTER_TASK"; ! grep -q order_shipped tests/test_soul* || sleep 10; {KNOWS}'
INVOICE = "The invoice of every second order is an empty page when it is printed on paper"


class Private:
    """Private reports of one history, each with canaries of its own."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)

    def canary(self) -> str:
        return CANARY + "".join(self.chance.choices("ghjkmnprst", k=6))

    def feedback(self, text: str) -> dict[str, Any]:
        a, b = self.canary().capitalize(), self.canary().capitalize()
        return {
            "id": f"{self.canary()}{unlike()}",
            "title": f"{a} of {self.canary()} is not helped",
            "text": f"{text.format(a=a, b=b, c=a.lower())}\n{self.canary()}",
            "author": f"{self.canary()}@{self.canary()}.example",
            "url": f"https://feedback.example/{self.canary()}",
        }

    def sentry(self) -> dict[str, Any]:
        frame = {
            "filename": f"src/{self.canary()}.py",
            "function": self.canary(),
            "context_line": self.canary(),
            "lineno": 12,
            "in_app": True,
        }
        value = {"type": "KeyError", "value": self.canary(), "stacktrace": {"frames": [frame]}}
        event = {
            "event_id": unlike(),
            "issue_id": unlike(),
            "title": f"KeyError: {self.canary()} leaks {self.canary()} tokens",
            "culprit": self.canary(),
            "environment": self.canary(),
            "release": self.canary(),
            "web_url": f"https://acme.sentry.example/{self.canary()}/",
            "tags": [[self.canary(), self.canary()]],
            "fingerprint": [self.canary()],
            "exception": {"values": [value]},
        }
        return {"action": "triggered", "data": {"event": event}, "installation": {"uuid": "a"}}

    def datadog(self) -> dict[str, Any]:
        return {
            "id": unlike(),
            "title": f"[Triggered on {{host:{self.canary()}}}] {self.canary()} is slow",
            "body": f"p95 of {self.canary()} over 2 s",
            "alert_transition": "Triggered",
            "alert_type": "error",
            "monitor_id": unlike(),
            "url": f"https://app.datadoghq.example/{self.canary()}",
            "tags": f"env:{self.canary()},team:{self.canary()}",
        }


async def test_nothing_private_gets_out(tmp_path: Path) -> None:
    await hold(tmp_path, seed=1, most=2)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 32))
async def test_nothing_private_gets_out_of_any_history(tmp_path: Path, seed: int) -> None:
    await hold(tmp_path, seed=seed, most=20)


async def hold(folder: Path, *, seed: int, most: int) -> None:
    """Live one history; ``most`` is about how many things everything is said."""
    async with open_stage(
        folder,
        private=False,
        limits=Limits.none(),
        SOULCASTER_EMBEDDER="hashing",
        SOULCASTER_AGENT="command",
        SOULCASTER_AGENT_COMMAND=AGENT,
    ) as stage:
        await _live(stage, Private(seed), most)


async def _live(stage: Stage, private: Private, most: int) -> None:
    told = [
        ("feedback", private.feedback(PAGES)),
        ("feedback", private.feedback(MAIL)),
        ("feedback", private.feedback(SLUG)),
        ("feedback", private.feedback(INVOICE)),
        ("sentry", private.sentry()),
        ("datadog", private.datadog()),
    ]
    private.chance.shuffle(told)
    for source, body in told:
        assert await knock(stage, source, json.dumps(body).encode()) == 202
        await settled(stage)
    issue = await open_issue(stage, INVOICE, f"{INVOICE}. Since 2.4.")
    hidden = [i for i in await all_items(stage) if i.audience is Audience.TEAM]
    assert len(hidden) == len(told)
    assert all(CANARY in each.model_dump_json() for each in hidden)
    pages, mail, slug = (
        next(each for each in hidden if name in each.body)
        for name in ("page_count", "order_shipped", "slugify")
    )

    # The team's words about a public fix are not taken where only the team reads them.
    steered = f"fix C-{pages.cluster} -- think of {private.canary()}"
    assert "will be public" in await ask(stage, INES, steered)

    proved = await _ended(stage, await _fixing(stage, issue, pages))
    stopped = await _ended(stage, await _fixing(stage, issue, slug))
    assert (proved.verdict, stopped.verdict) == (Verdict.PROVED, Verdict.NEEDS_A_PERSON)
    # The example is rewritten at once, and while it is mended everything is said.
    rewritten = await _fixing(stage, issue, mail)
    said = await _said(stage, issue, hidden, proved, private.chance, most)
    assert said | {"fix"} == {command.verb for command in ROSTER}
    await settled(stage)
    assert await _shown(stage) == []
    assert (await _ended(stage, rewritten)).red, "no example was rewritten"
    in_slack = json.dumps(await messages(stage), ensure_ascii=False)
    assert stopped.private_examples == (slug.number,)
    assert f"why {slug.name}" in in_slack
    assert slug.title in in_slack


async def _fixing(stage: Stage, issue: int, item: Item) -> int:
    """The number of a run of the report's cluster that was asked for."""
    assert await obey(stage, issue, f"/soulcaster fix C-{item.cluster}", ADMIN) == "done"
    runs = await stage.context.runs.all((await stage.project()).id)
    return next(run.number for run in runs if run.cluster == item.cluster)


async def _ended(stage: Stage, number: int) -> FixRun:
    return await ended(stage, number, timeout=900)


async def _said(
    stage: Stage, issue: int, hidden: list[Item], proved: FixRun, chance: Random, most: int
) -> set[str]:
    """Say every verb, about private things wherever it takes a thing; the verbs said."""
    verbs = set()
    names = [f"C-{item.cluster}" for item in hidden] + [await cluster_of(stage, issue)]
    lines = list(_lines(names, [item.name for item in hidden], chance, most))
    for line in lines:
        verbs.add(line.split()[0])
        await obey(stage, issue, f"/soulcaster {line}", ADMIN)
    await _all_ended(stage)
    pull = proved.pull_request
    assert pull is not None
    for line in ("versions", "diff v1 v1", "revert v1", "revise -- round up", "status", "logs"):
        verbs.add(line.split()[0])
        await obey(stage, pull, f"/soulcaster {line}", ADMIN)
    logs = [f"logs F-{number}" for number in (1, 2, 3)]
    for line in ("status F-1", *logs, "retry F-2", "steer F-2 look", "stop F-2", "replay"):
        verbs.add(line.split()[0])
        await obey(stage, issue, f"/soulcaster {line}", ADMIN)
    await _all_ended(stage)
    return verbs


async def _all_ended(stage: Stage) -> None:
    for run in await stage.context.runs.all((await stage.project()).id):
        await _ended(stage, run.number)


def _lines(names: list[str], items: list[str], chance: Random, most: int) -> Iterator[str]:
    """What is said on the public issue; what corrects is confirmed, and taken back."""
    for name in chance.sample(names, min(most, len(names))):
        yield from (f"status {name}", f"why {name}", f"plan {name}", f"plan {name} -- look at x")
        yield from (f"plan {name} --approve=v2", f"severity {name} S1", f"assign {name} @bo")
        yield from (f"unassign {name}", f"snooze {name} 3d", f"unsnooze {name}")
        yield from (f"ignore {name} --reason=spam", f"reopen {name}", f"resolve {name}")
        yield from (f"reopen {name}", f"history {name}", f"similar {name}")
        yield from (f"summarize {name}", f"summarize {name} --since=7d", f"example {name}")
        yield from (f"track {name}", f"status {name}")
        yield f"merge {name} into {chance.choice(names)}"
        yield f"merge {name} into {chance.choice(names)} --confirm"
        yield from (f"untrack {name}", f"track {name}", f"split {name} --by=source")
    for item in chance.sample(items, min(most, len(items))):
        other = chance.choice(items)
        yield from (f"why {item}", f"similar {item}", f"dup {item} {other}")
        yield from (f"not-dup {item} {other}", f"split {item}", f"split {item} --confirm")
        yield from (f"move {item} to new", f"move {item} to {chance.choice(names)} --confirm")
        yield from ("history", "undo", "why")
    yield from (
        "channel show",
        "config show",
        "config validate",
        "doctor",
        "link K7QX9M2P4RTW",
        "unlink",
        "quota",
        "key list",
        "import status",
        "import stop",
        "export",
        "erase @nobody",
        "merge --suggest",
        "backtest",
        "recluster --dry-run",
        "recluster status",
        "token list",
        "notify",
        "notify severity>=S4 or event:new",
        "pause posts --for=1h",
        "resume",
    )
    yield from ("agent list", "agent new ~docs", "agent status", "agent cancel")
    yield from ("ask what is private here?", "ask how many reports by author?", "ask list")
    yield from ("remember Refunds are gross", "memory", "forget M-1", "profile refresh", "profile")
    yield from ("files add README.md@main", "files use README.md C-1", "files", "files shelf new a")
    yield from ("clusters --state=all", "status", "help", "whoami", "source list", "similar")
    yield from ("digest preview", "digest now", "history", "feedback It is slow", "status")


async def _shown(stage: Stage) -> list[str]:
    """Where GitHub shows a canary."""
    found = []
    waiting: list[tuple[str, Any]] = [("", await stage.github_state())]
    while waiting:
        path, part = waiting.pop()
        if isinstance(part, dict):
            waiting += [(f"{path}/{name}", each) for name, each in part.items()]
        elif isinstance(part, list):
            waiting += [(f"{path}/{place}", each) for place, each in enumerate(part)]
        elif isinstance(part, str) and CANARY in part.casefold():
            found.append(f"{path}: {part[:300]}")
    folder = await stage.git_folder()
    log = await asyncio.create_subprocess_exec(
        "git", "-C", folder, "log", "--all", "--format=%H %D%n%B", "-p",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    told, _ = await log.communicate()
    assert b"soulcaster/C-" in told
    return found + [line for line in told.decode().splitlines() if CANARY in line.casefold()]
