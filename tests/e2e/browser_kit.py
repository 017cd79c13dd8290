"""Chromium as the tests start it, where it is installed."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)
LAUNCH: Any = {"executable_path": next(filter(None, map(shutil.which, _NAMES)), None)}
LAUNCH["args"] = _QUIET.split()
# Without a graphics card a core of the machine draws each frame of what moves.
STILL: Any = {"reduced_motion": "reduce"}


def playwright_api(kind: str) -> Any:
    """Playwright's ``sync_api`` or ``async_api``; the test skips where one of both is missing."""
    if LAUNCH["executable_path"] is None:
        pytest.skip("no chromium on PATH")
    return pytest.importorskip(f"playwright.{kind}")
