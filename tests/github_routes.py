"""What we ask of GitHub, and the permission that GitHub's documents name for each.

https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Paths below /repos/{owner}/{repo}; {} is one part of a path, ** any number of them.
ROUTES: Mapping[str, str] = {
    "GET /": "metadata: read",
    "GET /collaborators": "metadata: read",
    "GET /collaborators/{}/permission": "metadata: read",
    "GET /labels": "issues: read",
    "GET /issues": "issues: read",
    "POST /issues": "issues: write",
    "GET /issues/{}": "issues: read",
    "PATCH /issues/{}": "issues: write",
    "GET /issues/{}/events": "issues: read",
    "GET /issues/{}/comments": "issues: read",
    "POST /issues/{}/comments": "issues: write",
    "POST /issues/{}/labels": "issues: write",
    "DELETE /issues/{}/labels/{}": "issues: write",
    "POST /issues/{}/reactions": "issues: write",
    "GET /issues/comments": "issues: read",
    "GET /issues/comments/{}": "issues: read",
    "PATCH /issues/comments/{}": "issues: write",
    "DELETE /issues/comments/{}": "issues: write",
    "POST /issues/comments/{}/reactions": "issues: write",
    "GET /pulls": "pull_requests: read",
    "POST /pulls": "pull_requests: write",
    "GET /pulls/{}": "pull_requests: read",
    "PATCH /pulls/{}": "pull_requests: write",
    "GET /pulls/{}/files": "pull_requests: read",
    "GET /pulls/{}/comments": "pull_requests: read",
    "GET /pulls/{}/reviews": "pull_requests: read",
    "GET /pulls/{}/reviews/{}": "pull_requests: read",
    "GET /pulls/{}/reviews/{}/comments": "pull_requests: read",
    "POST /pulls/{}/comments/{}/replies": "pull_requests: write",
    "PATCH /pulls/comments/{}": "pull_requests: write",
    "POST /pulls/comments/{}/reactions": "pull_requests: write",
    "GET /contents/**": "contents: read",
    "GET /tarball/{}": "contents: read",
    "GET /compare/{}": "contents: read",
    "GET /commits": "contents: read",
    "GET /commits/{}": "contents: read",
    "GET /releases": "contents: read",
    "GET /git/ref/**": "contents: read",
    "GET /git/trees/{}": "contents: read",
    "GET /git/commits/{}": "contents: read",
    "GET /git/blobs/{}": "contents: read",
    "POST /git/blobs": "contents: write",
    "POST /git/trees": "contents: write",
    "POST /git/commits": "contents: write",
    "POST /git/refs": "contents: write",
    "PATCH /git/refs/**": "contents: write",
    "DELETE /git/refs/**": "contents: write",
    "GET /commits/{}/check-runs": "checks: read",
    "POST /check-runs": "checks: write",
    "PATCH /check-runs/{}": "checks: write",
    "PATCH /check-suites/preferences": "checks: write",
    "GET /actions/jobs/{}": "actions: read",
    "GET /actions/jobs/{}/logs": "actions: read",
}
# As the app itself, or of everybody: no permission.
FREE = (
    *("GET /app", "GET /app/hook/config", "GET /app/hook/deliveries", "GET /app/installations"),
    *("GET /app/hook/deliveries/{}", "POST /app/hook/deliveries/{}/attempts"),
    *("POST /app/installations/{}/access_tokens", "POST /app-manifests/{}/conversions"),
    *("GET /installation/repositories", "GET /user/{}"),
)
# Events that come with a permission; those without one here need `metadata`, which every app has.
# https://docs.github.com/en/webhooks/webhook-events-and-payloads
EVENTS: Mapping[str, str] = {
    "check_run": "checks: read",
    "check_suite": "checks: read",
    "discussion": "discussions: read",
    "discussion_comment": "discussions: read",
    "issue_comment": "issues: read",
    "issue_dependencies": "issues: read",
    "issues": "issues: read",
    "public": "metadata: read",
    "pull_request": "pull_requests: read",
    "pull_request_review": "pull_requests: read",
    "pull_request_review_comment": "pull_requests: read",
    "pull_request_review_thread": "pull_requests: read",
    "push": "contents: read",
    "release": "contents: read",
    "repository": "metadata: read",
    "sub_issues": "issues: read",
}
_VERBS = {
    **{name: name.upper() for name in ("get", "post", "patch", "delete", "put")},
    **dict.fromkeys(("pages", "download", "getitem", "getiter", "get_from", "redirected"), "GET"),
}
# They hand on what they are given.
_PASS_ON = {"bot/github/repo.py", "bot/github/wire.py"}


def route_of(method: str, path: str) -> str:
    """The entry of the roster that a request belongs to; "" for none."""
    for route in sorted((*ROUTES, *FREE), key=lambda each: each.count("{}")):
        verb, _, template = route.partition(" ")
        pattern = re.escape(template).replace(r"\{\}", "[^/]+").replace(r"\*\*", ".+")
        if verb == method and re.fullmatch(pattern, path):
            return route
    return ""


def in_code() -> Iterator[tuple[str, str]]:
    """Every call of our client to GitHub: where, and ``GET /issues/{}``; "?" where its path is
    not written there."""
    rooms = [ROOT / "bot" / "github", ROOT / "bot" / "say", ROOT / "workers"]
    files = [path for room in rooms for path in room.rglob("*.py")]
    for path in (*files, ROOT / "bot" / "project_config.py"):
        where = str(path.relative_to(ROOT))
        if where in _PASS_ON:
            continue
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from ((f"{where}:{n}", said) for n, said in _calls(function))


def _calls(function: ast.AST) -> Iterator[tuple[int, str]]:
    named = {
        node.targets[0].id: node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for call in ast.walk(function):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args):
            continue
        verb, about = _VERBS.get(call.func.attr, ""), call.args[0]
        if isinstance(about, ast.Name):
            about = named.get(about.id, about)
        template = _template(about)
        client = re.search(r"\brepo(\([^()]*\))?$|_as_app$|^api$", ast.unparse(call.func.value))
        if verb and (template.startswith("/") or client):
            # The repository's own path may stand before it.
            yield call.lineno, f"{verb} {re.sub('^{}(?=/)', '', template) or '?'}"


def _template(node: ast.AST) -> str:
    if isinstance(node, ast.BinOp):
        return _template(node.left)
    if isinstance(node, ast.JoinedStr):
        parts = (p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
        said = "".join(map(str, parts))
    else:
        said = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    return re.sub(r"\{[?][^}]*\}|[?].*", "", re.sub(r"\{\w+\}", "{}", said))
