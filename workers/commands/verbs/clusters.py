"""``clusters``: the list."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from bot.domain.cards.card import Action, Bullets, Code, Line, Section, Strong
from bot.domain.cards.sparkline import sparkline
from bot.domain.cards.views.cluster import ClusterView
from bot.domain.cards.views.digest import OPEN, ranked
from bot.domain.commands.command import Command
from bot.domain.commands.grammar import sentence
from bot.domain.models import ClusterState
from workers.clusters.views import all_views
from workers.commands.call import Answer, Call

PAGE = 15
States = Literal[
    "new",
    "triaged",
    "fixing",
    "pr_opened",
    "watching",
    "resolved",
    "ignored",
    "snoozed",
    "regressed",
    "open",
    "all",
]


class ListClusters(Command):
    """List clusters, worst first."""

    verb = "clusters"
    aliases = ("ls",)
    examples = ("clusters", "clusters --state=new --sort=recent", "ls --source sentry --page 2")

    state: States = "open"
    source: str = ""
    sort: Literal["severity", "recent", "count"] = "severity"
    page: int = 1


async def run(call: Call, command: ListClusters) -> Answer:
    """One page of the list."""
    views = await all_views(call.ctx, call.project, readers=call.readers)
    chosen = _sorted([v for v in views if _wanted(v, command)], command.sort)
    pages = max(1, -(-len(chosen) // PAGE))
    page = min(max(1, command.page), pages)
    shown = chosen[(page - 1) * PAGE : page * PAGE]
    lines: tuple[Line, ...] = tuple(
        (
            Strong(v.cluster.severity),
            " ",
            *v.title,
            f" · {sparkline(v.day)} {v.since(timedelta(hours=24))} in 24 h · "
            f"{len(v.items)} reports · {v.cluster.state.value.replace('_', ' ')}",
        )
        for v in shown
    )
    actions: tuple[Action, ...] = ()
    if page < pages:
        following = sentence(command.model_copy(update={"page": page + 1}))
        actions = (Action(f"Page {page + 1} of {pages}", following),)
    return call.answer(
        "clusters",
        f"{len(chosen)} clusters in ",
        Code(call.project.full_name),
        sections=(Section(Bullets(*lines)),) if lines else (),
        actions=actions,
    )


def _wanted(view: ClusterView, command: ListClusters) -> bool:
    state = view.cluster.state
    if command.state == "open" and state not in OPEN:
        return False
    if command.state not in ("open", "all") and state is not ClusterState(command.state):
        return False
    sources = {item.source for item in view.items}
    return not command.source or any(command.source.lower() in source for source in sources)


def _sorted(views: list[ClusterView], sort: str) -> list[ClusterView]:
    if sort == "severity":
        worst = ranked(views)
        rest = [v for v in views if v not in worst]
        return worst + rest
    if sort == "recent":
        return sorted(views, key=lambda v: -max((i.number for i in v.items), default=0))
    return sorted(views, key=lambda v: -v.total)
