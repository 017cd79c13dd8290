"""The App asks for what its requests and events need: no more, no less."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import yaml
from github_routes import EVENTS, FREE, ROOT, ROUTES, in_code, route_of

from bot.github import app
from handlers.github.webhook import EVENTS as HEARD

MANIFEST = yaml.safe_load((ROOT / "app.yml").read_text())
# Sent to every app; to subscribe to meta takes a permission of its own.
UNASKED = {"installation", "installation_repositories", "meta"}


def needed(said: Iterable[str]) -> dict[str, str]:
    """The most of each permission."""
    found: dict[str, str] = {}
    for name, _, access in (each.partition(": ") for each in said):
        found[name] = max(access, found.get(name, ""))  # "write" is after "read"
    return found


def test_the_app_asks_for_what_its_traffic_needs() -> None:
    assert needed([*ROUTES.values(), *EVENTS.values()]) == MANIFEST["default_permissions"]
    assert set(EVENTS) == set(MANIFEST["default_events"]) == HEARD - UNASKED


def test_its_tokens_hold_no_more_than_that_together() -> None:
    sets = (app.TALK, app.READ, app.CHECKS, app.ACTIONS, app.PUBLISH)
    held = needed(f"{name}: {access}" for each in sets for name, access in each.items())
    # Of discussions it is told; it asks for none.
    assert {**held, "discussions": "read"} == MANIFEST["default_permissions"]


def test_the_roster_is_what_the_code_asks_for() -> None:
    said = dict(in_code())
    strange = {w: call for w, call in said.items() if not route_of(*call.split(" ", 1))}
    assert list(strange.values()) == ["POST /{}/reactions"], strange
    used = {route_of(*call.split(" ", 1)) for call in said.values()}
    unused = {route for route in (*ROUTES, *FREE) if route not in used}
    assert {route for route in unused if "/reactions" not in route} == {
        "GET /",  # these three are asked for in repo.py and, without a token, in manifest.py
        "GET /tarball/{}",
        "POST /app-manifests/{}/conversions",
    }


def test_the_permissions_are_those_github_publishes(shared: Path) -> None:
    """Where its description names one; issues and pull requests stand for each other there."""
    paths = json.loads((shared / "conformance" / "github-openapi.min.json").read_text())["paths"]
    plain = {re.sub(r"\{[^}]+\}", "{}", path): methods for path, methods in paths.items()}
    for route, ours in ROUTES.items():
        verb, _, path = route.partition(" ")
        of = plain.get("/repos/{}/{}" + path.rstrip("/").replace("**", "{}"), {})
        theirs = of[verb.lower()].get("x-permission")
        if theirs is None:
            continue
        names = {theirs["permission"], ours.partition(": ")[0]}
        alike = ({"issues", "pull_requests"}, {"single_file", "contents"}, {"actions", "contents"})
        assert len(names) == 1 or names in alike, route
        assert theirs["access"] == ours.partition(": ")[2], route
    assert not set(FREE) & set(ROUTES)
