"""A week of a project: what Slack and GitHub are told, of which kind, and whom that reaches.

``python tests/benchmarks/bench_week.py`` plays 300 issues, 3,000 alerts of 60 problems that come in
fives, 40 commands of six people and 10 fixes, in one process, with both simulators and a clock that
is moved. What is reported is that of ``tests/stories``, the projects among one another; four fixes
are of bugs of the shop, by an agent that knows the answers, the others of what no example shows.
``ISSUES ALERTS COMMANDS FIXES`` in the environment are other counts, ``SHOW=1`` prints each text. A
delayed job runs when the moved clock comes to it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import structlog

from bot.context import Context, open_context
from bot.domain.audience import Audience
from bot.domain.models import Draft, Project
from bot.jobs import QUEUES
from bot.settings import Settings
from bot.simulators.github import Limits
from bot.simulators.slack import Limits as SlackLimits
from bot.storage import keys
from bot.storage.inbox import Delivery
from handlers.demo import reports
from handlers.demo.stage import ADMIN, Stage, open_stage
from workers import worker
from workers.clusters.channels import settle_channel
from workers.intake import items, sync
from workers.upkeep import schedule

WEEK = timedelta(days=7)
BURST = 5
# Bugs of the demo's shop, as somebody shows them, and what mends them.
BUGS = (
    ("Last page of a category is missing", "pagination.page_count(total=21, per_page=10)", "2", "3",
     "'s/rest > 1/rest > 0/' src/shop/pagination.py"),
    ("Fifty euros pay for delivery", 'shipping.shipping_cost(5000, "DE")', "490", "0",
     "'s/subtotal > FREE_FROM/subtotal >= FREE_FROM/' src/shop/shipping.py"),
    ("Ten percent of 19.90 is one euro", "pricing.percent_off(1990, 10)", "1800", "1791",
     "'s|price // 100 . percent|price * percent / 100|' src/shop/pricing.py"),
    ("The mail greets an order number", 'notifications.order_shipped("Ana", "N-7")',
     '"Hi N-7, your order Ana is on its way."', '"Hi Ana, your order N-7 is on its way."',
     "'s/SHIPPED, number, name/SHIPPED, name, number/' src/shop/notifications.py"),
)  # fmt: skip
_FOUND = '"$SOULCASTER_TASK" tests/test_soulcaster*'
KNOWS = "; ".join(
    f"! grep -qs {call.split('.')[1].split('(')[0]} {_FOUND} || sed -i {edit}"
    for _, call, _, _, edit in BUGS
)
STORIES = Path(__file__).parents[1] / "stories"
MACHINES = ("sentry", "datadog", "splunk", "posthog")
STAMP = re.compile(rb'"(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ)"')
SAID = (
    "status C-{n}", "why C-{n}", "severity C-{n} S2", "assign C-{n} @tom-beckett", "clusters",
    "snooze C-{n} 3d", "ignore C-{n} --reason=expected", "svereity C-{n} S1", "help",
    "reopen C-{n}", "similar C-{n}", "resolve C-{n}", "plan C-{n}",
)  # fmt: skip


class Played:
    """The week as it goes."""

    def __init__(self, stage: Stage, project: Project) -> None:
        self.stage, self.project = stage, project
        self.now = datetime.now(UTC)
        # Its time stamps are names of messages: what was said lately is seen by them.
        stage.slack.workspace._clock = lambda: self.now.timestamp()
        self.ctx: Context
        self.heard: set[str] = set()
        self.due: dict[tuple[bytes, float], datetime] = {}
        self.chance = Random(7)
        self.events = 0
        told = [
            json.loads(line) for path in sorted(STORIES.glob("*/*.jsonl")) for line in path.open()
        ]
        self.texts = [one for one in told if one["source"] not in MACHINES]
        self.alarms = [one["title"] for one in told if one["source"] in MACHINES][:60]
        self.chance.shuffle(self.texts)

    def clock(self) -> datetime:
        return self.now

    async def drain(self) -> None:
        """What is due now, on the moved clock."""
        while True:
            for queue in QUEUES:
                await worker.drain(self.ctx, queue)
            if not await self._release():
                return

    async def _release(self) -> int:
        """Let those delayed jobs run that the moved clock has come to; how many."""
        released, real = 0, datetime.now(UTC).timestamp()
        known: dict[tuple[bytes, float], datetime] = {}
        for lane in {lane for lanes in QUEUES.values() for lane in lanes}:
            for tenant in (self.project.id, 0):
                todo = keys.todo(lane, tenant)
                for member, score in await self.ctx.redis.zrange(todo, 0, -1, withscores=True):
                    left = timedelta(seconds=max(0.0, score - real))
                    at = self.due.get((member, score), self.now + left)
                    if at <= self.now:
                        await self.ctx.redis.zadd(todo, {member: 0})
                        released += 1
                    else:
                        known[member, score] = at
        self.due = known
        return released

    async def unhurried(self) -> None:
        """What Slack's pace would have us wait in real time is long past on the moved clock."""
        paced = [keys.budget(f"slack:{self.stage.channel}", part) for part in keys.BUDGET]
        while True:
            await self.ctx.redis.delete(*paced)
            await asyncio.sleep(0.02)

    async def on(self, **later: float) -> None:
        self.now += timedelta(**later)
        await schedule.send_due_digests(self.ctx)
        await self.drain()

    async def alerts(self, problem: int) -> None:
        """Some of one problem, within seconds."""
        for _ in range(BURST):
            self.events += 1
            draft = Draft(
                audience=Audience.TEAM, source="sentry", key=f"p{problem}", event=f"e{self.events}",
                title=self.alarms[problem], occurred_at=self.now,
                level=("critical", "error", "warning", "info")[min(3, problem // 4)],
            )  # fmt: skip
            await items.take(self.ctx, self.project.id, draft)
            self.now += timedelta(seconds=2)
        await self.drain()

    async def issue(self, nth: int) -> None:
        """A story's report; when all are told, once more by somebody else in other words."""
        who = self.chance.choice(reports.world().members[4:]).login
        told, again = self.texts[nth % len(self.texts)], nth >= len(self.texts)
        title = f"Same here: {told['title']}" if again else told["title"]
        body = f"It happens to us, too. {told['body'][:200]}" if again else told["body"]
        await self.stage.person("/issues", login=who, title=title, body=body)
        await self.hear()

    async def fix(self, nth: int) -> None:
        """Asked for on an issue, that of a bug or another."""
        number = self.chance.randint(1, 5)
        if nth < len(BUGS):
            title, call, gives, wanted, _ = BUGS[nth]
            body = f"`shop.{call}` returns {gives}, expected {wanted}."
            made = await self.stage.person("/issues", login="pavel-novak", title=title, body=body)
            number = made["number"]
            await self.hear()
        self.now += timedelta(minutes=2)
        await self.drain()
        body = "/soulcaster fix"
        await self.stage.person(f"/issues/{number}/comments", login="tom-beckett", body=body)
        await self.hear()

    async def hear(self) -> None:
        """What GitHub tells us of what people did, and of what we did."""
        for _ in range(3):
            await self.stage.github.webhooks.settle()
            sent = [one for one in self.stage.github.webhooks.sent() if one.guid not in self.heard]
            for one in reversed(sent):
                self.heard.add(one.guid)
                meta = {"event": one.event, "guid": one.guid}
                body = STAMP.sub(self._moved, one.body)
                await self.ctx.inbox.accept(
                    Delivery("hear_github", meta, body, self.now.timestamp())
                )
            await self.drain()

    def _moved(self, stamp: re.Match[bytes]) -> bytes:
        """What GitHub's own clock says is just now, on the moved one."""
        said = datetime.fromisoformat(stamp[1].decode())
        if datetime.now(UTC) - said > timedelta(seconds=5):
            return stamp[0]
        return f'"{self.now:%Y-%m-%dT%H:%M:%SZ}"'.encode()

    async def command(self, nth: int) -> None:
        """Every other one in Slack."""
        who = [m for m in reports.world().members if m.slack_user][nth % 5]
        open_ = await self.ctx.overview.open_clusters(self.project.id, range(1, 400))
        number = self.chance.choice(sorted(set(open_.values())))
        line = SAID[nth % len(SAID)].format(n=number)
        if nth % 2:
            bot, channel = self.stage.slack.workspace.bot.id, self.stage.channel
            text = f"<@{bot}> {line}"
            sent = await self.stage.slacker(
                "message", user=who.slack_user, channel=channel, text=text
            )
            event = {"user": who.slack_user, "channel": channel, "ts": sent["ts"], "text": text}
            team = self.stage.slack.workspace.team.id
            body = {"event": event, "event_id": f"E{nth}", "authorizations": [{"user_id": bot}]}
            body |= {"team_id": team}
            row = json.dumps(body).encode()
            meta = {"kind": "mention"}
            await self.ctx.inbox.accept(
                Delivery("hear_slack", meta, row, self.now.timestamp(), lane="people")
            )
            await self.drain()
        else:
            issue = self.chance.randint(1, 5)
            login = reports.world().members[5].login if nth % 10 == 0 else who.login
            body = f"/soulcaster {line}"
            await self.stage.person(f"/issues/{issue}/comments", login=login, body=body)
            await self.hear()


async def play(week: Played, issues: int, alerts: int, commands: int, fixes: int) -> None:
    """In an order that is the same every time."""
    steps = ["issue"] * issues + ["alerts"] * (alerts // BURST) + ["command"] * commands
    steps += ["fix"] * fixes
    week.chance.shuffle(steps)
    steps = ["issue"] * 6 + steps
    each, nth, opened, asked = WEEK / len(steps), 0, 0, 0
    for at, step in enumerate(steps):
        began = week.now
        if step == "alerts":
            await week.alerts(min(59, int(week.chance.expovariate(1 / 14))))
        elif step == "issue":
            await week.issue(opened)
            opened += 1
        elif step == "fix":
            await week.fix(asked)
            asked += 1
        else:
            await week.command(nth)
            nth += 1
        for share in (0.05, 0.95):
            await week.on(seconds=max(0.0, (each * share).total_seconds()))
        if at % 100 == 0:
            print(f"  step {at} of {len(steps)}, {began:%a %H:%M}", flush=True)


def recorded(path: Path) -> Iterable[tuple[str, str, dict[str, Any], int]]:
    """Method, path, body and status of each exchange."""
    for line in path.read_text().splitlines():
        one = json.loads(line)
        body = one["request_body"] if isinstance(one["request_body"], dict) else {}
        yield one["method"], re.sub(r"^https?://[^/]+", "", one["url"]), body, one["status"]


def kind_of(text: str) -> str:
    """``problem`` of a card whose key is ``problem:C-1``."""
    found = re.search(r"soulcaster:([a-z-]+)", text)
    return found[1] if found else "other"


def counted(folder: Path) -> tuple[Counter[tuple[str, str, str]], Counter[tuple[str, str]]]:
    """How often each kind was said or edited, and each text was said in each place."""
    kinds: Counter[tuple[str, str, str]] = Counter()
    texts: Counter[tuple[str, str]] = Counter()
    for _, url, body, status in recorded(folder / "slack.jsonl"):
        method = url.rpartition("/")[2]
        what = {"chat.postMessage": "said", "chat.update": "edited", "chat.delete": "taken off",
                "chat.postEphemeral": "to one person"}.get(method)  # fmt: skip
        if what and status == 200:
            blocks = json.dumps(body.get("blocks") or "")
            kind = kind_of(blocks + str(body.get("metadata", "")))
            thread = bool(body.get("thread_ts"))
            kinds["Slack", f"{kind}{' (thread)' if thread else ''}", what] += 1
            if what == "said":
                place = f"Slack {body.get('channel')} {body.get('thread_ts', '')}"
                texts[place, re.sub(r'"block_id": "[^"]*"', "", blocks)] += 1
    for method, url, body, status in recorded(folder / "github.jsonl"):
        path = url.partition("?")[0]
        if status >= 300 or "/_sim" in path:
            continue
        said = method == "POST" and path.endswith("/comments")
        made = method == "POST" and path.endswith(("/issues", "/pulls"))
        edit = method == "PATCH" and "/issues" in path
        gone = method == "DELETE" and "/issues/comments/" in path
        if said or made or edit or gone:
            what = "taken off" if gone else "edited" if edit else "said"
            kind = "" if gone else kind_of(str(body.get("body", "")))
            opened = f" ({path.rpartition('/')[2]})" if made else ""
            kinds["GitHub", f"{kind}{opened}", what] += 1
            if said:
                texts[f"GitHub {path}", str(body["body"])] += 1
    return kinds, texts


def reached(state: Any) -> tuple[Counter[str], int]:
    """How many of our comments GitHub mails to each person on an issue, and to who watches all."""
    mailed: Counter[str] = Counter()
    ours = 0
    for issue in state["repositories"][0]["issues"]:
        people = {issue["author"]}
        for comment in issue["comments"]:
            login = comment["author"]
            if login.endswith("[bot]"):
                ours += 1
                mailed.update(who for who in people if not who.endswith("[bot]"))
            else:
                people.add(login)
    return mailed, ours


async def main() -> None:
    logging.disable(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    asked = {name: int(os.environ.get(name, much)) for name, much in
             {"ISSUES": 300, "ALERTS": 3_000, "COMMANDS": 40, "FIXES": 10}.items()}  # fmt: skip
    limits = SlackLimits(posts_a_second=1e6, burst=10**6, tiers=False)
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        record = folder / "record"
        async with open_stage(
            folder,
            processes=False,
            limits=Limits.none(),
            slack_limits=limits,
            record=record,
            SOULCASTER_AGENT="command",
            SOULCASTER_AGENT_COMMAND=KNOWS,
        ) as stage:
            installed = stage.github.install("acme", repositories=[stage.repository], sender=ADMIN)
            await sync.sync_installation(stage.context, installed.id)
            week = Played(stage, await stage.project())
            async with open_context(Settings.load(stage.environment), clock=week.clock) as week.ctx:
                await settle_channel(week.ctx, week.project.id)
                pace = asyncio.create_task(week.unhurried())
                await week.hear()
                await play(week, *asked.values())
                await week.on(days=1)
                pace.cancel()
                state = await stage.github_state()
                print(f"parked: {len(await week.ctx.jobs.parked('work'))}")
                runs = await week.ctx.runs.many(week.project.id, range(1, asked["FIXES"] + 1))
                print("fix runs:", dict(Counter(str(run.verdict or run.state) for run in runs)))
        kinds, texts = counted(record)
        if os.environ.get("SHOW"):
            for (place, text), many in texts.items():
                print("~~~", many, place, text[:700])
        mailed, ours = reached(state)
    print(f"{asked}: {WEEK.days} days")
    for where in ("Slack", "GitHub"):
        rows = sorted({kind for place, kind, _ in kinds if place == where})
        columns = ("said", "to one person", "edited", "taken off")
        print(f"\n{where:<28}" + "".join(f"{name:>15}" for name in columns))
        for kind in rows:
            row = "".join(f"{kinds[where, kind, name]:>15,}" for name in columns)
            print(f"{kind:<28}{row}")
        total = "".join(
            f"{sum(n for (w, _, c), n in kinds.items() if w == where and c == name):>15,}"
            for name in columns
        )
        print(f"{'all':<28}{total}")
    print(f"\nmailed by GitHub: {ours} of our comments to who watches the repository; others:")
    for login, many in mailed.most_common(8):
        print(f"  {login:<20}{many:>5}")
    twice = [(place, text, many) for (place, text), many in texts.items() if many > 1]
    print(f"\nsaid more than once in one place: {len(twice)}")
    for place, text, many in twice[:10]:
        print(f"  {many} × {place}: {text[:240]}")


if __name__ == "__main__":
    asyncio.run(main())
