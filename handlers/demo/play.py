"""``soulcaster demo``: the stage, the page, the story; then the newcomer plays on."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import tempfile
import time
from pathlib import Path

import aiohttp
from rich.console import Console

from handlers.demo.page import Page
from handlers.demo.progress import Progress
from handlers.demo.stage import free_port, open_stage
from handlers.demo.story import STEPS, Story
from handlers.web import serving

START = "Start"
# What somebody has to open the page, and then to look at it.
START_SECONDS = 20


async def play(*, headless: bool, speed: float, folder: Path | None, record: Path | None) -> int:
    """Play it; the exit code. Headless ends with the story, otherwise Ctrl-C ends it; the last line
    says as JSON what happened."""
    console = Console(highlight=False)
    kept = folder is not None
    folder = folder or Path(tempfile.mkdtemp(prefix="soulcaster-demo-"))
    port = free_port()
    page_url = f"http://127.0.0.1:{port}"
    began = time.monotonic()
    progress = Progress((START, *STEPS))
    progress.start(START)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        async with open_stage(folder, record=record, web=page_url) as stage:
            console.print(f"{time.monotonic() - began:6.1f} s  Everything is up")
            page = Page(
                github_url=stage.github_url,
                slack_url=stage.slack_url,
                repository=stage.repository,
                progress=progress,
                token=stage.token,
            )
            story = Story(stage, progress, speed, console.print)
            async with serving(page.build_app(), "127.0.0.1", port):
                if not headless:
                    console.print(f"\n  Open [bold]{page_url}[/]   (Ctrl-C ends the demo)")
                    console.print("  The story begins when you press Start there, or by itself.\n")
                telling = asyncio.create_task(_tell(story, None if headless else page))
                ending = asyncio.create_task(stop.wait())
                await asyncio.wait({telling, ending}, return_when=asyncio.FIRST_COMPLETED)
                code = _code(telling, story, console)
                if not headless and not stop.is_set():
                    console.print("\n  The story is told; play on. Ctrl-C ends the demo.")
                    await stop.wait()
                for task in (telling, ending):
                    task.cancel()
                await asyncio.gather(telling, ending, return_exceptions=True)
    finally:
        if kept:
            console.print(f"All state is kept in {folder}")
        else:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    story.outcome.seconds = time.monotonic() - began if headless else story.outcome.seconds
    if story.outcome.items:
        console.print(story.outcome.as_json(), soft_wrap=True)
    return code


async def _tell(story: Story, page: Page | None) -> None:
    """Play the story, once who watches has pressed Start or has had time to look round."""
    if page is not None:
        story.progress.advance(START, by=0, place="start", detail="everything is up")
        for came in page.opened, page.begun:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(came.wait(), START_SECONDS)
    story.progress.end(START, detail="Redis, web, worker, fixer, clock, GitHub and Slack")
    await story.play()


def _code(telling: asyncio.Task[object], story: Story, console: Console) -> int:
    """0 only if all of it really happened."""
    if not telling.done():
        return 130
    error = telling.exception()
    if error is None:
        return 0 if story.outcome.ok else 1
    if not isinstance(error, (TimeoutError, RuntimeError, aiohttp.ClientError)):
        raise error
    console.print(f"[red]The story stopped: {error}[/]")
    return 1
