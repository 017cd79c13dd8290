"""What people say of a cluster is written to its issues, where the project's file maps labels."""

from __future__ import annotations

from bot.context import Context
from bot.domain.clusters.standing import BY_LABEL
from bot.domain.errors import Rejected
from bot.github import issues
from bot.log import log
from workers.clusters.suggestions import place_of

MOST = 20


async def tell_issues(ctx: Context, project_id: int, number: int) -> None:
    """A person's severity is a label of the newest open issues, and the owner an assignee.

    What our own app changes comes back as how the issue is, and is nobody's word.
    """
    project = await ctx.projects.find(project_id)
    labels = (await ctx.configs.known(project)).labels if project else {}
    if project is None or not labels:
        return
    cluster = await ctx.clusters.get(project_id, number)
    meant = {name.lower(): severity for name, severity in labels.items()}
    repo = ctx.github.repo(project)
    sample = await ctx.clusters.sample(project_id, cluster.number)
    for item in await ctx.items.many(project_id, sample[-MOST:]):
        place, standing = place_of(item), await ctx.items.standing(project_id, item.number)
        if place is None or place.issue is None or standing != "open":
            continue
        try:
            issue = await issues.get_issue(repo, place.issue)
            names = before = [label["name"] for label in issue["labels"]]
            if cluster.severity_by not in ("", BY_LABEL):
                severity = cluster.severity
                names = [n for n in names if meant.get(n.lower(), severity) == severity]
                if not any(n.lower() in meant for n in names):
                    names += [name for name, which in labels.items() if which == severity][:1]
            people = [one["login"] for one in issue["assignees"]]
            owners = [login for login in people if login not in (cluster.assigned, cluster.owner)]
            owners += [cluster.owner] if cluster.owner else []
            if (set(names), set(owners)) != (set(before), set(people)):
                await issues.sort_in(repo, place.issue, labels=names, assignees=owners)
        except Rejected as error:
            log.info("an issue could not be told", issue=place.issue, why=str(error))
