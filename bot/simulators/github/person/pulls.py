"""What people do with branches, pull requests and checks."""

from __future__ import annotations

from aiohttp import web

from bot.simulators.github.actions import checks, pulls, reviews
from bot.simulators.github.actions.diffstat import pull_view
from bot.simulators.github.actions.pushes import ref_moved, release
from bot.simulators.github.commits import Signed
from bot.simulators.github.errors import existing, unprocessable
from bot.simulators.github.git import NOTHING, GitError
from bot.simulators.github.person.asking import need
from bot.simulators.github.views import pulls as views
from bot.simulators.github.wire.fields import flag, items, need_text, number, text
from bot.simulators.github.wire.routing import Call, Routes, answer, nothing

routes = Routes()
_REPO = "/_sim/repos/{owner}/{repo}"
_PULL = f"{_REPO}/pulls/{{number}}"


@routes("POST", f"{_REPO}/push", "anyone")
async def push(call: Call) -> web.StreamResponse:
    """``{login, branch?, files, message?}``: one commit by a person; a file that is null goes.

    A branch that does not exist starts where the default branch is.
    """
    repository, git, person = call.repository, call.repository.git, need(call, "write")
    branch = text(call.fields, "branch") or repository.default_branch
    branches, files = await git.branches(), call.fields.get("files") or {}
    new, start = branch not in branches, branches.get(repository.default_branch)
    try:
        if new and start:
            await git.move(f"refs/heads/{branch}", start, expected=NOTHING)
        before, after = await git.commit_files(
            branch,
            {path: None if words is None else str(words).encode() for path, words in files.items()},
            message=text(call.fields, "message") or "Update files",
            author=Signed(person.name or person.login, person.email, call.world.now()),
        )
    except GitError as error:
        raise unprocessable(str(error)) from None
    old = None if new else before
    await ref_moved(repository, person, f"refs/heads/{branch}", old, after)
    return answer({"sha": after, "branch": branch})


@routes("POST", f"{_REPO}/releases", "anyone")
async def publish(call: Call) -> web.StreamResponse:
    """``{login, tag, target?, prerelease?}``: release what a branch or commit is."""
    repository, person, tag = call.repository, need(call, "write"), need_text(call.fields, "tag")
    target = text(call.fields, "target") or repository.default_branch
    early = flag(call.fields, "prerelease")
    return answer(await release(repository, person, tag, target, prerelease=early))


@routes("DELETE", f"{_REPO}/branches/{{branch:.+}}", "anyone")
async def delete_branch(call: Call) -> web.StreamResponse:
    """``{login}``."""
    person, branch = need(call, "write"), call.path("branch")
    before = (await call.repository.git.branches()).get(branch)
    if before is None or branch == call.repository.default_branch:
        raise unprocessable(f"{branch} cannot be deleted")
    await call.repository.git.remove(f"refs/heads/{branch}")
    await ref_moved(call.repository, person, f"refs/heads/{branch}", before, None)
    return nothing()


@routes("POST", f"{_REPO}/pulls", "anyone")
async def open_pull(call: Call) -> web.StreamResponse:
    """``{login, title, body?, head, base?, draft?}``."""
    issue = await pulls.open_pull(
        call.repository,
        need(call, "write"),
        title=need_text(call.fields, "title"),
        body=text(call.fields, "body"),
        head=need_text(call.fields, "head"),
        base=text(call.fields, "base") or call.repository.default_branch,
        draft=flag(call.fields, "draft"),
    )
    return answer(await pull_view(issue))


@routes("POST", f"{_PULL}/reviews", "anyone")
async def review(call: Call) -> web.StreamResponse:
    """``{login, event, body?, comments?: [{path, line, side?, body}]}``."""
    made = await reviews.add_review(
        need(call, "read"),
        call.pull(),
        event=text(call.fields, "event") or "COMMENT",
        body=text(call.fields, "body") or "",
        comments=items(call.fields, "comments") or (),
    )
    return answer(views.review(made))


@routes("PATCH", f"{_PULL}/reviews/{{review}}", "anyone")
async def edit_review(call: Call) -> web.StreamResponse:
    """``{login, body}``; one's own, or with write anybody's."""
    found = existing(call.repository.reviews, call.number("review"))
    person = need(call, "write", unless_by=found.user)
    reviews.edit_review(person, found, need_text(call.fields, "body"))
    return answer(views.review(found))


@routes("PATCH", f"{_REPO}/review-comments/{{comment}}", "anyone")
async def edit_review_comment(call: Call) -> web.StreamResponse:
    """``{login, body}``; one's own, or with write anybody's."""
    found = call.review_comment()
    person = need(call, "write", unless_by=found.user)
    reviews.edit_review_comment(person, found, need_text(call.fields, "body"))
    return answer(views.review_comment(found))


@routes("POST", f"{_PULL}/comments", "anyone")
async def review_comment(call: Call) -> web.StreamResponse:
    """``{login, body, path, line, side?}`` or ``{login, body, in_reply_to}``."""
    number(call.fields, "in_reply_to")
    made = await reviews.add_review_comment(need(call, "read"), call.pull(), call.fields)
    return answer(views.review_comment(made))


@routes("POST", f"{_PULL}/ready", "anyone")
async def ready(call: Call) -> web.StreamResponse:
    """``{login, draft?}``: mark it ready for review, or a draft again."""
    issue = call.pull()
    person = need(call, "write", unless_by=issue.user)
    draft = flag(call.fields, "draft")
    await pulls.set_draft(person, issue, draft=draft)
    return answer(await pull_view(issue))


@routes("POST", f"{_PULL}/merge", "anyone")
async def merge(call: Call) -> web.StreamResponse:
    """``{login, method?}``; a draft is marked ready first, as people do."""
    issue, person = call.pull(), need(call, "write")
    if flag(call.fields, "ready"):
        await pulls.set_draft(person, issue, draft=False)
    method = text(call.fields, "method") or "merge"
    sha = await pulls.merge_pull(person, issue, method=method)
    return answer({"sha": sha, "merged": True})


@routes("POST", f"{_REPO}/check-runs/{{run}}/rerequest", "anyone")
async def rerequest(call: Call) -> web.StreamResponse:
    """``{login}``: press Re-run on a check."""
    checks.ask_again(need(call, "write"), call.check_run())
    return nothing()


@routes("POST", f"{_REPO}/check-runs/{{run}}/actions", "anyone")
async def press(call: Call) -> web.StreamResponse:
    """``{login, identifier}``: press a button that came with a check."""
    button = need_text(call.fields, "identifier")
    checks.press(need(call, "write"), call.check_run(), button)
    return nothing()


@routes("GET", "/_sim/git/{owner}/{repo}", "anyone")
async def git_folder(call: Call) -> web.StreamResponse:
    """Where the bare repository is on this machine."""
    return answer({"path": str(call.repository.git.path)})
