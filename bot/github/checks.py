"""Check runs. https://docs.github.com/en/rest/checks/runs"""

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Literal

from bot.domain.errors import Rejected, TooLarge
from bot.domain.secrets import redact
from bot.github.repo import Repo
from bot.github.wire import unless_refused
from bot.render import Markdown

PROOF, CONFIG = "soulcaster/proof", "soulcaster/config"
Conclusion = Literal["success", "failure", "neutral"]
FAILED = ("failure", "timed_out")
# Bytes of a log that are downloaded, characters of it that are looked at, and kept.
_LARGEST_LOG, _LOOKED_AT, _LOG = 20_000_000, 60_000, 6_000
# What GitHub Actions puts before each line.
_STAMP = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+Z ", re.MULTILINE)
_TO_ERROR = re.compile(r".*##\[error\][^\n]*", re.DOTALL)


async def want_no_suites(repo: Repo, app: int) -> None:
    """Pushes begin no check suite of ours; a check run makes its own.

    https://docs.github.com/en/rest/checks/suites#update-repository-preferences-for-check-suites"""
    wanted = {"auto_trigger_checks": [{"app_id": app, "setting": False}]}
    await repo.patch("/check-suites/preferences", wanted)


async def put_check(
    repo: Repo,
    sha: str,
    *,
    conclusion: Conclusion | None,
    title: str,
    summary: Markdown,
    external_id: str = "",
    buttons: Sequence[tuple[str, str]] = (),
    name: str = PROOF,
    lines: Sequence[tuple[str, int, str]] = (),
) -> int:
    """Report on a commit, once: a check run that is there is updated; its id, 0 for none. Without a
    conclusion only the words of one that is there are changed. ``buttons``: at most three labels,
    and what the webhook says when one is pressed; GitHub takes 20 characters of each. ``lines``: of
    a path a line and what is wrong there; GitHub takes 50.
    https://docs.github.com/en/rest/checks/runs#create-a-check-run"""
    output: dict[str, Any] = {"title": title[:255], "summary": summary[:65_535]}
    if lines:
        output["annotations"] = [
            {
                "path": path,
                "start_line": line,
                "end_line": line,
                "annotation_level": "failure",
                "message": said,
            }
            for path, line, said in lines[:50]
        ]
    fields: dict[str, Any] = {"output": output}
    if buttons:
        fields["actions"] = [
            {"label": label, "identifier": word, "description": f"/soulcaster {word}"}
            for label, word in buttons[:3]
        ]
    if conclusion:
        fields |= {"status": "completed", "conclusion": conclusion}
    path = f"/commits/{sha}/check-runs{{?check_name}}"
    async for run in repo.pages(path, key="check_runs", check_name=name):
        await repo.patch(f"/check-runs/{run['id']}", fields)
        return int(run["id"])
    if not conclusion:
        return 0
    made = await repo.post(
        "/check-runs", {"name": name, "head_sha": sha, "external_id": external_id, **fields}
    )
    return int(made["id"])


async def of_others(repo: Repo, sha: str, app: int) -> list[Any]:
    """The newest check run of each name on a commit, but for those of ``app``."""
    runs = repo.pages(f"/commits/{sha}/check-runs{{?per_page}}", key="check_runs", per_page="100")
    return [run async for run in runs if (run["app"] or {}).get("id") != app]


async def failing_step(repo: Repo, run: Any) -> str:
    """The step that failed of a job of GitHub Actions, whose id is its check run's; "" of what is
    none, and where ``actions: read`` is not accepted.

    https://docs.github.com/en/rest/actions/workflow-jobs#get-a-job-for-a-workflow-run"""
    job = await unless_refused(repo.get(f"/actions/jobs/{run['id']}"), 403, 404, 422) or {}
    steps = job.get("steps") or []
    return next((str(step["name"]) for step in steps if step["conclusion"] in FAILED), "")


async def log_of(repo: Repo, run: Any) -> str:
    """The end of what a failed check run says, without secrets: a job's log up to its last error;
    of any other, and where that is not to be had, its output. Strangers wrote it."""
    said = "\n".join(str(run["output"].get(part) or "") for part in ("title", "summary", "text"))
    with suppress(Rejected, TooLarge):
        path = f"/actions/jobs/{run['id']}/logs"
        data = await repo.download(path, max_bytes=_LARGEST_LOG)
        log = _STAMP.sub("", data.decode(errors="replace"))
        said = found[0] if (found := _TO_ERROR.match(log)) else log
    return redact(said[-_LOOKED_AT:])[-_LOG:].strip()
