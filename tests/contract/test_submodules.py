"""Submodules of a repository: the public ones of its own host, at the commit it holds them at."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import github_simulator_kit
import pytest
from aiohttp import web

from bot.context import Context, open_context
from bot.domain.audience import Audience
from bot.domain.fixes.environment import needs_of
from bot.domain.fixes.patch import Entry, tar_from_tree
from bot.domain.fixes.run import FixRun
from bot.domain.models import Project
from bot.settings import Settings
from workers.fixes.steps.fetch import fetch, fetch_submodules
from workers.fixes.steps.project import ProjectRun

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
SHOP = Project(id=7, installation=1, full_name="acme/shop")
AT = {"lib": "1" * 40, "more": "1" * 40, "hidden": "2" * 40, "away": "3" * 40}
MODULES = """\
[submodule "lib"]
	path = vendor/lib
	url = ../../other/lib.git
[submodule "hidden"]
	path = vendor/hidden
	url = https://{host}/acme/hidden
[submodule "away"]
	path = vendor/away
	url = https://elsewhere.test/other/away
"""


class GitHubDouble:
    """As a token for one repository sees it: that one, and public ones. ``asked`` are the paths."""

    def __init__(self, config: str) -> None:
        self.config, self.host = config, ""
        self.asked: list[str] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/app/installations/1/access_tokens", self._token)
        app.router.add_get("/{path:.*}", self._answer)
        return app

    async def _token(self, request: web.Request) -> web.Response:
        assert (await request.json())["repository_ids"] == [SHOP.id]
        expires = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        return web.json_response({"token": "t", "expires_at": expires})

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if request.path.startswith("/files/"):
            inside = {"lib": {"lib/of.py": b"ONE = 1\n"}}.get(
                request.path.rpartition("/")[2], {"shop/.gitmodules": self._modules()}
            )
            tree = {path: Entry(data=data) for path, data in inside.items()}
            return web.Response(body=tar_from_tree(tree))
        answers: dict[str, Any] = {
            "/repos/acme/shop/contents/.github/soulcaster.yml": {
                "size": len(self.config),
                "content": base64.b64encode(self.config.encode()).decode(),
            },
            "/repos/acme/shop/contents/vendor": [
                {"name": name, "type": "file", "size": 0, "sha": sha} for name, sha in AT.items()
            ],
            "/repos/acme/shop/git/commits/abc": {"committer": {"date": "2026-03-03T23:59:59Z"}},
            "/repos/other/lib": {"private": False},
            "/repos/acme/hidden": {"private": True},
        }
        links = {
            "/repos/acme/shop/tarball/abc": "shop",
            f"/repos/other/lib/tarball/{AT['lib']}": "lib",
        }
        if name := links.get(request.path):
            return web.Response(
                status=302, headers={"Location": f"http://{self.host}/files/{name}"}
            )
        if request.path not in answers:
            return web.json_response({"message": "Not Found"}, status=404)
        return web.json_response(answers[request.path])

    def _modules(self) -> bytes:
        return MODULES.format(host=self.host).encode()


@pytest.fixture
async def opened(redis_url: str, tmp_path: Path, serve: Any) -> AsyncIterator[Any]:
    async def open_with(config: str) -> tuple[ProjectRun, GitHubDouble]:
        double = GitHubDouble(config)
        url = (await serve(double.app())).make_url("/")
        double.host = url.authority
        made = open_context(
            Settings(
                redis_url=redis_url,
                soulcaster_data_dir=tmp_path,
                github_app_id=1,
                github_private_key=github_simulator_kit.keys()[0],
                github_webhook_secret="s3cret",
                github_api_url=str(url).rstrip("/"),
            )
        )
        ctx: Context = await made.__aenter__()
        closing.append(made)
        await ctx.redis.flushdb()
        await ctx.projects.put(SHOP)
        wanted = FixRun(
            audience=Audience.TEAM,
            number=0,
            cluster=1,
            command="c",
            requested_by="operator",
            operator=True,
            agent="mechanic",
            base="main",
            base_sha="abc",
            seconds_allowed=60,
            created_at=NOW,
            updated_at=NOW,
        )
        run, _ = await ctx.runs.open(SHOP.id, wanted)
        return ProjectRun(ctx, SHOP, run), double

    closing: list[Any] = []
    yield open_with
    for each in closing:
        await each.__aexit__(None, None, None)


async def test_a_public_one_of_the_same_host_is_there_when_tests_run(opened: Any) -> None:
    context, double = await opened("fix: {submodules: true}")
    await fetch(context)
    base, beside = await context.tree("base"), await context.beside()
    assert set(base) == {".gitmodules"}
    assert {path: entry.data for path, entry in beside.items()} == {
        "vendor/lib/of.py": b"ONE = 1\n"
    }
    missing = "submodules that are not fetched: vendor/away, vendor/hidden"
    assert needs_of(base, beside=beside).left_out == (missing,)
    assert not [path for path in double.asked if "hidden/tarball" in path or "away" in path]


async def test_all_together_they_are_no_larger_than_one_checkout(opened: Any) -> None:
    context, double = await opened("fix: {submodules: true}")
    twice = double._modules() + b'[submodule "more"]\n path = vendor/more\n url = ../../other/lib\n'
    for most, there in ((8, {"vendor/lib/of.py"}), (16, {"vendor/lib/of.py", "vendor/more/of.py"})):
        tree = {".gitmodules": Entry(data=twice)}
        assert set(await fetch_submodules(context, "abc", tree, most=most)) == there


async def test_none_is_fetched_where_nobody_allowed_it(opened: Any) -> None:
    context, double = await opened("fix: {}")
    await fetch(context)
    assert await context.beside() == {}
    assert not [path for path in double.asked if "/other/" in path]


async def test_the_day_of_the_base_commit(opened: Any) -> None:
    context, _ = await opened("fix: {}")
    await fetch(context)
    assert context.run.base_day == "2026-03-03"
