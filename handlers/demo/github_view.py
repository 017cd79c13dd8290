"""What the GitHub half of the page shows, from the simulator's state."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from handlers.demo.markdown import Markdown

Json = dict[str, Any]

_TASK = re.compile(r"^\s*(?:>\s*)*(?:[-*+]|\d+[.)])\s+\[([ xX])\]\s", re.MULTILINE)
_GRADES = {"read": 0, "triage": 1, "write": 2, "maintain": 3, "admin": 4}


def github_view(state: Json, full_name: str, markdown: Markdown) -> Json:
    """Issues and pull requests of one repository, newest first, each body as safe HTML.

    Moments are seconds since the epoch. Raises LookupError for an unknown repository.
    """
    repository = next((r for r in state["repositories"] if r["full_name"] == full_name), None)
    if repository is None:
        raise LookupError(f"no repository {full_name} in the simulator")
    drawer = _Drawer(markdown, app=state["app"]["login"])
    drawn = [drawer.issue(issue) for issue in reversed(repository["issues"])]
    return {
        "repository": full_name,
        "description": repository["description"] or "",
        "app": state["app"]["login"],
        "people": _people(state, repository),
        "issues": [one for one in drawn if not one["pull"]],
        "pulls": [one for one in drawn if one["pull"]],
    }


def _people(state: Json, repository: Json) -> list[Json]:
    """Who can act, those who may do most first."""
    roles = repository["roles"]
    people = [
        {
            "login": user["login"],
            "name": user["name"] or user["login"],
            "role": roles.get(user["login"].lower(), "read"),
        }
        for user in state["users"]
        if user["type"] == "User"
    ]
    return sorted(people, key=lambda person: -_GRADES[person["role"]])


class _Drawer:
    """Turns records of the state into what the page draws."""

    def __init__(self, markdown: Markdown, *, app: str) -> None:
        self._html = markdown.render
        self._app = app

    def issue(self, issue: Json) -> Json:
        """An issue or a pull request with its conversation."""
        tasks = _TASK.findall(issue["body"] or "")
        return {
            **self._written(issue, "number title state state_reason labels assignees reactions"),
            "tasks": {"done": sum(mark != " " for mark in tasks), "total": len(tasks)},
            "comments": [self._comment(one) for one in issue["comments"]],
            "events": [
                {
                    **event,
                    "actor": self._author(event["actor"]),
                    "at": _seconds(event["created_at"]),
                }
                for event in issue["events"]
            ],
            "pull": self._pull(issue["pull"]) if "pull" in issue else None,
        }

    def _comment(self, comment: Json) -> Json:
        edited = comment["updated_at"] != comment["created_at"]
        return {**self._written(comment, "id reactions"), "edited": edited}

    def _written(self, one: Json, names: str, *, at: str = "created_at") -> Json:
        """What somebody wrote, with these fields as they are."""
        return {
            **_picked(one, names),
            "author": self._author(one["author"]),
            "at": _seconds(one[at]),
            "html": self._html(one["body"]),
        }

    def _pull(self, pull: Json) -> Json:
        names = "head base draft merged merged_by mergeable additions deletions files commits"
        return {
            **_picked(pull, names),
            "checks": [self._check(one) for one in pull["checks"]],
            "reviews": [
                self._written(one, "id state", at="submitted_at")
                for one in pull["reviews"]
                if one["submitted_at"]
            ],
            "review_comments": [
                self._written(one, "id review path line side") for one in pull["review_comments"]
            ],
        }

    def _check(self, check: Json) -> Json:
        output = check["output"] or {}
        return {
            **_picked(check, "id name status conclusion actions"),
            "title": output.get("title") or "",
            "summary": self._html(output.get("summary")),
            "text": self._html(output.get("text")),
        }

    def _author(self, login: str) -> Json:
        is_bot = login.endswith("[bot]")
        return {"login": login.removesuffix("[bot]"), "bot": is_bot, "ours": login == self._app}


def _picked(record: Json, names: str) -> Json:
    return {name: record[name] for name in names.split()}


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()
