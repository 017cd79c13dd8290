"""The API in process: who is let in, what a token sees of its project, pages and limits."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.clusters.evidence import Because, Near
from bot.domain.fixes.interview import Interview
from bot.domain.fixes.run import FixRun
from bot.domain.models import Draft, Person, RunState
from bot.jobs import Claim
from bot.simulators.github import Limits
from bot.simulators.github.actions.installs import suspend
from bot.storage.tokens import Scope
from handlers.api.serving import PREFIX, describe
from handlers.demo.stage import ADMIN, Stage, open_stage
from handlers.web import build_app, serving
from workers.clusters.recluster import recluster
from workers.commands.answering import answer_at_once
from workers.commands.permission import role_of
from workers.intake import quota, sync

pytestmark = pytest.mark.asyncio(loop_scope="module")
SHELL = Person(operator=True)


@dataclass
class Api:
    """The API over HTTP, with a token of each kind."""

    stage: Stage
    url: str
    installation: int

    async def token(self, scope: Scope = "read", *, by: Person = SHELL, of: int = 0) -> str:
        project = of or (await self.stage.project()).id
        ctx = self.stage.context
        return await ctx.tokens.new(project, scope, by, f"{scope}{by}{of}", ctx.now())

    async def ask(
        self, method: str, path: str, token: str = "", *, json: Any = None, key: str = ""
    ) -> tuple[int, Any, dict[str, str]]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Idempotency-Key": key} if key else {}
        url = f"{self.url}{PREFIX}{path}"
        async with self.stage.http.request(method, url, json=json, headers=headers) as answer:
            return answer.status, await answer.json(), dict(answer.headers)

    async def report(self, title: str, project: int = 0, **more: Any) -> int:
        project = project or (await self.stage.project()).id
        now = self.stage.context.now()
        told = {"source": "sentry", "audience": Audience.TEAM, "occurred_at": now, **more}
        draft = Draft(key=title, event=title, title=title, **told)
        return (await self.stage.context.items.record(project, draft, now)).item


async def placed(ctx: Context, project: int, item: int, **because: Any) -> int:
    """The new cluster of a report, which is worded by nothing but its title."""
    why = Because(**{"action": "new"} | because)
    claim = Claim(f'["cluster_items", {project}]', "1", "mine", "work", str(project))
    await ctx.redis.set(claim.lease, claim.token)
    found = await ctx.clusters.place(
        project, item, None, now=ctx.now(), title="It breaks", audience=Audience.TEAM,
        evidence=why.model_dump_json(), corrections=0, lease=claim.lease, token=claim.token,
        alike=why.alike(item),
    )  # fmt: skip
    assert found
    return found


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Api]:
    async with (
        open_stage(
            folder, processes=False, limits=Limits.none(), SOULCASTER_API_LIMIT="60"
        ) as stage,
        serving(build_app(stage.context), "127.0.0.1", 0) as url,
    ):
        installed = stage.github.install("acme", repositories=[stage.repository], sender=ADMIN)
        yield Api(stage, url, installed.id)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    async with served(tmp_path_factory.mktemp("api")) as api:
        yield api


@pytest_asyncio.fixture(loop_scope="module")
async def api(running: Api) -> Api:
    """One server for all tests; nothing is stored but that the app is installed."""
    ctx = running.stage.context
    await ctx.redis.flushdb()
    ctx.overview.whole.clear()
    await sync.sync_installation(ctx, running.installation)
    return running


async def test_a_token_is_shown_once_hashed_at_rest_and_revoked_at_once(
    api: Api, capfd: pytest.CaptureFixture[str]
) -> None:
    ctx, project = api.stage.context, await api.stage.project()
    ines = Person(login=ADMIN)
    answer, *_ = await answer_at_once(ctx, project, ines, "token new --scope=write")
    assert answer.card.audience is Audience.PERSON
    [token] = re.findall(r"sct_\d+_[\w-]{43}", answer.card.model_dump_json())
    assert (await api.ask("GET", "/feedback", token))[0] == 200

    secret = token[-43:]
    async for key in ctx.redis.scan_iter():
        assert secret.encode() not in await ctx.redis.dump(key)
    said, *_ = await answer_at_once(ctx, project, ines, "token list")
    words = said.card.model_dump_json()
    assert "write, made by @ines-ferreira" in words
    assert "last used" in words
    assert secret not in words

    [made] = await ctx.tokens.all(project.id)
    await answer_at_once(ctx, project, ines, f"token revoke {made.id}")
    status, told, headers = await api.ask("GET", "/feedback", token)
    assert (status, headers["WWW-Authenticate"]) == (401, "Bearer")
    assert told["detail"] == "There is no such token, or it was revoked."
    assert await ctx.tokens.all(project.id) == []
    assert secret not in "".join(capfd.readouterr())


async def test_on_github_no_token_is_made(api: Api) -> None:
    from bot.domain.commands.grammar import parse
    from bot.domain.commands.rights import require_door
    from bot.domain.errors import NotAllowed
    from bot.domain.models import Place
    from bot.domain.rooms import Asker
    from workers.commands.verbs import ROSTER

    command = parse("token new --scope=read", ROSTER)
    with pytest.raises(NotAllowed):
        require_door(command, Place(issue=7), Asker())


async def test_a_token_that_may_read_says_nothing(api: Api) -> None:
    token = await api.token("read")
    for method, path, body in (
        ("POST", "/ingest/manual", {"text": "It breaks"}),
        ("POST", "/ingest/github/sync", None),
        ("PATCH", "/jobs/1", {"state": "cancelled"}),
    ):
        status, told, _ = await api.ask(method, path, token, json=body)
        assert (status, told["status"], "may only read" in told["detail"]) == (403, 403, True)
    assert await api.stage.context.items.last((await api.stage.project()).id) == 0


async def test_a_token_has_the_rights_that_who_made_it_has_now(api: Api) -> None:
    """On a private repository: a reader's token reads nothing of the team's, a writer's no sync.
    One of the shell has those of a maintainer, and not the operator's."""
    ctx, project = api.stage.context, await api.stage.project()
    shell = Person(operator=True, token="3f9a2c1b")
    assert await role_of(ctx, project, shell) == "maintain"
    assert await role_of(ctx, project, SHELL) == "operator"
    assert await role_of(ctx, project, Person(slack_user="U1")) == "none"
    reader = await api.token(by=Person(login="pavel-novak"))
    status, told, _ = await api.ask("GET", "/feedback", reader)
    assert status == 403
    assert "needs triage on acme/shop (has: read)" in told["detail"]
    writer = await api.token("write", by=Person(login="tom-beckett"))
    assert (await api.ask("GET", "/feedback", writer))[0] == 200
    status, told, _ = await api.ask("POST", "/ingest/github/sync", writer)
    assert status == 403
    assert "needs maintain" in told["detail"]


# What each operation needs besides its scope: of everybody a role that the team's reports want.
OPERATIONS = {
    "GET /feedback": ("read", "triage", None),
    "GET /clusters": ("read", "triage", None),
    "GET /clusters/1": ("read", "triage", None),
    "POST /clusters/cleanup": ("read", "triage", None),
    "GET /cluster-jobs": ("read", "triage", None),
    "GET /cluster-jobs/1": ("read", "triage", None),
    "GET /jobs": ("read", "triage", None),
    "GET /jobs/1": ("read", "triage", None),
    "GET /jobs/1/logs": ("read", "write", None),
    "POST /ingest/manual": ("write", "triage", {"text": "It breaks"}),
    "POST /clusters/1/start_fix": ("write", "write", {"dry_run": True}),
    "POST /jobs": ("write", "write", {"cluster": 1, "dry_run": True}),
    "POST /sessions/create": ("write", "write", None),
    "POST /sessions/OWN/message": ("write", "write", {"text": "mends examples"}),
    "GET /sessions/OWN/status": ("read", "write", None),
    "DELETE /sessions/OWN": ("write", "write", None),
    "POST /sessions/OWN/resume": ("write", "write", None),
    "PATCH /jobs/LAST": ("write", "write", {"state": "cancelled"}),
    "POST /ingest/github/sync": ("write", "maintain", None),
    "POST /cluster-jobs": ("write", "maintain", {"dry_run": True}),
}


async def described_by(api: Api, person: Person) -> int:
    """An interview that the person holds."""
    project, now = await api.stage.project(), api.stage.context.now()
    held = Interview(
        audience=Audience.TEAM, command=person.login, by=person, place="shell", edited_at=now
    )
    return (await api.stage.context.own_agents.begin(project.id, held)).number


async def test_every_operation_with_a_token_of_every_role(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    """A token has its scope, and the role that who made it has now."""
    stage, ctx, project = api.stage, api.stage.context, await api.stage.project()
    described = {
        f"{method.upper()} {re.sub('{id}', '1', path)}": operation["security"]
        for path, methods in describe()["paths"].items()
        for method, operation in methods.items()
        if "servers" not in operation  # the door of imports
    }
    asked = {re.sub("LAST|OWN", "1", how): [{"token": [s]}] for how, (s, *_) in OPERATIONS.items()}
    assert asked == {how: needs for how, needs in described.items() if needs}
    await api.report("It breaks")
    cluster = await placed(ctx, project.id, 1)
    admin, roles = Person(login=ADMIN), ("none", "read", "triage", "write", "maintain")

    async def ended() -> None:
        cancelled = {"state": RunState.CANCELLED}
        for number in await ctx.runs.under_way(project.id):
            await ctx.runs.update(project.id, number, lambda run: run.model_copy(update=cancelled))

    async def begun() -> int:
        """A run of the admin's, and none besides."""
        await ended()
        await answer_at_once(ctx, project, admin, f"fix C-{cluster} --dry-run")
        return max(await ctx.runs.under_way(project.id))

    await begun()
    await answer_at_once(ctx, project, admin, "recluster --dry-run")
    cells, wrong = 0, []
    for role in roles:
        person = Person(login=f"who-has-{role}")
        stage.github.add_user(person.login)
        stage.github.set_role(stage.repository, person.login, None if role == "none" else role)
        for scope in ("read", "write"):
            token = await api.token(scope, by=person)
            for how, (needed, wants, body) in OPERATIONS.items():
                method, path = how.split()
                if "LAST" in path:
                    path = path.replace("LAST", str(await begun()))
                elif "OWN" in path:
                    path = path.replace("OWN", str(await described_by(api, person)))
                elif "dry_run" in (body or {}):
                    await ended()
                status, told, _ = await api.ask(method, path, token, json=body)
                should = roles.index(role) >= roles.index(wants) and scope in (needed, "write")
                cells += 1
                if (status == 403) == should or status not in (200, 201, 202, 403, 409):
                    wrong.append((role, scope, how, status, told))
    with capsys.disabled():
        print(f"\n{cells} cells of {len(OPERATIONS)} operations x {len(roles)} roles x 2 scopes")
    assert wrong == []


async def test_a_report_is_written_down_once_for_its_key(api: Api) -> None:
    token = await api.token("write")
    report = {"text": "The invoice is empty -- since 2.4\nsays Ana", "title": 'An "empty" invoice'}
    status, made, _ = await api.ask("POST", "/ingest/manual", token, json=report, key="k1")
    assert (status, made["title"], made["body"]) == (202, report["title"], report["text"])
    again = (await api.ask("POST", "/ingest/manual", token, json=report, key="k1"))[1]
    other = (await api.ask("POST", "/ingest/manual", token, json=report))[1]
    assert [again["number"], other["number"]] == [made["number"], made["number"] + 1]


async def test_a_fix_is_started_once_and_stopped(api: Api) -> None:
    ctx, token = api.stage.context, await api.token("write", by=Person(login=ADMIN))
    project = await api.stage.project()
    await api.report("It breaks")
    cluster = await placed(ctx, project.id, 1)
    path = f"/clusters/{cluster}/start_fix"
    status, job, _ = await api.ask("POST", path, token, json={"dry_run": True}, key="a")
    assert (status, job["state"], job["requested_by"]) == (202, "pending", ADMIN)
    assert (await api.ask("POST", path, token, json={}, key="a"))[:2] == (202, job)
    for again in ((path, {}), ("/jobs", {"cluster": cluster})):
        status, running, _ = await api.ask("POST", again[0], token, json=again[1])
        assert (status, running) == (409, job)
    await ctx.runs.log(project.id, job["number"], "fetched")
    shown = f"/jobs/{job['number']}"
    assert (await api.ask("GET", f"{shown}/logs", token))[1] == {"lines": ["fetched"]}
    assert (await api.ask("PATCH", shown, token, json={"state": "cancelled"}))[0] == 200
    stopped = await ctx.runs.get(project.id, job["number"])
    assert stopped.stop_asked_by.startswith(f"@{ADMIN} (token ")

    def ended(run: FixRun) -> FixRun:
        return run.model_copy(update={"state": RunState.CANCELLED})

    await ctx.runs.update(project.id, job["number"], ended)
    assert (await api.ask("PATCH", shown, token, json={"state": "cancelled"}))[0] == 409
    cap, period = ctx.settings.soulcaster_fix_quota, quota.period_of(ctx)
    for used in range(100, 100 + cap):
        assert await ctx.quotas.spend_fix(project, period, used, cap)
    status, told, _ = await api.ask("POST", path, token, json={})
    assert status == 402
    assert "fix runs used" in told["detail"]
    clusters = (await api.ask("GET", "/clusters", token))[1]["items"]
    assert [(c["number"], c["reports"], c["title"]) for c in clusters] == [(1, 1, "It breaks")]
    assert (await api.ask("GET", "/clusters/1", token))[1]["feedback"] == [1]


async def test_everything_is_clustered_again_by_one_job_at_a_time(api: Api) -> None:
    ctx, token = api.stage.context, await api.token("write", by=Person(login=ADMIN))
    project = await api.stage.project()
    for item in (1, 2):
        await api.report(f"r{item}", body="The last page is missing", told_at=str(item))
        await placed(ctx, project.id, item)
    path, how = "/cluster-jobs", {"dry_run": True}
    status, job, _ = await api.ask("POST", path, token, json=how, key="a")
    assert (status, job["state"], job["requested_by"][: len(ADMIN) + 1]) == (
        202,
        "pending",
        f"@{ADMIN}",
    )
    assert (await api.ask("POST", path, token, json=how, key="a"))[:2] == (202, job)
    assert (await api.ask("POST", path, token, json={}))[:2] == (409, job)
    await recluster(ctx, project.id, job["number"])
    done = (await api.ask("GET", f"{path}/1", token))[1]
    assert (done["state"], done["total"], done["merged"], done["moved"]) == (
        "succeeded",
        2,
        {"2": 1},
        1,
    )
    assert (await api.ask("POST", path, token, json={}))[1]["number"] == 2
    page = (await api.ask("GET", f"{path}?limit=1", token))[1]
    assert ([each["number"] for each in page["items"]], page["next"]) == ([2], 2)
    page = (await api.ask("GET", f"{path}?limit=1&cursor=2", token))[1]
    assert page == {"items": [done], "next": None}
    assert (await api.ask("GET", f"{path}/3", token))[0] == 404


async def test_what_may_be_one_problem_is_said_and_not_done(api: Api) -> None:
    ctx, project, token = api.stage.context, await api.stage.project(), await api.token()
    near = Near(item=1, cluster=1, score=0.8, similarity=0.9)
    for item, because in ((1, {}), (2, {"action": "suggest", "candidates": (near,)})):
        await api.report(f"r{item}")
        await placed(ctx, project.id, item, **because)
    status, told, _ = await api.ask("POST", "/clusters/cleanup", token)
    assert status == 200
    assert told["items"] == [{"cluster": 2, "into": 1, "report": 2, "like": 1, "likelihood": 0.8}]
    assert await ctx.operations.count(project.id) == 0


async def test_a_token_opens_nothing_where_the_app_is_kept_out(tmp_path: Path) -> None:
    """Suspended, or removed, in whosever name it speaks."""
    async with served(tmp_path) as api:
        ctx = api.stage.context
        await sync.sync_installation(ctx, api.installation)
        tokens = [await api.token(), await api.token(by=Person(login=ADMIN))]
        installation = api.stage.github.world.installations[api.installation]
        user = api.stage.github.world.users[ADMIN]
        suspend(installation, user, suspended=True)
        for token in tokens:
            status, told, _ = await api.ask("GET", "/feedback", token)
            assert (status, "suspended" in told["detail"]) == (503, True)
        suspend(installation, user, suspended=False)
        await ctx.projects.remove(await api.stage.project())
        for token in tokens:
            status, told, _ = await api.ask("GET", "/feedback", token)
            assert (status, told["detail"]) == (401, "There is no such token, or it was revoked.")


async def test_pages_are_stable_while_reports_come_in(api: Api) -> None:
    token = await api.token()
    for n in range(7):
        await api.report(f"r{n}", source="github" if n % 2 else "sentry")
    _, first, _ = await api.ask("GET", "/feedback?limit=3", token)
    await api.report("late")
    _, second, _ = await api.ask("GET", f"/feedback?limit=3&cursor={first['next']}", token)
    _, third, _ = await api.ask("GET", f"/feedback?limit=3&cursor={second['next']}", token)
    pages = [[item["number"] for item in page["items"]] for page in (first, second, third)]
    assert pages == [[7, 6, 5], [4, 3, 2], [1]]
    assert third["next"] is None
    _, some, _ = await api.ask("GET", "/feedback?source=github&limit=2", token)
    assert [item["number"] for item in some["items"]] == [6, 4]
    assert some["next"] == 4


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=1000", 200),
        ("limit=1001", 422),
        ("limit=0", 422),
        ("limit=1&limit=2", 422),
        ("cursor=x", 422),
        ("colour=red", 422),
        ("state=new", 422),
        ("project_id={id}", 200),
        ("project_id=77", 403),
    ],
)
async def test_a_query_is_what_the_document_says(api: Api, query: str, status: int) -> None:
    project = await api.stage.project()
    asked = f"/feedback?{query.format(id=project.id)}"
    assert (await api.ask("GET", asked, await api.token()))[0] == status


async def test_a_token_sees_its_own_project_only(api: Api) -> None:
    """Whatever is read by whatever number, nothing of the other project is in it."""
    ctx, mine, github = api.stage.context, await api.stage.project(), api.stage.github
    made = await github.add_repository("other/place", {"a.py": b"1"})
    there = github.install("other", repositories=["other/place"], sender=ADMIN)
    await sync.sync_installation(ctx, there.id)
    canaries = {mine.id: "zqxvours", made.id: "zqxvtheirs"}
    for project, canary in canaries.items():
        for n in range(1, 4):
            item = await api.report(f"{canary}{n}", project)
            await ctx.runs.log(project, item, canary)
    tokens = {project: await api.token(of=project) for project in canaries}
    described = describe()["paths"].items()
    gets = [path for path, does in described if "servers" not in does.get("get", {"servers": ""})]
    seen = dict.fromkeys(canaries, "")
    for project, token in tokens.items():
        for path in gets:
            for number in range(1, 5) if "{id}" in path else [0]:
                answer = await api.ask("GET", path.replace("{id}", str(number)), token)
                seen[project] += str(answer)
    for project, canary in canaries.items():
        [other] = [canaries[each] for each in canaries if each != project]
        assert canary in seen[project]
        assert other not in seen[project]
    assert (await api.ask("GET", f"/feedback?project_id={made.id}", tokens[mine.id]))[0] == 403


async def test_too_many_requests_with_one_token_wait(api: Api) -> None:
    token, other = await api.token(), await api.token("write")
    answers = [await api.ask("GET", "/jobs", token) for _ in range(61)]
    assert [status for status, _, _ in answers] == [200] * 60 + [429]
    assert 0 < int(answers[-1][2]["Retry-After"]) <= 60
    assert (await api.ask("GET", "/jobs", other))[0] == 200


async def test_vendors_come_in_by_their_doors(api: Api) -> None:
    project = await api.stage.project()
    door = await api.stage.context.vault.open_hook(project.id, "datadog")
    body = {"id": "1", "title": "It is slow", "alert_id": "m", "body": "", "date": "1795000000000"}
    path = f"{PREFIX}/ingest/datadog/webhook?hook={door.id}"
    for secret, status in ((door.secret, 202), ("wrong", 401), (await api.token("write"), 401)):
        headers = {"X-Soulcaster-Token": secret}
        async with api.stage.http.post(f"{api.url}{path}", json=body, headers=headers) as answer:
            assert answer.status == status
    assert (await api.ask("POST", "/ingest/datadog/webhook", json=body))[0] == 401


async def test_what_there_is_not_is_a_problem(api: Api) -> None:
    token = await api.token("write")
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("GET", "/jobs/9", 404),
        ("GET", "/clusters/9", 404),
        ("DELETE", "/jobs/9", 405),
        ("POST", "/jobs", 415),
    ):
        found, told, headers = await api.ask(method, path, token)
        assert (found, told["status"]) == (status, status)
        assert headers["Content-Type"].startswith("application/problem+json")
        assert told["detail"]


async def test_the_page_loads_nothing_from_elsewhere(api: Api) -> None:
    async with api.stage.http.get(f"{api.url}/docs") as answer:
        text = await answer.text()
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    loaded = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert loaded
    assert "//" not in "".join(loaded)
    for path in loaded:
        async with api.stage.http.get(f"{api.url}{path}") as answer:
            assert answer.status == 200


async def test_an_agent_is_described_by_messages(api: Api) -> None:
    """Answers that will not do say so, two talks are kept apart, and one that ended conflicts."""
    token, reading = await api.token("write"), await api.token("read")
    status, one, _ = await api.ask("POST", "/sessions/create", token, key="one")
    assert (status, one["state"], one["stage"]) == (200, "active", "purpose")
    assert (await api.ask("POST", "/sessions/create", token, key="one"))[1] == one
    _, two, _ = await api.ask("POST", "/sessions/create", token)
    at = f"/sessions/{one['number']}"
    assert (await api.ask("POST", f"{at}/message", reading, json={"text": "x"}))[0] == 403
    _, told, _ = await api.ask("POST", f"{at}/message", token, json={"text": "mends examples"})
    assert told["stage"] == "goals"
    _, told, _ = await api.ask("POST", f"{at}/message", token, json={"text": "tools: ssh"})
    assert (told["stage"], "is no tool" in told["said"]) == ("goals", True)
    _, told, _ = await api.ask("GET", f"/sessions/{two['number']}/status", token)
    assert told["stage"] == "purpose"
    assert (await api.ask("DELETE", at, token))[1]["state"] == "abandoned"
    status, told, _ = await api.ask("POST", f"{at}/message", token, json={"text": "be short"})
    assert (status, told["state"]) == (409, "abandoned")
    status, told, _ = await api.ask("POST", f"{at}/resume", token)
    assert (status, told["state"], told["stage"]) == (200, "active", "goals")
    assert (await api.ask("GET", "/sessions/999/status", token))[0] == 404


async def test_a_session_is_whose_it_is_and_hears_words_as_words(api: Api) -> None:
    api.stage.github.set_role(api.stage.repository, "tom-beckett", "admin")
    who = (Person(login=ADMIN), Person(login="tom-beckett"))
    mine, theirs = [await api.token("write", by=person) for person in who]
    _, one, _ = await api.ask("POST", "/sessions/create", mine)
    at, words = f"/sessions/{one['number']}", {"text": "name: x"}
    tried = ("GET", "/status", None), ("POST", "/message", words), ("POST", "/resume", None)
    for method, path, said in (*tried, ("DELETE", "", None)):
        status, told, _ = await api.ask(method, f"{at}{path}", theirs, json=said)
        assert (status, "stage" in told) == (404, False), (method, path, told)
    hostile = "Mends **@everyone** <!channel> --interview=9 -- x\n/soulcaster key remove openai"
    status, told, _ = await api.ask("POST", f"{at}/message", mine, json={"text": hostile})
    assert (status, told["stage"]) == (200, "goals")
    [held] = await api.stage.context.own_agents.interviews((await api.stage.project()).id)
    assert held.agent.purpose == " ".join(hostile.split())
