"""Branches, commits and pull requests of the GitHub simulator, down to a real clone."""

from __future__ import annotations

import asyncio
import base64
import io
import stat
import subprocess
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from github_simulator_kit import SHOP, Kit, github

REPO = f"/repos/{SHOP}"
FIXED = "def total(prices):\n    return sum(prices)\n"


@pytest.fixture
async def kit(tmp_path: Path) -> AsyncIterator[Kit]:
    async with github(tmp_path) as kit:
        yield kit


async def _git(*arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        "git", *arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


async def _pull(kit: Kit, files: dict[str, str], branch: str = "fix", **fields: object) -> dict:
    await kit.commit(branch, files)
    body = {"title": f"Change {branch}", "head": branch, "base": "main", **fields}
    return await kit.ok("POST", f"{REPO}/pulls", body)


async def test_what_the_app_commits_can_be_cloned_and_run(kit: Kit, tmp_path: Path):
    gh = kit.gidgethub()
    main = await gh.getitem(f"{REPO}/git/ref/heads/main")
    script = base64.b64encode(b"#!/bin/sh\necho \xff\n").decode()
    blob = await gh.post(f"{REPO}/git/blobs", data={"content": script, "encoding": "base64"})
    base = await gh.getitem(f"{REPO}/git/commits/{main['object']['sha']}")
    tree = await gh.post(
        f"{REPO}/git/trees",
        data={
            "base_tree": base["tree"]["sha"],
            "tree": [
                {"path": "bin/new.sh", "mode": "100755", "type": "blob", "sha": blob["sha"]},
                {"path": "shop/cart.py", "mode": "100644", "type": "blob", "content": FIXED},
                {"path": "README.md", "mode": "100644", "type": "blob", "sha": None},
            ],
        },
    )
    commit = await gh.post(
        f"{REPO}/git/commits",
        data={
            "message": "Fix totals\n\nCo-authored-by: ana <ana@example.com>",
            "tree": tree["sha"],
            "parents": [main["object"]["sha"]],
        },
    )
    assert commit["author"]["name"] == "soulcaster[bot]"
    assert commit["verification"]["verified"] is True
    assert commit["verification"]["reason"] == "valid"
    await gh.post(f"{REPO}/git/refs", data={"ref": "refs/heads/fix", "sha": commit["sha"]})

    place = await kit.person("GET", f"/git/{SHOP}")
    into = tmp_path / "clone"
    await _git("clone", "-q", "--branch", "fix", place["path"], str(into))
    assert (into / "shop/cart.py").read_text() == FIXED
    assert (into / "bin/new.sh").read_bytes() == b"#!/bin/sh\necho \xff\n"
    assert (into / "bin/new.sh").stat().st_mode & stat.S_IXUSR
    assert (into / "bin/run.sh").stat().st_mode & stat.S_IXUSR
    assert not (into / "README.md").exists()
    log = await _git("-C", str(into), "log", "-1", "--format=%an|%cn|%B")
    assert log.startswith("soulcaster[bot]|GitHub|Fix totals\n\nCo-authored-by: ana")
    await _git("-C", str(into), "fsck", "--strict")


async def test_a_commit_by_somebody_named_is_not_signed(kit: Kit):
    head = await kit.ok("GET", f"{REPO}/commits/main")
    made = await kit.ok(
        "POST",
        f"{REPO}/git/commits",
        {
            "message": "x",
            "tree": head["commit"]["tree"]["sha"],
            "parents": [head["sha"]],
            "author": {"name": "Ana", "email": "a@b.c", "date": "2026-01-02T03:04:05+02:00"},
        },
    )
    assert made["verification"] | {"payload": None} == {
        "verified": False,
        "reason": "unsigned",
        "signature": None,
        "payload": None,
        "verified_at": None,
    }
    assert made["author"]["date"] == "2026-01-02T01:04:05Z"


async def test_of_many_who_create_one_ref_exactly_one_succeeds(kit: Kit):
    sha = (await kit.ok("GET", f"{REPO}/commits/main"))["sha"]
    body = {"ref": "refs/heads/soulcaster/C-1", "sha": sha}
    answers = await asyncio.gather(*(kit.api("POST", f"{REPO}/git/refs", body) for _ in range(8)))
    assert sorted(one.status for one in answers) == [201] + [422] * 7
    refused = next(one for one in answers if one.status == 422)
    assert refused.body["message"] == "Reference already exists"


async def test_a_ref_moves_forward_only_unless_forced(kit: Kit):
    main = (await kit.ok("GET", f"{REPO}/commits/main"))["sha"]
    fix = await kit.commit("fix", {"a.txt": "a"})
    ref = f"{REPO}/git/refs/heads/fix"
    backward = await kit.api("PATCH", ref, {"sha": main})
    assert (backward.status, backward.body["message"]) == (422, "Update is not a fast forward")
    await kit.ok("PATCH", ref, {"sha": main, "force": True})
    assert (await kit.ok("PATCH", ref, {"sha": fix}))["object"]["sha"] == fix
    await kit.ok("DELETE", ref)
    assert (await kit.api("GET", f"{REPO}/git/ref/heads/fix")).status == 404
    assert (await kit.api("DELETE", ref)).status == 422
    assert (await kit.api("PATCH", ref, {"sha": fix})).status == 422


@pytest.mark.parametrize(
    ("entry", "status"),
    [
        ({"path": "../up", "mode": "100644", "content": "x"}, 422),
        ({"path": ".git/config", "mode": "100644", "content": "x"}, 422),
        ({"path": "a", "mode": "100600", "content": "x"}, 422),
        ({"path": "a", "mode": "160000", "type": "commit", "sha": "0" * 40}, 422),
        ({"path": "a", "mode": "100644", "sha": "0" * 40}, 422),
        ({"path": "not/there", "mode": "100644", "sha": None}, 422),
        ({"path": "a", "mode": "100644"}, 422),
        ({"path": ".github/workflows/ci.yml", "mode": "100644", "content": "x"}, 403),
        ({"path": "link", "mode": "120000", "content": "README.md"}, 201),
    ],
)
async def test_trees_take_only_what_git_and_github_take(kit: Kit, entry: dict, status: int):
    tree = (await kit.ok("GET", f"{REPO}/git/trees/main"))["sha"]
    body = {"base_tree": tree, "tree": [{"type": "blob", **entry}]}
    assert (await kit.api("POST", f"{REPO}/git/trees", body)).status == status


async def test_contents_and_tarball_give_the_files(kit: Kit):
    gh = kit.gidgethub()
    found = await gh.getitem(f"{REPO}/contents/shop/cart.py")
    assert b"prices[1:]" in base64.b64decode(found["content"])
    raw = await kit.api(
        "GET", f"{REPO}/contents/README.md", headers={"Accept": "application/vnd.github.raw+json"}
    )
    assert raw.body == b"# Shop\n"
    assert (await kit.api("GET", f"{REPO}/contents/none")).status == 404
    assert (await kit.api("GET", f"{REPO}/contents/README.md?ref=none")).status == 404
    redirect = await kit.api("GET", f"{REPO}/tarball/main")
    assert redirect.status == 302
    sha = (await kit.ok("GET", f"{REPO}/commits/main"))["sha"]
    async with kit.http.get(redirect.headers["Location"]) as answer:
        with tarfile.open(fileobj=io.BytesIO(await answer.read())) as archive:
            names = [one.name for one in archive.getmembers() if one.isfile()]
            assert f"acme-shop-{sha[:7]}/shop/cart.py" in names
            assert archive.getmember(f"acme-shop-{sha[:7]}/bin/run.sh").mode & stat.S_IXUSR
    async with kit.http.get(redirect.headers["Location"].split("?")[0]) as answer:
        assert answer.status == 404


async def test_a_pull_request_is_unique_by_head_and_base(kit: Kit):
    body = {"title": "x", "head": "fix", "base": "main"}
    missing = await kit.api("POST", f"{REPO}/pulls", body)
    assert (missing.status, missing.body["errors"][0]["field"]) == (422, "head")
    sha = (await kit.ok("GET", f"{REPO}/commits/main"))["sha"]
    await kit.ok("POST", f"{REPO}/git/refs", {"ref": "refs/heads/fix", "sha": sha})
    empty = await kit.api("POST", f"{REPO}/pulls", body)
    assert empty.body["errors"][0]["message"] == "No commits between main and fix"
    await kit.person("POST", f"{REPO}/push", {"login": "wes", "branch": "fix", "files": {"a": "1"}})
    await kit.ok("POST", f"{REPO}/pulls", body)
    again = await kit.api("POST", f"{REPO}/pulls", body)
    assert again.status == 422
    message = "A pull request already exists for acme:fix."
    assert again.body["errors"][0]["message"] == message
    found = await kit.ok("GET", f"{REPO}/pulls?head=acme:fix&base=main")
    assert [one["number"] for one in found] == [1]
    assert await kit.ok("GET", f"{REPO}/pulls?head=acme:other") == []


async def test_a_pull_request_shows_its_diff(kit: Kit):
    pull = await _pull(kit, {"shop/cart.py": FIXED, "new.txt": "one\ntwo\n"}, draft=True)
    assert (pull["draft"], pull["mergeable"]) == (True, None)
    path = f"{REPO}/pulls/{pull['number']}"
    found = await kit.ok("GET", path)
    assert (found["commits"], found["additions"], found["deletions"]) == (1, 3, 1)
    assert (found["mergeable"], found["mergeable_state"]) == (True, "draft")
    files = {one["filename"]: one for one in await kit.ok("GET", f"{path}/files")}
    assert files["new.txt"]["status"] == "added"
    assert files["shop/cart.py"]["patch"].startswith("@@ -1,2 +1,2 @@\n")
    diff = (await kit.person("GET", path.replace("pulls", "issues")))["pull"]["diff"]
    assert diff.startswith("diff --git a/new.txt b/new.txt\nnew file mode 100644")
    assert "+    return sum(prices)\n" in diff
    as_issue = await kit.ok("GET", f"{REPO}/issues/{pull['number']}")
    assert as_issue["pull_request"]["url"].endswith(path)


async def test_a_conflict_is_seen_and_not_merged(kit: Kit):
    pull = await _pull(kit, {"shop/cart.py": FIXED})
    files = {"shop/cart.py": "def total(prices):\n    return 0\n"}
    await kit.person("POST", f"{REPO}/push", {"login": "wes", "files": files})
    path = f"{REPO}/pulls/{pull['number']}"
    found = await kit.ok("GET", path)
    assert (found["mergeable"], found["mergeable_state"]) == (False, "dirty")
    async with kit.http.post(f"{kit.base}/_sim{path}/merge", json={"login": "wes"}) as answer:
        assert answer.status == 405


@pytest.mark.parametrize("method", ["merge", "squash"])
async def test_a_merge_closes_what_it_fixes(kit: Kit, method: str):
    issue = await kit.ok("POST", f"{REPO}/issues", {"title": "Totals"})
    other = await kit.ok("POST", f"{REPO}/issues", {"title": "Other"})
    body = f"Fixes #{issue['number']}, see #{other['number']}"
    pull = await _pull(kit, {"shop/cart.py": FIXED}, body=body)
    push = {"login": "wes", "files": {"elsewhere.txt": "x"}}
    await kit.person("POST", f"{REPO}/push", push)
    path = f"{REPO}/pulls/{pull['number']}"
    await kit.person(
        "POST", f"{REPO}/pulls/{pull['number']}/merge", {"login": "wes", "method": method}
    )
    merged = await kit.ok("GET", path)
    assert (merged["merged"], merged["state"], merged["merged_by"]["login"]) == (
        True,
        "closed",
        "wes",
    )
    content = await kit.ok("GET", f"{REPO}/contents/shop/cart.py")
    assert base64.b64decode(content["content"]).decode() == FIXED
    assert (await kit.api("GET", f"{REPO}/contents/elsewhere.txt")).status == 200
    tip = await kit.ok("GET", f"{REPO}/commits/main")
    assert len(tip["parents"]) == (2 if method == "merge" else 1)
    assert merged["merge_commit_sha"] == tip["sha"]
    closed = await kit.ok("GET", f"{REPO}/issues/{issue['number']}")
    assert (closed["state"], closed["state_reason"]) == ("closed", "completed")
    assert (await kit.ok("GET", f"{REPO}/issues/{other['number']}"))["state"] == "open"
    assert (await kit.ok("GET", f"{path}/files"))[0]["filename"] == "shop/cart.py"
    assert (await kit.api("PATCH", path, {"state": "open"})).status == 422


async def test_compare_says_who_is_ahead(kit: Kit):
    await kit.commit("soulcaster/C-1-fix", {"a.txt": "a"})
    push = {"login": "wes", "files": {"b.txt": "b"}}
    await kit.person("POST", f"{REPO}/push", push)
    found = await kit.ok("GET", f"{REPO}/compare/main...soulcaster/C-1-fix")
    assert (found["status"], found["ahead_by"], found["behind_by"]) == ("diverged", 1, 1)
    assert [one["filename"] for one in found["files"]] == ["a.txt"]
    turned = await kit.ok("GET", f"{REPO}/compare/soulcaster/C-1-fix...main")
    assert [one["filename"] for one in turned["files"]] == ["b.txt"]


async def test_review_comments_stand_on_the_diff_or_not_at_all(kit: Kit):
    pull = await _pull(kit, {"shop/cart.py": FIXED})
    path = f"{REPO}/pulls/{pull['number']}/reviews"
    line = {"path": "shop/cart.py", "line": 2, "side": "RIGHT", "body": "why"}
    body = {"login": "wes", "event": "REQUEST_CHANGES", "body": "no", "comments": [line]}
    await kit.person("POST", path, body)
    [comment] = await kit.ok("GET", f"{REPO}/pulls/{pull['number']}/comments")
    assert (comment["line"], comment["side"], comment["position"]) == (2, "RIGHT", 3)
    assert comment["diff_hunk"].splitlines()[-1] == "+    return sum(prices)"
    [review] = await kit.ok("GET", path)
    assert review["state"] == "CHANGES_REQUESTED"
    for refused in (
        body | {"comments": [line | {"line": 9}]},
        body | {"comments": [line | {"path": "README.md"}]},
        body | {"event": "SHRUG"},
        body | {"body": " ", "comments": []},
        {"login": "soulcaster[bot]", "event": "APPROVE"},
    ):
        async with kit.http.post(f"{kit.base}/_sim{path}", json=refused) as answer:
            assert answer.status == 422, refused
    [found] = await kit.ok("GET", f"{path}/{review['id']}/comments")
    assert found["id"] == comment["id"]
    assert (await kit.ok("GET", f"{REPO}/pulls/{pull['number']}"))["review_comments"] == 1


async def test_checks_are_refused_in_githubs_words(kit: Kit):
    sha = (await kit.ok("GET", f"{REPO}/commits/main"))["sha"]
    note = {
        "path": "a",
        "start_line": 1,
        "end_line": 1,
        "annotation_level": "notice",
        "message": "m",
    }
    for fields in (
        {"head_sha": "0" * 40},
        {"status": "completed"},
        {"conclusion": "fine"},
        {"output": {"title": "x", "summary": "y" * 65_536}},
        {"output": {"title": "x", "summary": "y", "annotations": [note] * 51}},
    ):
        body = {"name": "proof", "head_sha": sha, **fields}
        assert (await kit.api("POST", f"{REPO}/check-runs", body)).status == 422, fields
    await kit.ok("POST", f"{REPO}/check-runs", {"name": "proof", "head_sha": sha})
    await kit.ok(
        "POST", f"{REPO}/check-runs", {"name": "proof", "head_sha": sha, "conclusion": "failure"}
    )
    found = await kit.ok("GET", f"{REPO}/commits/main/check-runs?check_name=proof")
    assert [run["conclusion"] for run in found["check_runs"]] == ["failure"]
    both = await kit.ok("GET", f"{REPO}/commits/main/check-runs?filter=all")
    assert both["total_count"] == 2


async def test_the_state_shows_a_pull_request_whole(kit: Kit):
    pull = await _pull(kit, {"shop/cart.py": FIXED}, body="Fixes it")
    state = await kit.person("GET", "/state")
    [repository] = state["repositories"]
    [one] = repository["issues"]
    assert (one["kind"], one["number"], one["author"]) == ("pull", 1, "soulcaster[bot]")
    assert one["pull"]["files"][0]["path"] == "shop/cart.py"
    assert one["pull"]["commits"][0]["verified"] is True
    assert one["pull"]["diff"].startswith("diff --git")
    assert await kit.person("GET", f"{REPO}/issues/{pull['number']}") == one
