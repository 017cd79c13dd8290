"""The demo in a browser, from the story to the newcomer who plays on.

``--update-golden`` takes the README's pictures anew.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from handlers.demo.page import Page
from handlers.demo.progress import Progress
from handlers.demo.stage import free_port, open_stage
from handlers.demo.story import CHECK, DIGEST, STEPS, Story
from handlers.web import serving

PICTURES = Path(__file__).parents[2] / "handlers/demo/screenshots"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)


@pytest.mark.browser
@pytest.mark.timeout(300)
async def test_a_newcomer_watches_the_story_and_plays_on(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    playwright = pytest.importorskip("playwright.async_api")
    if CHROMIUM is None:
        pytest.skip("no chromium on PATH")
    keep = request.config.getoption("--update-golden")
    port = free_port()
    progress = Progress(STEPS)
    async with open_stage(tmp_path, web=f"http://127.0.0.1:{port}") as stage:
        app = Page(
            github_url=stage.github_url,
            slack_url=stage.slack_url,
            repository=stage.repository,
            progress=progress,
            token=stage.token,
        ).build_app()
        story = Story(stage, progress, speed=5)
        async with serving(app, "127.0.0.1", port) as url, playwright.async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path=CHROMIUM, args=QUIET.split())
            page = await browser.new_page(viewport={"width": 1500, "height": 950})
            page.set_default_timeout(30_000)
            complaints: list[str] = []
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
            await page.goto(url)
            telling = asyncio.create_task(story.play())

            await ended(progress, DIGEST, telling)
            await page.get_by_role("link", name="Tracking issue").click()
            await page.get_by_text("Open problems").first.wait_for()
            assert await page.locator("#github input[data-task]").count() > 3
            if keep:
                await page.screenshot(path=PICTURES / "digest.png")

            await ended(progress, CHECK, telling)
            outcome = await telling
            assert outcome.ok, outcome.as_json()
            await page.get_by_text("The story is told").wait_for()
            await page.get_by_role("link", name="Pull requests").click()
            await page.get_by_role("link", name="Fix: ").first.click()
            await page.get_by_text("Closes #").wait_for()
            await page.get_by_text("come back after").first.wait_for()
            if keep:
                await page.screenshot(path=PICTURES / "pull_request.png")
            await page.get_by_role("link", name="Files changed").click()
            assert await page.locator(".patch .removed .code").count() == 1
            await page.get_by_role("link", name="Checks").click()
            await page.get_by_text("soulcaster/proof").first.wait_for()

            await plays_on(page)
            assert complaints == []
            await browser.close()


async def ended(progress: Progress, name: str, telling: asyncio.Task) -> None:
    """Wait until a step of the story is over, or the story has stopped."""
    while not telling.done():
        step = next(s for s in progress.snapshot() if s["name"] == name)
        if step["state"] not in ("pending", "running"):
            return
        await asyncio.sleep(0.1)


async def plays_on(page) -> None:
    """An issue of one's own, a command in it, and a button in Slack."""
    await page.get_by_role("link", name="Issues").click()
    await page.get_by_role("link", name="New issue").click()
    await page.get_by_label("Title").fill("The newsletter links to a page that is gone")
    await page.get_by_label("Description").fill("The second link answers 404 since Monday.")
    await page.get_by_role("button", name="Submit new issue").click()
    await page.get_by_role("heading", name="The newsletter links").wait_for()
    await page.get_by_role("textbox", name="Comment").fill("/soulcaster status")
    await page.get_by_role("button", name="Comment", exact=True).click()
    answer = page.locator("#github .comment", has_text="Severity")
    await answer.wait_for()
    assert "1 report" in await answer.inner_text() or "Reports" in await answer.inner_text()

    box = page.get_by_role("textbox", name="Message to #triage")
    await box.fill("/soulcaster clusters --sort=recent")
    await box.press("Enter")
    await page.get_by_text("Only visible to you").first.wait_for()
    why = page.locator("#messages .message").get_by_role("button", name="Why").first
    before = await page.get_by_text("Only visible to you").count()
    await why.click()
    for _ in range(100):
        if await page.get_by_text("Only visible to you").count() > before:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the button was not answered")
