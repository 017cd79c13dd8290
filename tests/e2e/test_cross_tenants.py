"""One tenant tries everything on another: nothing of theirs is shown, and nothing of it changes.

``acme`` is private; ``evil-corp`` has the app on a repository of its own and people in the same
Slack workspace, in another one, and in a channel that is shared with it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from e2e_kit import (
    BOT,
    ask,
    cluster_of,
    github,
    knock,
    messages,
    open_issue,
    parked,
    settled,
    to_slacks_door,
    unlike,
)
from fix_kit import ready_to_publish
from forks import open_stage

from bot.domain.models import Person, Project
from bot.render.marker import action_id
from bot.render.marker import metadata as metadata_of
from bot.simulators.github import Limits
from bot.simulators.slack import Limits as SlackLimits
from bot.storage.accounts import Account
from handlers.demo.shop_files import shop_files
from handlers.demo.stage import ADMIN, Stage
from workers.commands.verbs import ROSTER

CANARY = "zqxv"
INES, OTHER_TEAM = "U07INESF01", "T0OTHER"
ACME, EVIL, BAIT = "acme/shop", "evil-corp", "evil-corp/bait"
# Who tries, as (team, user); an empty team is ours. Mallory is evil-corp, of our workspace; those
# of other ones are refused even where the store takes them for acme's admin.
MALLORY, AFAR, NAMESAKE = ("", "U07MALLORY"), (OTHER_TEAM, "U07TRENT01"), (OTHER_TEAM, INES)
VENDOR, NOBODY = ("T0VENDOR", "U0VENDOR01"), ("", "U07NOBODY1")
FOREIGN = (AFAR, NAMESAKE, VENDOR)
PEOPLE = (MALLORY, NOBODY, *FOREIGN)
LINES = 3  # of one comment or message
# What links and unlinks is about nobody but who says it.
SAID = [line for verb in ROSTER if verb.verb not in ("link", "unlink") for line in verb.examples]
PRESSED = ("status C-1", "resolve C-1", "severity C-1 S4", "stop F-1", "logs F-1", "why I-1")
PRESSED += ("channel bind", "channel release", "digest now", "source list", "history", "undo")
FAST = SlackLimits(posts_a_second=1_000, burst=1_000, tiers=False)


async def test_nothing_gets_from_tenant_to_tenant(tmp_path: Path) -> None:
    await hold(tmp_path, 120)


@pytest.mark.long
@pytest.mark.timeout(1_800)
async def test_nothing_gets_from_tenant_to_tenant_in_a_thousand_tries(tmp_path: Path) -> None:
    await hold(tmp_path, 1_000)


async def hold(folder: Path, count: int) -> None:
    async with open_stage(
        folder, limits=Limits.none(), slack_limits=FAST, SOULCASTER_EMBEDDER="hashing"
    ) as stage:
        tenants = await Tenants.on(stage, Random(20261121))
        before = await tenants.acme_now()
        answers = len(await tenants.answers())
        tried: Counter[str] = Counter()
        while tried.total() < count:
            tried += await tenants.attempt()
        await settled(stage, timeout=300)
        # The same answer to lines of one request is given once; more of them, where they differ.
        # What is refused to a person on an issue stands there once.
        assert len(await tenants.answers()) - answers >= tenants.requests + 1
        assert set(tried) == {"comment", "slash", "mention", "thread", "button", "door"}
        assert await tenants.seen() == []
        after = await tenants.acme_now()
        changed = {k for k in before.keys() | after.keys() if before.get(k) != after.get(k)}
        # A door counts who knocks with a wrong secret.
        assert {key for key in changed if ":door:" not in key} == set()
        assert await parked(stage) == {}
        assert CANARY in await ask(stage, INES, f"{ACME} status C-1"), "there was nothing to see"


@dataclass(frozen=True)
class Room:
    """A channel, whose it is, and a person's message there."""

    id: str
    whose: str
    ts: str


@dataclass
class Tenants:
    """Both of them, and what evil-corp knows: acme's names, numbers and channels."""

    stage: Stage
    chance: Random
    acme: Project
    bait: Project
    issue: int
    card: Any
    rooms: list[Room]
    requests: int = 0

    @classmethod
    async def on(cls, stage: Stage, chance: Random) -> Tenants:
        """Acme has clusters, a run, a correction and a card in its channel; evil-corp a cluster."""
        number = await open_issue(stage, f"{CANARY} leaks {unlike()}", f"{CANARY}, always.")
        said = {"text": f"Customer {CANARY}{unlike()} is charged twice", "author": CANARY}
        assert await knock(stage, "feedback", json.dumps(said).encode()) == 202
        cluster = int((await cluster_of(stage, number)).removeprefix("C-"))
        await ready_to_publish(stage, number, cluster)
        await stage.slacker(
            "message", user=INES, channel=stage.channel, text=f"@soulcaster severity C-{cluster} S2"
        )
        await stage.slacker(
            "message", user=INES, channel=stage.channel, text=f"@soulcaster status C-{cluster}"
        )
        await settled(stage)
        acme = await stage.project()
        await _hidden(stage)
        bait, issue = await _evil(stage)
        rooms = await _rooms(stage, bait)
        card = next(m for m in reversed(await messages(stage)) if m.get("metadata"))
        return cls(stage, chance, acme, bait, issue, card, rooms)

    async def acme_now(self) -> dict[str, Any]:
        """All that acme has, wherever it is kept."""
        redis = self.stage.context.redis
        found: dict[str, Any] = {
            key.decode(): await redis.dump(key)
            async for key in redis.scan_iter(f"sc:{self.acme.id}:*", count=1_000)
        }
        state = await self.stage.github_state()
        found["repositories"] = [
            one for one in state["repositories"] if one["full_name"].startswith("acme/")
        ]
        found["channel"] = [m for m in await messages(self.stage) if m.get("bot_id")]
        found["bound"] = await self.stage.context.channels.bound(self.stage.channel)
        found["hooks"] = await self.stage.context.vault.hooks(self.acme.id)
        return found

    async def answers(self) -> list[Any]:
        """All that was whispered, and what was commented on evil-corp's issue."""
        slack, state = await self.stage.slack_state(), await self.stage.github_state()
        [bait] = [r for r in state["repositories"] if r["full_name"] == BAIT]
        [issue] = [i for i in bait["issues"] if i["number"] == self.issue]
        return [*slack["ephemerals"], *(c for c in issue["comments"] if c["author"] == BOT)]

    async def seen(self) -> list[str]:
        """What evil-corp's people were shown that is acme's."""
        slack, state = await self.stage.slack_state(), await self.stage.github_state()
        users = {user for _, user in PEOPLE} - {INES}
        shown: list[Any] = [one for one in slack["ephemerals"] if one["user"] in users]
        shown += [c["messages"] for c in slack["channels"] if c["id"] != self.stage.channel]
        shown += [r for r in state["repositories"] if r["full_name"] == BAIT]
        assert len(shown) > 2
        return [text for one in shown if CANARY in (text := json.dumps(one, ensure_ascii=False))]

    async def attempt(self) -> Counter[str]:
        """One request, with one try or several of the same kind."""
        kind = self.chance.choice(("comment", "slash", "mention", "thread", "button", "door"))
        self.requests += kind not in ("comment", "door")
        return Counter({kind: await getattr(self, f"_{kind}")()})

    async def _comment(self) -> int:
        lines = [f"/soulcaster {self._of_acme()}" for _ in range(LINES)]
        path = f"/repos/{BAIT}/issues/{self.issue}/comments"
        await github(self.stage, "POST", path, login=EVIL, body="\n".join(lines))
        return len(lines)

    async def _slash(self) -> int:
        """A line that names acme, or a bare one in its channel."""
        (team, user), room = self._who(), self.chance.choice(self.rooms)
        bare = self.chance.choice(SAID) if room.whose == "acme" else self._of_acme()
        form = {
            "command": "/soulcaster",
            "text": self.chance.choice((bare, self._of_acme())),
            "user_id": user,
            "team_id": team or self._team,
            "channel_id": room.id,
            "trigger_id": unlike(),
        }
        await self._send("commands", form)
        return 1

    async def _mention(self) -> int:
        room = self.chance.choice(self.rooms)
        return await self._event(room.id, [self._of_acme() for _ in range(LINES)], room.ts)

    async def _thread(self) -> int:
        """Bare lines below acme's own card."""
        return await self._event(
            self.stage.channel, self.chance.choices(SAID, k=LINES), self.card["ts"]
        )

    async def _event(self, channel: str, lines: list[str], thread: str) -> int:
        (team, user), us = self._who(), self.stage.slack.workspace.bot.id
        event = {
            "type": "app_mention",
            "user": user,
            "text": "\n".join(f"<@{us}> {line}" for line in lines),
            "ts": thread,
            "thread_ts": thread,
            "channel": channel,
            "user_team": team or self._team,
        }
        body = {
            "type": "event_callback",
            "team_id": self._team,
            "event_id": unlike(),
            "event": event,
            "authorizations": [{"user_id": us, "team_id": self._team, "is_bot": True}],
        }
        assert await to_slacks_door(self.stage, "events", json.dumps(body).encode()) == 200
        return len(lines)

    async def _button(self) -> int:
        """A press that says acme by its button, its message or its sentence, or all of them."""
        acme, bait, nothing = self.acme.id, self.bait.id, 0
        (team, user), choose = self._who(), self.chance.choice
        button, message = choose(((acme, acme), (acme, bait), (bait, acme), (acme, nothing)))
        sentence, room = choose((*PRESSED, self._of_acme())), choose(self.rooms)
        ts = choose((self.card["ts"], room.ts)) if room.whose == "acme" else room.ts
        metadata = metadata_of(message, "cluster:C-1") if message else None
        payload = {
            "type": "block_actions",
            "user": {"id": user, "team_id": team or self._team},
            "team": {"id": self._team},
            "trigger_id": unlike(),
            "container": {
                "type": "message",
                "channel_id": room.id,
                # Of one that only they saw no message is sent along: the button counts alone.
                "is_ephemeral": button == acme and choose((True, False)),
            },
            "message": {"ts": ts, "metadata": metadata},
            "actions": [
                {
                    "type": "button",
                    "action_id": action_id(button, sentence),
                    "value": sentence,
                }
            ],
        }
        await self._send("interactions", {"payload": json.dumps(payload)})
        return 1

    async def _door(self) -> int:
        """Evil-corp's own secret at acme's door."""
        source = self.chance.choice([*self.stage.hooks])
        own = await self.stage.context.vault.open_hook(self.bait.id, source)
        for headers in ({"Authorization": f"Bearer {own.secret}"}, {"X-Soulcaster-Token": own.id}):
            assert await knock(self.stage, source, b'{"text": "x"}', headers=headers) in (401, 429)
        await self.stage.context.vault.close_hook(own)
        return 2

    async def _send(self, door: str, form: dict[str, str]) -> None:
        kind = "application/x-www-form-urlencoded"
        assert await to_slacks_door(self.stage, door, urlencode(form).encode(), kind) == 200

    def _who(self) -> tuple[str, str]:
        return self.chance.choice((MALLORY, self.chance.choice(PEOPLE)))

    @property
    def _team(self) -> str:
        return str(self.stage.slack.workspace.team.id)

    def _of_acme(self) -> str:
        """A line about acme: its name before it or before a number, or its issues in it."""
        line = re.sub(r"\b([CIF])-\d+", r"\1-1", self.chance.choice(SAID))
        name = self.chance.choice((ACME, ACME.upper(), "Acme/shop"))
        issue = self.chance.choice((f"{ACME}#1", f"https://github.com/{ACME}/issues/1"))
        verb, _, rest = line.partition(" ")
        forms = [f"{name} {line}"]
        if re.match(r"[CIF]-", rest):
            forms.append(f"{verb} {name} {rest}")
        forms += [f"{each} {issue}" for each in ("dup", "not-dup", "similar", "why")]
        return self.chance.choice((forms[0], *forms))


async def _hidden(stage: Stage) -> None:
    """Acme has a repository whose very name nobody else knows."""
    made = await stage.github.add_repository(
        f"acme/{CANARY}-{unlike()}", shop_files(), private=True
    )
    stage.github.set_role(made.full_name, ADMIN, "admin")
    [installation] = (await stage.github_state())["installations"]
    path = f"/installations/{installation['id']}"
    await github(stage, "PATCH", path, login=ADMIN, add=[made.full_name])
    await _known(stage, made.full_name)


async def _evil(stage: Stage) -> tuple[Project, int]:
    """Evil-corp's own project, and an issue in it with a cluster."""
    stage.github.add_user(EVIL)
    await stage.github.add_repository(BAIT, shop_files(), private=True)
    stage.github.install(EVIL, repositories=[BAIT], sender=EVIL)
    bait = await _known(stage, BAIT)
    made = await github(stage, "POST", f"/repos/{BAIT}/issues", login=EVIL, title="Slow", body="So")
    await settled(stage)
    return bait, int(made["number"])


async def _known(stage: Stage, name: str) -> Project:
    async def there() -> Project | None:
        return next((p for p in await stage.context.projects.all() if p.full_name == name), None)

    found: Project = await stage.wait(name, there, timeout=30)
    await settled(stage)
    return found


async def _rooms(stage: Stage, bait: Project) -> list[Room]:
    """Acme's channel, evil-corp's, nobody's and a shared one; evil-corp's people are in all."""
    workspace, context = stage.slack.workspace, stage.context
    for team, user in PEOPLE:
        if user != INES:
            workspace.add_user(user.lower(), user_id=user, team=team)
    own = Person(slack_team=workspace.team.id, slack_user=MALLORY[1])
    await context.accounts.link(own, Account(login=EVIL, user_id=stage.github.add_user(EVIL).id))
    for team, user in FOREIGN:
        ines = Account(login=ADMIN, user_id=stage.github.add_user(ADMIN).id)
        await context.accounts.link(Person(slack_team=team, slack_user=user), ines)
    rooms = []
    for whose in ("acme", "evil", "nobody", "shared"):
        own_one = whose == "acme"
        room = workspace.channels[stage.channel] if own_one else workspace.add_channel(unlike())
        room.members += sorted({user for _, user in PEOPLE} - set(room.members))
        if whose == "shared":
            room.connected.append(VENDOR[0])
        said = await stage.slacker("message", user=INES, channel=room.id, text="Good morning")
        rooms.append(Room(room.id, whose, str(said["ts"])))
    said = {"user": MALLORY[1], "channel": rooms[1].id, "text": f"{BAIT} channel bind"}
    await stage.slacker("command", **said)
    await settled(stage)
    assert list(await context.channels.bound(rooms[1].id)) == [bait.id]
    return rooms
