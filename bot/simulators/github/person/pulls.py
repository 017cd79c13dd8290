"""What people do with branches, pull requests and checks."""

from __future__ import annotations

import base64
import binascii

from bot.simulators.github.actions import checks, pulls, reviews
from bot.simulators.github.actions.diffstat import need_pull, pull_view
from bot.simulators.github.actions.pushes import ref_moved
from bot.simulators.github.commits import Signed
from bot.simulators.github.errors import malformed, unprocessable
from bot.simulators.github.git import NOTHING, GitError
from bot.simulators.github.person.asking import Ask, Doors
from bot.simulators.github.records import Issue, Json
from bot.simulators.github.views import pulls as views
from bot.simulators.github.wire.fields import flag, items, need_text, number, text, texts

doors = Doors()
_REPO = "/repos/{owner}/{repo}"
_PULL = f"{_REPO}/pulls/{{number}}"


def files_of(body: Json) -> dict[str, bytes | None]:
    """``files``: path to text, to ``{"base64": ...}``, or to null for a deletion."""
    found: dict[str, bytes | None] = {}
    for path, content in (body.get("files") or {}).items():
        try:
            if isinstance(content, dict):
                found[path] = base64.b64decode(content["base64"], validate=True)
            else:
                found[path] = None if content is None else str(content).encode()
        except (KeyError, binascii.Error):
            raise malformed(f"files[{path!r}] is neither text nor base64.") from None
    return found


@doors("POST", f"{_REPO}/push")
async def push(ask: Ask) -> object:
    """``{login, branch?, from?, files, executable?, message?}``: one commit by a person.

    A branch that does not exist starts at ``from``, by default the default branch.
    """
    world, repository, git = ask.world, ask.repository, ask.repository.git
    person = ask.need("write")
    branch = text(ask.body, "branch") or repository.default_branch
    branches = await git.branches()
    new = branch not in branches
    start = branches.get(text(ask.body, "from") or repository.default_branch)
    try:
        if new and start:
            await git.move(f"refs/heads/{branch}", start, expected=NOTHING)
        before, after = await git.commit_files(
            branch,
            files_of(ask.body),
            message=text(ask.body, "message") or "Update files",
            author=Signed(person.name or person.login, person.email, world.now()),
            executable=texts(ask.body, "executable") or (),
        )
    except GitError as error:
        raise unprocessable(str(error)) from None
    old = None if new else before
    await ref_moved(world, repository, person, f"refs/heads/{branch}", old, after)
    return {"sha": after, "branch": branch}


@doors("DELETE", f"{_REPO}/branches/{{branch:.+}}")
async def delete_branch(ask: Ask) -> object:
    """``{login}``."""
    person, branch = ask.need("write"), ask.request.match_info["branch"]
    before = (await ask.repository.git.branches()).get(branch)
    if before is None or branch == ask.repository.default_branch:
        raise unprocessable(f"{branch} cannot be deleted")
    ref = f"refs/heads/{branch}"
    await ask.repository.git.remove(ref)
    await ref_moved(ask.world, ask.repository, person, ref, before, None)
    return None


@doors("POST", f"{_REPO}/pulls")
async def open_pull(ask: Ask) -> object:
    """``{login, title, body?, head, base?, draft?}``."""
    issue = await pulls.open_pull(
        ask.world,
        ask.repository,
        ask.need("write"),
        title=need_text(ask.body, "title"),
        body=text(ask.body, "body"),
        head=need_text(ask.body, "head"),
        base=text(ask.body, "base") or ask.repository.default_branch,
        draft=flag(ask.body, "draft"),
    )
    return await pull_view(ask.world, ask.repository, issue)


@doors("POST", f"{_PULL}/reviews")
async def review(ask: Ask) -> object:
    """``{login, event, body?, comments?: [{path, line, side?, body}]}``."""
    made = await reviews.add_review(
        ask.world,
        ask.repository,
        ask.need("read"),
        _pull(ask),
        event=text(ask.body, "event") or "COMMENT",
        body=text(ask.body, "body") or "",
        comments=items(ask.body, "comments") or (),
    )
    return views.review(ask.world, ask.repository, made)


@doors("POST", f"{_PULL}/comments")
async def review_comment(ask: Ask) -> object:
    """``{login, body, path, line, side?}`` or ``{login, body, in_reply_to}``."""
    number(ask.body, "in_reply_to")
    made = await reviews.add_review_comment(
        ask.world, ask.repository, ask.need("read"), _pull(ask), ask.body
    )
    return views.review_comment(ask.world, ask.repository, made)


@doors("POST", f"{_PULL}/ready")
async def ready(ask: Ask) -> object:
    """``{login, draft?}``: mark it ready for review, or a draft again."""
    issue = _pull(ask)
    person = ask.need("write", unless_by=issue.user)
    draft = flag(ask.body, "draft")
    await pulls.set_draft(ask.world, ask.repository, person, issue, draft=draft)
    return await pull_view(ask.world, ask.repository, issue)


@doors("POST", f"{_PULL}/merge")
async def merge(ask: Ask) -> object:
    """``{login, method?}``; a draft is marked ready first, as people do."""
    issue, person = _pull(ask), ask.need("write")
    if flag(ask.body, "ready"):
        await pulls.set_draft(ask.world, ask.repository, person, issue, draft=False)
    method = text(ask.body, "method") or "merge"
    sha = await pulls.merge_pull(ask.world, ask.repository, person, issue, method=method)
    return {"sha": sha, "merged": True}


@doors("POST", f"{_REPO}/check-runs/{{run}}/rerequest")
async def rerequest(ask: Ask) -> object:
    """``{login}``: press Re-run on a check."""
    run = checks.find_run(ask.repository, ask.number("run"))
    checks.ask_again(ask.world, ask.repository, ask.need("write"), run)
    return None


@doors("POST", f"{_REPO}/check-runs/{{run}}/actions")
async def press(ask: Ask) -> object:
    """``{login, identifier}``: press a button that came with a check."""
    run = checks.find_run(ask.repository, ask.number("run"))
    button = need_text(ask.body, "identifier")
    checks.press(ask.world, ask.repository, ask.need("write"), run, button)
    return None


@doors("GET", "/git/{owner}/{repo}")
async def git_folder(ask: Ask) -> object:
    """Where the bare repository is on this machine, and where it can be cloned over HTTP."""
    place = f"{ask.world.origin}/{ask.repository.full_name}.git"
    return {"path": str(ask.repository.git.path), "clone_url": place}


def _pull(ask: Ask) -> Issue:
    return need_pull(ask.repository, ask.number())
