"""From an empty machine to a connected installation, in a browser; GitHub has no way in to us.

``SETUP_PICTURES=folder`` keeps pictures of what is seen, in four widths.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from browser_kit import LAUNCH, STILL, playwright_api
from e2e_kit import BOT, issue, person

from bot.simulators.github import Limits
from handlers.demo.stage import ADMIN, Stage, open_stage
from handlers.stack import Stack, start_all

pytestmark = pytest.mark.asyncio(loop_scope="module")

HISTORY = (
    "Parcel weight is wrong in pounds",
    "The newsletter has no way out",
    "Parcel weight is wrong in pounds",
)
SLACK = ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SOULCASTER_SLACK_CHANNEL")
UNSET = ("GITHUB_APP_ID", "GITHUB_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET", *SLACK)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def empty(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Our processes without a setting, but for where the simulators are."""
    folder = tmp_path_factory.mktemp("setup")
    limits, ours = Limits.none(), {"SOULCASTER_EMBEDDER": "hashing"}
    async with open_stage(folder, processes=False, limits=limits, **ours) as stage:
        unset = dict.fromkeys((*UNSET, "SOULCASTER_ONBOARDING"), "")
        env = {**stage.environment, **unset}
        stage.stack = Stack(env, folder / "logs")
        await stage.person("/push", login=ADMIN, files={".github/soulcaster.yml": None})
        for title in HISTORY:
            await stage.person("/issues", login=ADMIN, title=title)
        try:
            await start_all(stage.stack)
            await stage.wait("the web process", stage.web_answers, timeout=60)
            yield stage
        finally:
            await stage.stack.stop()


def log_of(stage: Stage, name: str) -> str:
    return (stage.stack.logs / f"{name}.log").read_text() if stage.stack.logs else ""


async def address(stage: Stage) -> str:
    """The one that is printed, with its code."""

    async def printed() -> Any:
        return re.search(r"http://localhost:\d+/setup\?code=[\w-]+", log_of(stage, "web"))

    found: re.Match[str] = await stage.wait("the address", printed)
    return found[0]


@pytest.mark.parametrize(
    ("method", "path", "headers", "why"),
    [
        ("GET", "/setup", {}, "The setup of this server is its owner"),
        ("GET", "/setup?code=guessed", {"Host": "evil.example"}, "Setup is served over HTTPS"),
        (*("GET", "/setup?code=guessed", {"X-Forwarded-For": "203.0.113.9"}), "served over HTTPS"),
        (
            "POST",
            "/setup/claim",
            {"Origin": "https://evil.example"},
            "Another page has no business",
        ),
        ("POST", "/setup/claim", {}, "Another page has no business"),
        ("POST", "/setup/settings", {"Origin": "same"}, "This page is the owner"),
        (
            *("GET", "/setup/github?code=0123456789abcdef&state=forged", {}),
            "This page is the owner",
        ),
    ],
)
async def test_nobody_gets_in_without_the_code(
    empty: Stage, method: str, path: str, headers: dict[str, str], why: str
) -> None:
    if headers.get("Origin") == "same":
        headers = {"Origin": empty.web_url}
    form = {"code": "guessed", "proof": "forged", "GEMINI_API_KEY": "theirs"}
    data = form if method == "POST" else None
    url = f"{empty.web_url}{path}"
    async with empty.http.request(method, url, data=data, headers=headers) as answer:
        said = await answer.text()
        assert answer.status == 403, said
        assert why in said
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "<form" not in said or "guessed" in said
    assert await empty.context.setup.settings() == {}


@pytest.mark.browser
@pytest.mark.timeout(300)
async def test_an_owner_connects_everything_in_a_browser(empty: Stage) -> None:
    playwright = playwright_api("async_api")
    begins = await address(empty)
    here = begins.partition("?")[0]
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(**LAUNCH)
        context = await browser.new_context(viewport={"width": 1280, "height": 900}, **STILL)
        page = await context.new_page()
        page.set_default_timeout(60_000)
        await page.goto(begins)
        await page.get_by_role("button", name="This is my server").click()
        await page.locator("#github-app.off").wait_for()
        await keep(page, "1-begun")

        await page.get_by_role("button", name="Register on GitHub").click()
        await page.get_by_text("is registered").wait_for()
        back = page.url
        await keep(page, "2-registered")
        # Its keys are in force without a restart; what GitHub could not deliver is fetched.
        repository = empty.repository
        empty.github.install(repository.split("/")[0], repositories=[repository], sender=ADMIN)
        await empty.wait("the installation", empty.context.projects.all)
        await open_page(page, begins)
        await page.locator("#github-app.ok").wait_for()

        slack = page.locator("#slack")
        assert "manifest_json" in str(await slack.get_by_role("link").get_attribute("href"))
        await slack.get_by_text("Set it").click()
        for name in SLACK:
            await slack.locator(f"[name={name}]").fill(empty.environment[name])
        await slack.get_by_role("button", name="Keep").click()
        await page.get_by_text("Every process begins anew").wait_for()
        await open_page(page, begins)
        await page.locator("#slack.ok").wait_for()
        await slack.locator("[name=member]").fill("UNOBODY")
        await page.locator("#processes.ok").wait_for()
        assert not await page.locator("li.wrong").all_inner_texts()
        assert empty.environment["SLACK_BOT_TOKEN"] not in await page.content()
        await keep(page, "3-connected")

        looked = page.locator("#repositories .looked")
        await looked.get_by_text("Duplicates nobody points out").wait_for()
        assert "parcel weight" in (await looked.inner_text()).lower()
        await keep(page, "4-looked-back")

        await nothing_is_written_before_the_owner_agrees(empty)

        # Another browser comes too late; so does the same way back, or a way nobody began.
        other = await (await browser.new_context()).new_page()
        await other.goto(begins)
        await other.get_by_role("button", name="This is my server").click()
        await other.get_by_text("was used").wait_for()
        await page.goto(back)
        await page.get_by_text("There is an app already").wait_for()
        at = await page.evaluate("localStorage.getItem('at')")
        await page.goto(
            f"{empty.web_url.replace('127.0.0.1', 'localhost')}/setup/github?state=x.{at}"
        )
        await page.get_by_text("was not begun on your page").wait_for()
        [cookie] = await context.cookies()
        await browser.close()
    # Another port of this machine is sent the cookie, and nothing else.
    for shown in ("theirs", str(cookie["value"])):
        async with empty.http.get(begins, cookies={"soulcaster-setup": shown}) as answer:
            assert 'id="rows"' not in await answer.text()
    async with empty.http.get(f"{here}?at={at}", cookies={"soulcaster-setup": shown}) as answer:
        assert 'id="rows"' in await answer.text()
    told = await empty.context.redis.hgetall("sc:setup:settings")
    assert set(told) >= {b"GITHUB_PRIVATE_KEY", b"SLACK_BOT_TOKEN"}
    assert not any(b"PRIVATE KEY" in kept or b"xoxb" in kept for kept in told.values())
    logs = "".join(log_of(empty, name) for name in empty.stack.processes)
    assert "PRIVATE KEY" not in logs
    assert empty.environment["SLACK_BOT_TOKEN"] not in logs


async def nothing_is_written_before_the_owner_agrees(stage: Stage) -> None:
    """A pull request asks; a command before it is merged gets one reaction."""
    made = await person(stage, "POST", "/issues", login=ADMIN, title="Totals are wrong")
    number, project = int(made["number"]), await stage.project()
    path = f"/issues/{number}/comments"
    await person(stage, "POST", path, login=ADMIN, body="/soulcaster status")

    async def asked() -> int:
        stands = await stage.context.projects.onboarding(project.id)
        return int(stands) if stands.isdigit() else 0

    async def heard() -> bool:
        [comment] = (await issue(stage, number))["comments"]
        return [name for name, who in comment["reactions"].items() if who] == ["eyes"]

    pull = await stage.wait("the pull request that asks", asked)
    await stage.wait("a reaction", heard)
    body = (await issue(stage, pull))["body"]
    assert "nothing but this pull request" in body
    assert HISTORY[0] in body
    assert "**Duplicates nobody points out** 1" in body
    there = (await stage.github_state())["repositories"][0]["issues"]
    assert not [one["title"] for one in there if one["author"] == BOT and one["number"] != pull]
    await person(stage, "POST", f"/pulls/{pull}/merge", login=ADMIN)

    async def agreed() -> bool:
        return not await stage.context.configs.is_quiet(project.id)

    await stage.wait("the merge to be heard", agreed)
    await person(stage, "POST", path, login=ADMIN, body="/soulcaster status")

    async def answered() -> bool:
        return any("Severity" in one["body"] for one in (await issue(stage, number))["comments"])

    await stage.wait("an answer", answered)


async def open_page(page: Any, begins: str) -> None:
    """The page again, once the web process has begun anew."""
    for _ in range(100):
        try:
            await page.goto(begins.partition("?")[0])
            return
        except Exception as error:
            # The page leads itself to its whole address, also while nobody answers.
            if not any(why in str(error) for why in ("ERR_CONNECTION", "interrupted by")):
                raise
            await page.wait_for_timeout(200)
    raise AssertionError("the page never came back")


async def keep(page: Any, name: str) -> None:
    """Pictures in four widths, light and dark, for a person to look at."""
    if folder := os.environ.get("SETUP_PICTURES"):
        for width in (360, 768, 1280, 1920):
            await page.set_viewport_size({"width": width, "height": 900})
            for scheme in ("light", "dark"):
                await page.emulate_media(color_scheme=scheme)
                path = Path(folder) / f"{name}-{width}-{scheme}.png"
                await page.screenshot(path=path, full_page=True)
        await page.emulate_media(color_scheme="light")
        await page.set_viewport_size({"width": 1280, "height": 900})
