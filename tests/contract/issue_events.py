"""Issues as GitHub tells of them: a history of payloads, and their delivery to what hears them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from gidgethub import sansio

from bot.context import Context
from bot.domain.models import Cluster, Item, Project
from workers import worker
from workers.hearing.github.deliveries import router

BEGAN = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
ANA = {"id": 1, "login": "ana", "type": "User"}
BOT = {"id": 2, "login": "stale[bot]", "type": "Bot"}
Event = tuple[str, dict[str, Any]]


@dataclass
class IssueHistory:
    """One issue; each act is a second later and gives the event that GitHub would send."""

    project: Project
    number: int = 7
    second: int = 0
    issue: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.issue = {
            "number": self.number,
            "title": "Total is wrong",
            "body": "The last article is left out.",
            "html_url": f"https://github.com/acme/shop/issues/{self.number}",
            "user": ANA,
            "state": "open",
            "state_reason": None,
            "labels": [],
            "created_at": BEGAN.isoformat(),
        }

    def event(
        self, action: str, *, by: dict[str, Any] = ANA, name: str = "issues", **parts: Any
    ) -> Event:
        """The payload as it is now."""
        self.second += 1
        self.issue["updated_at"] = (BEGAN + timedelta(seconds=self.second)).isoformat()
        repository = {
            "id": self.project.id,
            "full_name": self.project.full_name,
            "private": self.project.private,
        }
        payload = {
            "action": action,
            "issue": {**self.issue},
            "sender": by,
            "repository": repository,
            "installation": {"id": self.project.installation},
            **parts,
        }
        return name, payload

    def edited(self, body: str) -> Event:
        before, self.issue["body"] = self.issue["body"], body
        return self.event("edited", changes={"body": {"from": before}})

    def labelled(self, *names: str, by: dict[str, Any] = ANA) -> Event:
        self.issue["labels"] = [{"name": name} for name in names]
        return self.event("labeled", by=by)

    def closed(self, reason: str = "completed", by: dict[str, Any] = ANA) -> Event:
        self.issue |= {"state": "closed", "state_reason": reason}
        return self.event("closed", by=by)

    def reopened(self, by: dict[str, Any] = ANA) -> Event:
        self.issue |= {"state": "open", "state_reason": "reopened"}
        return self.event("reopened", by=by)

    def commented(self, body: str) -> Event:
        self.second += 1
        when = (BEGAN + timedelta(seconds=self.second)).isoformat()
        times = {"created_at": when, "updated_at": when}
        comment = {"id": self.second, "body": body, "user": ANA, **times}
        return self.event("created", name="issue_comment", comment=comment)


async def hear(ctx: Context, *events: Event) -> None:
    """Take deliveries to whoever listens, in this order."""
    for number, (name, payload) in enumerate(events):
        event = sansio.Event(payload, event=name, delivery_id=str(number))
        await router.dispatch(event, ctx)


async def work(ctx: Context) -> None:
    """Do what is due, as a worker does."""
    await worker.drain(ctx, "work")


async def report(ctx: Context, project: int, number: int = 7) -> Item | None:
    """What the issue became."""
    found = await ctx.items.by_key(project, "github", f"issue:{number}")
    return await ctx.items.get(project, found) if found else None


async def cluster(ctx: Context, project: int, number: int = 7) -> Cluster:
    """Where it is."""
    item = await report(ctx, project, number)
    assert item is not None
    assert item.cluster is not None
    return await ctx.clusters.get(project, item.cluster)
