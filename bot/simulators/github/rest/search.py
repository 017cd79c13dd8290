"""Searching issues and pull requests: qualifiers, phrases and words, all of which must hold.

https://docs.github.com/search-github/searching-on-github/searching-issues-and-pull-requests
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from aiohttp import web

from bot.simulators.github.errors import invalid
from bot.simulators.github.records import Issue, Repository
from bot.simulators.github.views import issues as views
from bot.simulators.github.wire.routing import Call, Routes, answer, page_of

routes = Routes("search/search")
_TERM = re.compile(r'(-?)(?:([a-z-]+):)?("[^"]*"|\S+)')
_QUALIFIERS = ("repo", "org", "user", "is", "type", "state", "in", "label", "author", "assignee")
_MOST_RESULTS = 1_000


@dataclass(frozen=True, slots=True)
class Query:
    """A query taken apart; a negated qualifier is kept with its minus."""

    words: tuple[str, ...]
    qualifiers: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Query:
        """Read what stands in ``q``."""
        words: list[str] = []
        qualifiers: dict[str, list[str]] = {}
        for minus, name, value in _TERM.findall(text):
            value = value.strip('"').lower()
            if name in _QUALIFIERS:
                qualifiers.setdefault(minus + name, []).append(value)
            elif value not in ("and", ""):
                words.append(minus + (f"{name}:{value}" if name else value))
        return cls(tuple(words), qualifiers)

    def covers(self, repository: Repository) -> bool:
        """Whether to look in a repository at all."""
        owner = repository.owner.login.lower()
        repos = self.qualifiers.get("repo", [])
        owners = self.qualifiers.get("org", []) + self.qualifiers.get("user", [])
        named = repository.full_name.lower() in repos or owner in owners
        return named or not (repos or owners)

    def matches(self, repository: Repository, issue: Issue) -> bool:
        """Whether everything that was asked for holds."""
        facts: dict[str, set[str]] = {
            "is": _kinds(issue),
            "type": _kinds(issue),
            "state": {issue.state},
            "label": set(issue.labels),
            "author": {issue.user.login.lower(), _app_author(issue)},
            "assignee": {person.login.lower() for person in issue.assignees},
        }
        for name, held in facts.items():
            if any(value not in held for value in self.qualifiers.get(name, ())):
                return False
            if any(value in held for value in self.qualifiers.get(f"-{name}", ())):
                return False
        text = self._text(repository, issue)
        return all((word.lstrip("-") in text) != word.startswith("-") for word in self.words)

    def _text(self, repository: Repository, issue: Issue) -> str:
        places = ",".join(self.qualifiers.get("in", ["title,body,comments"])).split(",")
        parts = []
        if "title" in places:
            parts.append(issue.title)
        if "body" in places:
            parts.append(issue.body or "")
        if "comments" in places:
            parts += [c.body for c in repository.comments.values() if c.issue is issue]
        return "\n".join(parts).lower()


def _kinds(issue: Issue) -> set[str]:
    kinds = {issue.state, "pr" if issue.pull else "issue"}
    kinds |= {"pull-request"} if issue.pull else set()
    if issue.pull and issue.pull.draft:
        kinds.add("draft")
    if issue.pull:
        kinds.add("merged" if issue.pull.merged_at else "unmerged")
    return kinds | ({"locked"} if issue.locked else {"unlocked"})


def _app_author(issue: Issue) -> str:
    return "app/" + issue.user.login.lower().removesuffix("[bot]")


@routes("GET", "/search/issues", "metadata:read")
async def search_issues(call: Call) -> web.StreamResponse:
    """Issues and pull requests that match ``q``, in what the caller can see."""
    if not call.query("q").strip():
        raise invalid("Search", "q", "missing")
    query = Query.parse(call.query("q"))
    found = [
        (repository, issue)
        for repository in call.world.repositories.values()
        if call.access.reaches(call.world, repository) and query.covers(repository)
        for issue in repository.issues.values()
        if not issue.gone and query.matches(repository, issue)
    ]
    key, order = call.query("sort", "created"), call.query("order", "desc")

    def rank(pair: tuple[Repository, Issue]) -> tuple[float, int]:
        repository, issue = pair
        if key == "comments":
            return views.comment_count(repository, issue), issue.id
        moment = issue.updated_at if key == "updated" else issue.created_at
        return moment.timestamp(), issue.id

    found.sort(key=rank, reverse=order == "desc")
    shown, headers = page_of(call, found[:_MOST_RESULTS])
    return answer(
        {
            "total_count": len(found),
            "incomplete_results": False,
            "items": [views.found(call.world, repo, issue) for repo, issue in shown],
            "search_type": "lexical",
        },
        headers=headers,
    )
