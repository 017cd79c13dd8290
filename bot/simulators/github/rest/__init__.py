"""The REST API as a GitHub App uses it: one file a resource, each with its ``routes``."""

from __future__ import annotations

from bot.simulators.github.rest import (
    app,
    branches,
    checks,
    comments,
    contents,
    git,
    issues,
    labels,
    pulls,
    reactions,
    repository,
    reviews,
)
from bot.simulators.github.wire.routing import Route

ROUTES: list[Route] = [
    *app.routes,
    *repository.routes,
    *contents.routes,
    # Before the commits: /commits/{ref}/check-runs is not a ref's name.
    *checks.routes,
    *branches.routes,
    *git.routes,
    # Before the issues: /issues/comments/... is not an issue's number.
    *comments.routes,
    *reactions.routes,
    *issues.routes,
    *labels.routes,
    *reviews.routes,
    *pulls.routes,
]
