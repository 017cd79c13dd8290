"""Check runs and check suites.

https://docs.github.com/rest/checks
"""

from __future__ import annotations

import secrets
from typing import Any

from aiohttp import web

from bot.simulators.github.actions import checks as actions
from bot.simulators.github.errors import GitHubError, invalid, malformed, not_found
from bot.simulators.github.records import CheckRun, Json
from bot.simulators.github.rest.contents import resolve
from bot.simulators.github.views import checks as views
from bot.simulators.github.views.addresses import repo_page
from bot.simulators.github.views.repositories import repository
from bot.simulators.github.wire.fields import flag, items, need_text, text, time
from bot.simulators.github.wire.routing import Call, Routes, answer, listed, page_of

routes = Routes("checks/runs")
suites = Routes("checks/suites")
jobs = Routes("actions/workflow-jobs")
_REPO = "/repos/{owner}/{repo}"
_MOST_ANNOTATIONS, _OUTPUT_LIMIT = 50, 65_535
_STATES = ("queued", "in_progress", "completed")
_CONCLUSIONS = (
    "action_required",
    "cancelled",
    "failure",
    "neutral",
    "success",
    "skipped",
    "stale",
    "timed_out",
)


@routes("POST", f"{_REPO}/check-runs", "checks:write")
async def create_run(call: Call) -> web.StreamResponse:
    """A new check run on a commit."""
    name, sha = need_text(call.fields, "name"), need_text(call.fields, "head_sha")
    fields = _fields(call)
    if await call.repository.git.kind(sha) != "commit":
        raise GitHubError(422, f"No commit found for SHA: {sha}")
    run = await actions.create_run(call.repository, call.actor, sha, name, fields)
    return answer(views.check_run(run), 201)


@routes("GET", f"{_REPO}/check-runs/{{run}}", "checks:read")
async def get_run(call: Call) -> web.StreamResponse:
    """One check run."""
    return answer(views.check_run(call.check_run()))


@routes("PATCH", f"{_REPO}/check-runs/{{run}}", "checks:write")
async def update_run(call: Call) -> web.StreamResponse:
    """Change a check run."""
    run = call.check_run()
    if run.suite.app is not call.world.app:
        who = "check run can only be modified by the GitHub App that created it."
        raise GitHubError(403, f"Invalid app_id `{call.world.app.id}` - {who}")
    await actions.update_run(call.actor, run, _fields(call))
    return answer(views.check_run(run))


@routes("GET", f"{_REPO}/check-runs/{{run}}/annotations", "checks:read")
async def list_annotations(call: Call) -> web.StreamResponse:
    """The annotations of a check run."""
    run = call.check_run()
    absent = dict.fromkeys(("start_column", "end_column", "title", "raw_details"))

    def view(one: Json) -> Json:
        page = repo_page(call.repository, f"/blob/{run.head_sha}/{one.get('path')}")
        return {**absent, "blob_href": page, **one}

    return listed(call, run.annotations, view)


@routes("GET", f"{_REPO}/commits/{{ref:.+}}/check-runs", "checks:read")
async def list_runs(call: Call) -> web.StreamResponse:
    """The check runs of a commit; of several by one name the newest, unless ``filter=all``."""
    sha = await resolve(call.repository, call.path("ref"))
    name, status = call.query("check_name"), call.query("status")
    runs = [
        run
        for run in call.repository.runs_on(sha)
        if name in ("", run.name) and status in ("", run.status)
    ]
    if call.query("filter", "latest") == "latest":
        runs = list({run.name: run for run in runs}.values())
    found, headers = page_of(call, runs)
    shown = [views.check_run(run) for run in found]
    return answer({"total_count": len(runs), "check_runs": shown}, headers=headers)


@suites("GET", f"{_REPO}/commits/{{ref:.+}}/check-suites", "checks:read")
async def list_suites(call: Call) -> web.StreamResponse:
    """The check suites of a commit."""
    sha = await resolve(call.repository, call.path("ref"))
    found = [one for one in call.repository.check_suites.values() if one.head_sha == sha]
    head = await call.repository.git.commit(sha)
    shown = [views.check_suite(one, head) for one in found]
    return answer({"total_count": len(shown), "check_suites": shown})


@jobs("GET", f"{_REPO}/actions/jobs/{{run}}", "actions:read")
async def get_job(call: Call) -> web.StreamResponse:
    """A job of GitHub Actions; its check run has the same id."""
    return answer(views.job(_job(call)))


@jobs("GET", f"{_REPO}/actions/jobs/{{run}}/logs", "actions:read")
async def get_log(call: Call) -> web.StreamResponse:
    """Where the log of a job can be had for the next minute."""
    run = _job(call)
    ticket = secrets.token_hex(16)
    call.world.archives[ticket] = run.id
    place = f"{call.world.origin}/codeload/{call.repository.full_name}/logs/{run.id}"
    return web.Response(status=302, headers={"Location": f"{place}?sig={ticket}"})


def _job(call: Call) -> CheckRun:
    """The check run that the path names, where it is a job. Raises 404."""
    if not call.check_run().steps:
        raise not_found()
    return call.check_run()


@jobs("GET", "/codeload/{owner}/{repo}/logs/{run}", "anyone")
async def download_log(call: Call) -> web.StreamResponse:
    """The log; the ticket in the query is all the proof it takes."""
    run = call.check_run()
    if call.world.archives.get(call.query("sig")) != run.id:
        raise not_found()
    lines = (f"2026-03-04T09:30:00.0000000Z {line}\n" for line in run.log.splitlines())
    return web.Response(text="".join(lines))


@suites("PATCH", f"{_REPO}/check-suites/preferences", "checks:write")
async def prefer(call: Call) -> web.StreamResponse:
    """Whether a push makes a check suite of the app."""
    wanted = items(call.fields, "auto_trigger_checks") or []
    for one in wanted:
        call.repository.auto_suites = flag(one, "setting")
    preferences = {"auto_trigger_checks": wanted}
    return answer({"preferences": preferences, "repository": repository(call.repository)})


def _fields(call: Call) -> dict[str, Any]:
    """What the body says of a run, checked. Raises 422."""
    body = call.fields
    status, conclusion = text(body, "status"), text(body, "conclusion")
    if status is not None and status not in _STATES:
        raise malformed(f"{status} is not a member of {list(_STATES)}.".replace("'", '"'))
    if conclusion is not None and conclusion not in _CONCLUSIONS:
        raise malformed(f"{conclusion} is not a member of {list(_CONCLUSIONS)}.".replace("'", '"'))
    if status == "completed" and conclusion is None:
        raise malformed(
            'No subschema in "anyOf" matched.\n"conclusion" wasn\'t supplied.\n'
            'completed is not a member of ["queued", "in_progress"].'
        )
    output = body.get("output") or {}
    for name in ("title", "summary") if output else ():
        need_text(output, name)
    for name in ("summary", "text"):
        if len(text(output, name) or "") > _OUTPUT_LIMIT:
            message = f"{name} exceeds a maximum length of {_OUTPUT_LIMIT} characters"
            raise invalid("CheckRun", f"output.{name}", "custom", message)
    if len(items(output, "annotations") or ()) > _MOST_ANNOTATIONS:
        message = f"No more than {_MOST_ANNOTATIONS} annotations"
        raise invalid("CheckRun", "annotations", "custom", message)
    times = {name: time(body, name) for name in ("started_at", "completed_at") if body.get(name)}
    return body | times


routes.extend((*suites, *jobs))
