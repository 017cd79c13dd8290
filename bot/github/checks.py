"""Check runs. https://docs.github.com/en/rest/checks/runs"""

from __future__ import annotations

from typing import Literal

from bot.github.app import Repo
from bot.render import Markdown

PROOF = "soulcaster/proof"
Conclusion = Literal["success", "failure", "neutral"]


async def want_no_suites(repo: Repo, app: int) -> None:
    """Pushes begin no check suite of ours; a check run makes its own.

    https://docs.github.com/en/rest/checks/suites#update-repository-preferences-for-check-suites
    """
    wanted = {"auto_trigger_checks": [{"app_id": app, "setting": False}]}
    await repo.patch("/check-suites/preferences", wanted)


async def put_check(
    repo: Repo,
    sha: str,
    *,
    conclusion: Conclusion,
    title: str,
    summary: Markdown,
    external_id: str = "",
) -> int:
    """Report the proof on a commit, once: a check run that is there is updated; its id."""
    output = {"title": title[:255], "summary": summary[:65_535]}
    fields = {"status": "completed", "conclusion": conclusion, "output": output}
    path = f"/commits/{sha}/check-runs{{?check_name}}"
    async for run in repo.pages(path, key="check_runs", check_name=PROOF):
        await repo.patch(f"/check-runs/{run['id']}", fields)
        return int(run["id"])
    made = await repo.post(
        "/check-runs", {"name": PROOF, "head_sha": sha, "external_id": external_id, **fields}
    )
    return int(made["id"])
