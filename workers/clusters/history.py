"""A repository's issues as a history to cluster again, and what it calls duplicates itself. Only
reads. Agreement is measured against comments that say "duplicate of #n" and against labels."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.context import Context
from bot.domain.models import Project
from bot.sources import github_issue
from workers.clusters.backtest import BacktestRow, History

READ_ISSUES: Mapping[str, str] = {"issues": "read", "metadata": "read"}
FIRST = 10
_LABEL = re.compile(r"\bdup(?:e|licate)?s?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Past:
    """The issues in time order, duplicates as (later, earlier) numbers, and those only labelled."""

    reports: tuple[History, ...]
    pairs: frozenset[tuple[int, int]]
    labelled: frozenset[int] = field(default=frozenset())


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a backtest agrees with what the repository says of itself."""

    pairs: int
    joined: int
    suggested: int
    labelled: int
    labelled_joined: int

    @property
    def lines(self) -> list[str]:
        """The agreement as people read it."""
        told = [
            f'{self.pairs:,} pairs said to be duplicates ("duplicate of #n"): '
            f"{self.joined:,} in one cluster, {self.suggested:,} among the first {FIRST} candidates"
        ]
        if self.labelled:
            told.append(
                f"{self.labelled:,} more are only labelled duplicate: "
                f"{self.labelled_joined:,} of them are with another"
            )
        return told


async def read_issues(
    ctx: Context, project: Project, *, progress: Callable[[int], None] = lambda read: None
) -> Past:
    """Every issue and every comment of a repository, by the API."""
    repo = ctx.github.repo(project, READ_ISSUES)
    issues: dict[int, Any] = {}
    path = "/issues{?state,per_page,sort,direction}"
    async for issue in repo.pages(
        path, state="all", per_page="100", sort="created", direction="asc"
    ):
        if "pull_request" not in issue:
            issues[int(issue["number"])] = issue
            progress(len(issues))
    said = await marks(ctx, project)
    pairs = {pair for pair in said if issues.keys() >= {*pair}}
    marked = {number for pair in pairs for number in pair}
    labelled = {
        number
        for number, issue in issues.items()
        if number not in marked
        and any(_LABEL.search(str(label.get("name", ""))) for label in issue.get("labels", []))
    }
    ordered = sorted(issues.values(), key=lambda i: (i["created_at"], i["number"]))
    return Past(
        reports=tuple(
            History(
                id=str(issue["number"]),
                source=github_issue.NAME,
                title=issue.get("title") or "",
                body=issue.get("body") or "",
                created_at=datetime.fromisoformat(issue["created_at"]),
            )
            for issue in ordered
        ),
        pairs=frozenset(pairs),
        labelled=frozenset(labelled),
    )


async def marks(ctx: Context, project: Project, most: int | None = None) -> set[tuple[int, int]]:
    """Issues that a comment calls duplicates of another, as (later, earlier) numbers; of so many
    of the newest comments."""
    repo, pairs, read = ctx.github.repo(project, READ_ISSUES), set(), 0
    path = "/issues/comments{?sort,direction,per_page}"
    async for comment in repo.pages(path, sort="created", direction="desc", per_page="100"):
        number = int(str(comment["issue_url"]).rsplit("/", 1)[1])
        for other in named_duplicates(comment.get("body") or "", project.full_name):
            if other != number:
                pairs.add((max(number, other), min(number, other)))
        read += 1
        if read == most:
            break
    return pairs


def named_duplicates(text: str, repository: str) -> list[int]:
    """Numbers that a comment calls the original: ``Duplicate of #7``; quoted lines are not ours."""
    said = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(">"))
    address = rf"(?:https://[^\s/]+/{re.escape(repository)}/issues/|{re.escape(repository)}#|#)"
    pattern = rf"\bdup(?:licate|e)? of:? {address}(\d{{1,9}})\b"
    return [int(number) for number in re.findall(pattern, said, re.IGNORECASE)]


def agreement(past: Past, rows: Sequence[BacktestRow]) -> Agreement:
    """What the rows of a backtest say of the repository's own duplicates."""
    cluster = {int(row.id): row.cluster for row in rows}
    candidates = {int(row.id): row.candidates[:FIRST] for row in rows}
    sizes: dict[int, int] = {}
    for number in cluster.values():
        sizes[number] = sizes.get(number, 0) + 1
    return Agreement(
        pairs=len(past.pairs),
        joined=sum(cluster[later] == cluster[earlier] for later, earlier in past.pairs),
        suggested=sum(str(earlier) in candidates[later] for later, earlier in past.pairs),
        labelled=len(past.labelled),
        labelled_joined=sum(sizes[cluster[number]] > 1 for number in past.labelled),
    )
