"""The demo's page, driven as a newcomer would: by clicking. Both simulators are real."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from browser_kit import LAUNCH, STILL, playwright_api

from bot.simulators.github import GitHubSimulator
from bot.simulators.loopback import TOKEN_HEADER, loopback_only
from bot.simulators.slack import SlackSimulator
from handlers.demo.page import Page
from handlers.demo.progress import Progress
from handlers.demo.stage import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

REPOSITORY = "acme/shop"
TOKEN = "known-to-the-page-alone"
HOSTILE = "<img src=x onerror=\"document.title='hacked'\"> & <b>bold</b>"
CARD = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*C-12*: cart total `x &lt; y`"}},
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "one",
                "text": {"type": "plain_text", "text": "Ignore"},
                "value": "ignore C-12",
                "confirm": {"text": {"type": "plain_text", "text": "Really?"}},
            }
        ],
    },
]


@dataclass
class Demo:
    """The page and what is behind it."""

    url: str
    github_url: str
    slack_url: str
    progress: Progress
    page: Page
    interactions: list[dict[str, Any]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    async def send(self, base: str, path: str, body: object, method: str = "POST") -> Any:
        headers = {"Authorization": "Bearer xoxb-1", TOKEN_HEADER: TOKEN}
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, f"{base}{path}", json=body, headers=headers) as response,
        ):
            assert response.status < 400, await response.text()
            return await response.json()


@asynccontextmanager
async def serving(app: web.Application, port: int):
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


def our_app(demo_heard: Demo) -> web.Application:
    """What stands in for Soulcaster: it only listens."""

    async def interactions(request: web.Request) -> web.Response:
        form = parse_qs(await request.text())
        demo_heard.interactions.append(json.loads(form["payload"][0]))
        return web.Response()

    async def commands(request: web.Request) -> web.Response:
        demo_heard.commands.append(parse_qs(await request.text())["text"][0])
        return web.json_response({"text": "*heard* you"})

    async def other(_request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_post("/slack/interactions", interactions)
    app.router.add_post("/slack/commands", commands)
    app.router.add_post("/{rest:.*}", other)
    return app


@pytest_asyncio.fixture(loop_scope="module")
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    ports = [free_port() for _ in range(4)]
    page_url, github_url, slack_url, app_url = (f"http://127.0.0.1:{port}" for port in ports)
    github = GitHubSimulator(
        tmp_path / "github",
        app_id=1,
        app_slug="soulcaster",
        public_key="nobody signs with its half",
        webhook_secret="secret",
        webhook_url=f"{app_url}/github/webhook",
        web=page_url,
    )
    github.add_user("ines-ferreira", name="Ines Ferreira")
    await github.add_repository(REPOSITORY, {"cart.py": b"total = 1\nprint(total)\n"})
    github.set_role(REPOSITORY, "ines-ferreira", "admin")
    slack = SlackSimulator(signing_secret="s", bot_token="xoxb-1", request_url=app_url)
    slack.workspace.add_user("ines", "Ines Ferreira")
    slack.workspace.add_channel("triage")
    progress = Progress(["Reports arrive", "A fix"])
    page = Page(
        github_url=github_url,
        slack_url=slack_url,
        repository=REPOSITORY,
        progress=progress,
        token=TOKEN,
    )
    demo = Demo(page_url, github_url, slack_url, progress, page)
    apps = (page.build_app(), github.build_app(), slack.build_app(), our_app(demo))
    for app in apps[1:3]:
        app.middlewares.insert(0, loopback_only(TOKEN))
    async with (
        serving(apps[1], ports[1]),
        serving(apps[2], ports[2]),
        serving(apps[3], ports[3]),
        serving(apps[0], ports[0]),
    ):
        yield demo


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Any]:
    """It takes longer to start than a test takes: each test has a profile of its own in it."""
    async with playwright_api("async_api").async_playwright() as driver:
        yield await driver.chromium.launch(**LAUNCH)


@pytest_asyncio.fixture(loop_scope="module")
async def browser_page(demo: Demo, browser: Any) -> AsyncIterator[Any]:
    context = await browser.new_context(**STILL)
    page = await context.new_page()
    page.set_default_timeout(10_000)
    complaints: list[str] = []
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(demo.url)
    yield page
    assert complaints == []
    assert await page.title() == "Soulcaster: the demo"
    await context.close()


@pytest.mark.browser
async def test_an_issue_is_opened_talked_about_and_ticked(demo: Demo, browser_page) -> None:
    page = browser_page
    await page.get_by_role("link", name="New issue").click()
    await page.get_by_label("Title").fill("Cart total is wrong")
    await page.get_by_label("Description").fill(f"- [ ] first\n- [ ] second\n\n{HOSTILE}")
    await page.get_by_role("button", name="Submit new issue").click()
    await page.get_by_role("heading", name="Cart total is wrong").wait_for()
    assert await page.locator("#github .markdown img").count() == 0

    await page.locator("#github input[data-task]").nth(1).click()
    await page.get_by_text("1 of 2 tasks").wait_for()
    state = await demo.send(demo.github_url, "/_sim/state", None, "GET")
    issue = state["repositories"][0]["issues"][0]
    assert issue["body"].startswith("- [ ] first\n- [x] second")

    await page.get_by_role("textbox", name="Comment").fill("/soulcaster why")
    await page.get_by_role("button", name="Comment", exact=True).click()
    await page.locator("#github .comment", has_text="/soulcaster why").wait_for()


@pytest.mark.browser
async def test_half_written_words_survive_what_others_do(demo: Demo, browser_page) -> None:
    page = browser_page
    issues = f"/_sim/repos/{REPOSITORY}/issues"
    await demo.send(demo.github_url, issues, {"login": "ines-ferreira", "title": "One"})
    await page.get_by_role("link", name="One").click()
    box = page.get_by_role("textbox", name="Comment")
    await box.fill("I am still wri")
    comment = {"login": "ines-ferreira", "body": "meanwhile"}
    await demo.send(demo.github_url, f"{issues}/1/comments", comment)
    await page.get_by_text("meanwhile").wait_for()
    assert await box.input_value() == "I am still wri"
    assert await box.evaluate("box => box === document.activeElement")


@pytest.mark.browser
async def test_a_slack_button_asks_first_and_then_presses(demo: Demo, browser_page) -> None:
    page = browser_page
    await demo.send(
        demo.slack_url,
        "/api/chat.postMessage",
        {"channel": "#triage", "text": "C-12", "blocks": CARD},
    )
    card = page.locator("#messages .message", has_text="C-12")
    assert await card.locator("code").inner_text() == "x < y"
    await card.get_by_role("button", name="Ignore").click()
    await page.get_by_role("button", name="Cancel").click()
    await card.get_by_role("button", name="Ignore").click()
    await page.get_by_role("button", name="Yes", exact=True).click()
    for _ in range(1_200):
        if demo.interactions:
            break
        await asyncio.sleep(0.05)
    (pressed,) = demo.interactions
    assert pressed["actions"][0]["value"] == "ignore C-12"
    assert pressed["user"]["name"] == "ines"


@pytest.mark.browser
async def test_messages_commands_and_threads(demo: Demo, browser_page) -> None:
    page = browser_page
    box = page.get_by_role("textbox", name="Message to #triage")
    await box.fill(f"@soulcaster {HOSTILE}")
    await box.press("Enter")
    said = page.locator("#messages .message").first
    await said.get_by_text(HOSTILE).wait_for()
    assert await said.locator(".mention").inner_text() == "@soulcaster"
    await box.fill("/soulcaster status")
    await box.press("Enter")
    await page.get_by_text("Only visible to you").wait_for()
    assert demo.commands == ["status"]
    await said.hover()
    await said.get_by_role("button", name="Reply in a thread").click()
    reply = page.get_by_role("textbox", name="Message to the thread")
    await reply.fill("a reply")
    await reply.press("Enter")
    await page.locator("#thread .message", has_text="a reply").wait_for()
    await said.get_by_text("1 reply").wait_for()


@pytest.mark.browser
async def test_the_home_tab_stays_open_while_things_change(demo: Demo, browser_page) -> None:
    page = browser_page
    state = await demo.send(demo.slack_url, "/_sim/state", None, "GET")
    ines = next(user["id"] for user in state["users"] if user["name"] == "ines")
    home = {"type": "home", "blocks": [CARD[0]]}
    await page.get_by_role("tab", name="Home").click()
    await page.get_by_text("has published nothing").wait_for()
    await demo.send(demo.slack_url, "/api/views.publish", {"user_id": ines, "view": home})
    await page.locator(".home", has_text="cart total").wait_for()
    assert await page.get_by_role("tab", name="Home").get_attribute("aria-selected") == "true"


@pytest.mark.browser
async def test_a_pull_request_shows_its_diff(demo: Demo, browser_page) -> None:
    page = browser_page
    repo = f"/_sim/repos/{REPOSITORY}"
    who = {"login": "ines-ferreira"}
    files = {"cart.py": "total = 2\nprint(total)\n"}
    await demo.send(demo.github_url, f"{repo}/push", {**who, "branch": "fix", "files": files})
    pull = {**who, "title": "Count again", "head": "fix", "draft": True}
    await demo.send(demo.github_url, f"{repo}/pulls", pull)
    await page.get_by_role("link", name="Pull requests").click()
    await page.get_by_role("link", name="Count again").click()
    await page.get_by_role("link", name="Files changed").click()
    removed = page.locator(".patch .removed .code")
    assert await removed.inner_text() == "total = 1"
    assert await page.locator(".patch .added .code").inner_text() == "total = 2"
    await page.get_by_role("link", name="Conversation").click()
    await page.get_by_role("button", name="Ready for review").click()
    await page.get_by_role("button", name="Merge pull request").click()
    await page.locator(".pill", has_text="Merged").wait_for()


@pytest.mark.browser
async def test_the_story_moves_the_bar(demo: Demo, browser_page) -> None:
    page = browser_page
    demo.progress.start("Reports arrive", total=42)
    demo.progress.advance("Reports arrive", by=21)
    await page.get_by_text("21/42").wait_for()
    assert await page.get_by_label("Progress of the story").get_attribute("value") == "250"
    demo.progress.end("Reports arrive")
    demo.progress.start("A fix")
    demo.progress.end("A fix")
    await page.get_by_text("The story is told").wait_for()
    await page.get_by_role("button", name="Mistype a command").wait_for()


@pytest.mark.browser
async def test_the_page_waits_for_start_and_follows_until_one_looks_elsewhere(
    demo: Demo, browser_page
) -> None:
    page = browser_page
    issue = {"login": "ines-ferreira", "title": "One"}
    await demo.send(demo.github_url, f"/_sim/repos/{REPOSITORY}/issues", issue)
    demo.progress.start("Reports arrive")
    demo.progress.advance("Reports arrive", by=0, place="start")
    await page.get_by_role("button", name="Start").click()
    await asyncio.wait_for(demo.page.begun.wait(), 10)
    demo.progress.end("Reports arrive")
    demo.progress.start("A fix")
    demo.progress.advance("A fix", by=0, place="issue/1")
    await page.get_by_role("heading", name="One").wait_for()

    await page.get_by_role("link", name="Pull requests").click()
    demo.progress.advance("A fix", by=0, place="tracking")
    follow = page.get_by_role("button", name="Follow the story")
    await follow.wait_for()
    assert page.url.endswith("#/pulls")
    await follow.click()
    await page.wait_for_url("**/#/tracking")


PUSH = {"login": "ines-ferreira", "files": {"cart.py": "import os\n"}}
ISSUE = {"login": "ines-ferreira", "title": "Forged"}
SAY = {"user": "ines", "channel": "triage", "text": "/soulcaster fix"}


def doors(demo: Demo) -> list[tuple[str, object]]:
    """Whatever a person can do, at the page and behind it."""
    return [
        (f"{demo.url}/api/github/push", PUSH),
        (f"{demo.url}/api/github/issues", ISSUE),
        (f"{demo.url}/api/slack/message", SAY),
        (f"{demo.github_url}/_sim/repos/{REPOSITORY}/push", PUSH),
        (f"{demo.github_url}/_sim/repos/{REPOSITORY}/issues", ISSUE),
        (f"{demo.slack_url}/_sim/message", SAY),
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {TOKEN_HEADER: ""},
        {TOKEN_HEADER: "guessed"},
        {TOKEN_HEADER: "é"},
        {TOKEN_HEADER: TOKEN, "Origin": "http://evil.example"},
        {TOKEN_HEADER: TOKEN, "Origin": "null"},
        {TOKEN_HEADER: TOKEN, "Origin": "http://localhost:1"},
        {TOKEN_HEADER: TOKEN, "Sec-Fetch-Site": "cross-site"},
        {TOKEN_HEADER: TOKEN, "Sec-Fetch-Site": "same-site"},
        {TOKEN_HEADER: TOKEN, "Host": "rebind.evil.example"},
        {TOKEN_HEADER: TOKEN, "Host": "127.0.0.1.evil.example"},
        {TOKEN_HEADER: TOKEN, "Host": "127.0.0.1:1"},
        {TOKEN_HEADER: TOKEN, "Content-Type": "text/plain"},
        {TOKEN_HEADER: TOKEN, "Content-Type": "application/x-www-form-urlencoded"},
    ],
)
async def test_only_the_page_itself_may_act(demo: Demo, headers: dict[str, str]) -> None:
    async with aiohttp.ClientSession() as http:
        for url, body in doors(demo):
            sent = {"Content-Type": "application/json", **headers}
            async with http.post(url, data=json.dumps(body), headers=sent) as answer:
                expected = 415 if sent["Content-Type"] != "application/json" else 403
                assert answer.status == expected, url
    state = await demo.send(demo.github_url, "/_sim/state", None, "GET")
    assert state["repositories"][0]["issues"] == []


async def test_nobody_else_reads_along(demo: Demo) -> None:
    rebound = {"Host": "rebind.evil.example"}
    async with aiohttp.ClientSession() as http:
        for path in ("/api/github", "/api/slack", "/progress", "/changes"):
            async with http.get(demo.url + path) as answer:
                assert answer.status == 403
        for url in (demo.url, f"{demo.github_url}/_sim/state", f"{demo.slack_url}/_sim/stream"):
            for headers in (rebound, {**rebound, TOKEN_HEADER: TOKEN}):
                async with http.get(url, headers=headers) as answer:
                    assert answer.status == 403
                    assert TOKEN not in await answer.text()


async def test_the_page_loads_nothing_from_elsewhere(demo: Demo) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.get(demo.url) as index:
            assert "default-src 'none'" in index.headers["Content-Security-Policy"]
            assert TOKEN in await index.text()
        deep = await http.get(f"{demo.url}/acme/shop/pull/7", allow_redirects=False)
        assert deep.headers["Location"] == "/#/pull/7"


@pytest.mark.browser
async def test_another_page_in_the_same_browser_can_do_nothing(demo: Demo, browser_page) -> None:
    evil = web.Application()
    tries = json.dumps([{"url": url, "body": json.dumps(body)} for url, body in doors(demo)])
    script = f"""<script>
      Promise.allSettled({tries}.flatMap(({{url, body}}) => [
        fetch(url, {{method: "POST", mode: "no-cors", body}}),
        fetch(url, {{method: "POST", body, headers: {{"Content-Type": "application/json"}}}}),
      ])).then(() => {{ document.title = "tried" }});
    </script>"""

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text=script, content_type="text/html")

    evil.router.add_get("/", page)
    async with serving(evil, free_port()) as url:
        other = await browser_page.context.browser.new_page()
        await other.goto(url.replace("127.0.0.1", "localhost"))
        await other.wait_for_function("document.title === 'tried'")
        await other.close()
    state = await demo.send(demo.github_url, "/_sim/state", None, "GET")
    assert state["repositories"][0]["issues"] == []
    said = await demo.send(demo.slack_url, "/_sim/state", None, "GET")
    assert [c["messages"] for c in said["channels"]] == [[] for _ in said["channels"]]
