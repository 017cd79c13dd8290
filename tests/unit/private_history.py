"""A project's history by chance, with a canary in every field of every private report.

A public repository: what came from GitHub is everybody's, what came from elsewhere the team's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from factories_cards import tally_of

from bot.domain.audience import Audience
from bot.domain.cards.views.cluster import ClusterView
from bot.domain.clusters import corrections
from bot.domain.clusters.corrections import Logged, Proposal, StateChange, propose
from bot.domain.clusters.engine.links import Links
from bot.domain.clusters.engine.operations import (
    Blocked,
    Clustering,
    LogEntry,
    apply,
    merge,
    split,
    undo,
)
from bot.domain.models import (
    Cluster,
    ClusterState,
    Frame,
    Item,
    Project,
    Sentence,
)
from workers.clusters.refresh import said_of
from workers.clusters.summarize import reports_for

CANARY = "zqxv"
NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
PROJECT = Project(id=1, installation=1, full_name="acme/shop")
_REGRESSED = StateChange(cluster=1, before=ClusterState.RESOLVED, after=ClusterState.REGRESSED)
_PRIVATE = ("sentry", "datadog", "posthog", "reddit", "feedback")
_WORDS = (
    "checkout", "cart", "total", "last", "page", "payment", "crashes", "invoice", "empty", "login",
    "loop", "export", "row", "timeout", "security", "hole", "data", "loss", "charged", "twice",
)  # fmt: skip


@dataclass
class History:
    """What the project holds after some days, and what was asked of it."""

    chance: Random
    items: dict[int, Item] = field(default_factory=dict)
    clusters: dict[int, Cluster] = field(default_factory=dict)
    state: Clustering = field(default_factory=lambda: Clustering({}, links=Links()))
    log: list[Logged] = field(default_factory=list)
    before: list[tuple[Proposal, str]] = field(default_factory=list)
    _canaries: int = 0

    @classmethod
    def of(cls, seed: int) -> History:
        history = cls(Random(seed))
        history._report()
        history._correct()
        return history

    # What happened

    def canary(self) -> str:
        """Another word that only private reports hold."""
        self._canaries += 1
        return CANARY + "".join("ghjkmnprst"[int(digit)] for digit in str(self._canaries))

    def _words(self, private: bool, most: int = 8) -> str:
        said = self.chance.choices(_WORDS, k=self.chance.randint(4, most))
        for _ in range(2 if private else 0):
            said.insert(self.chance.randint(0, len(said)), self.canary())
        return " ".join(said)

    def _report(self) -> None:
        for number in range(1, self.chance.randint(4, 9)):
            private = self.chance.random() < 0.5
            self.items[number] = self._item(number, private)
        homes = self.chance.choices(range(1, 4), k=len(self.items))
        self.state = Clustering(dict(zip(self.items, homes, strict=True)), links=Links())
        for number in sorted(set(homes)):
            self.clusters[number] = self._refreshed(number)

    def _item(self, number: int, private: bool) -> Item:
        def secret(public: str) -> str:
            return self.canary() if private else public

        body = ". ".join(self._words(private).capitalize() for _ in range(3))
        body += f"\nIn {secret('shop')}/cart.py: `total({secret('x')!r})` returns 1, expected 2."
        body += f"\nIt leaks {secret('our')} tokens."
        body += f"\nIndexError: list index {secret('out')} of range"
        frame = Frame(
            path=f"src/{secret('shop')}.py", function=secret("total"), line=3, code=secret("x")
        )
        shared = Frame(path="src/shop/cart.py", function="total", line=9)
        source = self.chance.choice(_PRIVATE) if private else "github"
        return Item(
            audience=Audience.TEAM if private else Audience.PROJECT,
            number=number,
            source=source,
            key=secret(f"issue:{number}"),
            event=secret("e"),
            title=self._words(private).capitalize(),
            body=body,
            url=f"https://{source}.example/{secret('issues')}/{number}",
            author=secret("pavel"),
            environment=secret("production"),
            release=secret("2.4.1"),
            people=self.chance.choice((0, 3, 40)),
            level=self.chance.choice(("error", "critical", "info")),
            fingerprint=secret("f"),
            tags={secret("host"): secret("web-1")},
            frames=(frame, shared) if self.chance.random() < 0.7 else (),
            occurred_at=NOW - timedelta(hours=number),
            created_at=NOW,
            updated_at=NOW,
            gone=self.chance.random() < 0.1,
        )

    def members(self, cluster: int) -> list[Item]:
        """Its reports as they are stored: each knows its cluster."""
        numbers = self.state.members(cluster)
        return [self.items[n].model_copy(update={"cluster": cluster}) for n in numbers]

    def view(self, cluster: int, readers: Audience) -> ClusterView:
        hours = {int(NOW.timestamp() // 3600) - n: n for n in range(1, 5)}
        items = self.members(cluster)
        return ClusterView(self.clusters[cluster], items, tally_of(items, hours), NOW, readers)

    def _refreshed(self, number: int) -> Cluster:
        """The record as it is kept, perhaps with what a model wrote, perhaps set by people."""
        chance = self.chance
        record = self.clusters.get(number) or Cluster(
            audience=Audience.TEAM,
            number=number,
            state=chance.choice([*ClusterState]),
            owner=chance.choice(("", "bo")),
            ignored_reason=chance.choice(("", "expected")),
            created_at=NOW,
            updated_at=NOW,
        )
        self.clusters[number] = record
        view = self.view(number, Audience.TEAM)
        update = said_of(view)
        read = reports_for(PROJECT, view)
        if read and chance.random() < 0.5:
            told = [(one.body.split(". ")[0], one.number) for one in read]
            lines = tuple(Sentence(text=text, items=(n,)) for text, n in told[:3])
            update |= {"title": read[0].title, "summary": lines}
        if chance.random() < 0.2:
            update |= {"severity": "S1", "severity_by": "@bo"}
        return record.model_copy(update=update)

    def _correct(self) -> None:
        for number in range(1, self.chance.randint(1, 6)):
            try:
                operation, said = self._operation(LogEntry(number, "@ana", NOW))
            except (Blocked, KeyError):
                continue
            proposal = propose(self.state, operation)
            self.before.append((proposal, said))
            numbers = {
                c: 10 * number - c for c in {i.after for i in operation.items} if c and c < 0
            }
            done = corrections.numbered(proposal.operation, numbers)
            entry = Logged(operation=done, said=said, command="c", states=(_REGRESSED,))
            self.log.append(entry)
            self.state = apply(self.state, done)
            for cluster in sorted({c for i in done.items for c in (i.before, i.after) if c}):
                # Its words may still be those of before.
                if cluster not in self.clusters or self.chance.random() < 0.6:
                    self.clusters[cluster] = self._refreshed(cluster)

    def _operation(self, entry: LogEntry) -> tuple[Any, str]:
        items, homes = sorted(self.items), sorted(set(self.state.membership.values()))
        one, other = self.chance.choice(items), self.chance.choice(items)
        match self.chance.randrange(6):
            case 0:
                a, b = self.chance.choice(homes), self.chance.choice(homes)
                return merge(self.state, [a], b, entry), f"merge C-{a} into C-{b}"
            case 1:
                return split(self.state, [one], corrections.NEW, entry), f"split I-{one}"
            case 2:
                to = self.chance.choice(homes)
                return corrections.relocate(self.state, one, to, entry), f"move I-{one} to C-{to}"
            case 3:
                return corrections.same(self.state, one, other, entry), f"dup I-{one} I-{other}"
            case 4:
                made = corrections.different(self.state, one, other, entry)
                return made, f"not-dup I-{one} I-{other}"
            case _:
                entries = [logged.operation for logged in self.log]
                return undo(self.state, entries, len(entries), entry), f"undo {len(entries)}"
