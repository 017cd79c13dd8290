"""A fix run in a browser: for whom, what of it, live and after a cut, and stopped from there."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from following_kit import Team, open_team

from bot.domain.audience import Audience
from bot.domain.fixes.run import FixRun, StepName
from bot.domain.models import RunState
from handlers.demo.stage import ADMIN
from handlers.web import build_app, serving

STRANGER = "pavel-novak"


@asynccontextmanager
async def github_login(team: Team) -> AsyncIterator[list[dict[str, str]]]:
    """GitHub's sign-in; a code is the login of whom it is for. What was asked for a token."""
    api, asked = team.ctx.settings.github_api_url, list[dict[str, str]]()

    async def token(request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        asked.append(form)
        known = form["client_secret"] == "s-1" and form["code"] != "none"
        return web.json_response({"access_token": form["code"]} if known else {"error": "bad"})

    async def user(request: web.Request) -> web.Response:
        login = request.headers["Authorization"].removeprefix("Bearer ")
        async with team.ctx.http.get(f"{api}/users/{login}") as answer:
            return web.json_response(await answer.json())

    app = web.Application()
    app.router.add_post("/login/oauth/access_token", token)
    app.router.add_get("/user", user)
    async with TestServer(app) as served:
        assert team.ctx.github  # goes on with the simulator
        told = {
            "github_client_id": "id-1",
            "github_client_secret": "s-1",
            "github_api_url": str(served.make_url("/")).rstrip("/"),
        }
        settings = team.ctx.settings.model_dump() | told
        team.ctx.settings = type(team.ctx.settings).model_validate(settings)
        yield asked


class Browser:
    """A person in front of a page."""

    def __init__(self, http: aiohttp.ClientSession, here: str) -> None:
        self.http, self.here = http, here

    async def get(self, path: str, **more: str) -> tuple[int, str]:
        async with self.http.get(f"{self.here}{path}", allow_redirects=False, headers=more) as got:
            return got.status, await got.text()

    async def sign_in(self, path: str, login: str) -> tuple[int, str]:
        async with self.http.get(f"{self.here}{path}/sign-in", allow_redirects=False) as got:
            there = parse_qs(urlsplit(got.headers["Location"]).query)
        assert there["code_challenge_method"] == ["S256"]
        back = f"/runs/signed-in?code={login}&state={there['state'][0]}"
        return await self.get(back)


async def started(team: Team, cluster: int) -> FixRun:
    wanted = FixRun(
        audience=team.project.github_readers,
        number=0,
        cluster=cluster,
        command="c",
        requested_by="operator",
        operator=True,
        agent="mechanic",
        seconds_allowed=60,
        state=RunState.RUNNING,
        dollars=0.25,
        change="+ round(total, 2) <script>",
        created_at=team.now,
        updated_at=team.now,
    )
    made, _ = await team.ctx.runs.open(team.project.id, wanted)
    return made


async def events(got: aiohttp.ClientResponse, until: str) -> list[tuple[str, str, object]]:
    """Kind, id and value of each event, up to one of a kind."""
    found = list[tuple[str, str, object]]()
    while True:
        told = await asyncio.wait_for(got.content.readuntil(b"\n\n"), 20)
        lines = [line for line in told.decode().splitlines() if line and line[0] != ":"]
        parts = dict(line.split(": ", 1) for line in lines)
        if parts:
            found.append((parts["event"], parts.get("id", ""), json.loads(parts["data"])))
            if found[-1][0] == until:
                return found


@pytest.fixture
async def team(tmp_path: Path) -> AsyncIterator[Team]:
    async with open_team(tmp_path) as made:
        yield made


async def test_a_run_is_watched_by_who_may_and_goes_on_after_a_cut(team: Team) -> None:
    runs, project = team.ctx.runs, team.project.id
    run = await started(team, await team.seen())
    for n in range(1, 4):
        await runs.log(project, run.number, f"line {n} <b>")
    path = f"/runs/{team.project.full_name}/{run.name}"
    async with (
        github_login(team) as asked,
        serving(build_app(team.ctx), "127.0.0.1", 0) as here,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http,
    ):
        browser = Browser(http, here)
        status, said = await browser.get(path)
        assert status == 401
        assert "line 1" not in said
        assert "sign-in" in said
        assert (await browser.get(f"{path}/events"))[0] == 403
        # A link alone opens nothing, nor does a code that another browser began with.
        assert (await browser.get("/runs/signed-in?code=ines-ferreira&state=x"))[0] == 403
        assert (await browser.sign_in(path, "none"))[0] == 403
        assert (await browser.get("/runs/signed-in?code=ines-ferreira&state=x"))[0] == 403

        assert (await browser.sign_in(path, STRANGER))[0] == 303
        status, said = await browser.get(path)
        assert status == 404
        assert said.count("may see here") == 1
        assert (await browser.get(f"{path[:-1]}999"))[0] == 404
        assert (await browser.get(f"{path}/events"))[0] == 404

        assert (await browser.sign_in(path, ADMIN))[0] == 303
        assert asked[-1]["code_verifier"]
        status, said = await browser.get(path)
        assert status == 200
        assert "line 3 &lt;b&gt;" in said
        assert "+ round(total, 2) &lt;script&gt;" in said
        assert "$0.25" in said
        assert '<meta http-equiv="refresh"' in said
        assert "Stop" in said

        await runs.log(project, run.number, "line 4")
        last = re.search(r"events\?after=(\d+)", said)
        assert last
        async with http.get(f"{here}{path}/events?after={last[1]}") as got:
            found = await events(got, "state")
            assert [(kind, number, v) for kind, number, v in found if kind == "line"] == [
                ("line", "4", "line 4")
            ]
        # Cut off, and back with the number that the browser heard last.
        for n in range(5, 520):
            await runs.log(project, run.number, f"line {n}")
        async with http.get(f"{here}{path}/events", headers={"Last-Event-ID": "517"}) as got:
            found = await events(got, "state")
            assert [v for kind, _, v in found if kind == "line"] == ["line 518", "line 519"]
            await runs.update(
                project, run.number, lambda r: r.with_step(StepName.FETCH, note="<i>cloning")
            )
            (_, _, state), *_rest = await events(got, "state")
            assert "&lt;i&gt;cloning" in str(state)
            await runs.update(
                project, run.number, lambda r: r.model_copy(update={"state": RunState.FAILED})
            )
            await events(got, "end")


async def test_stop_is_a_form_of_that_page_alone(team: Team) -> None:
    run = await started(team, await team.seen())
    path = f"/runs/{team.project.full_name}/{run.name}"
    async with (
        github_login(team),
        serving(build_app(team.ctx), "127.0.0.1", 0) as here,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http,
    ):
        browser = Browser(http, here)
        await browser.sign_in(path, ADMIN)
        _, said = await browser.get(path)
        proof = re.search(r'name="proof" value="(\w+)"', said)
        assert proof

        async def stop(origin: str, given: str) -> int:
            sent = {"headers": {"Origin": origin}, "data": {"proof": given}}
            async with http.post(f"{here}{path}/stop", allow_redirects=False, **sent) as got:
                return got.status

        assert await stop("https://evil.example", proof[1]) == 403
        assert await stop(here, "0" * 64) == 403
        assert not (await team.ctx.runs.get(team.project.id, run.number)).stop_asked_by
        assert await stop(here, proof[1]) == 303
        stopped = await team.ctx.runs.get(team.project.id, run.number)
        assert stopped.stop_asked_by == f"@{ADMIN}"
        # What not even the team may read has no page.
        await team.ctx.runs.update(
            team.project.id,
            run.number,
            lambda r: r.model_copy(update={"audience": Audience.PERSON}),
        )
        assert (await browser.get(path))[0] == 404
