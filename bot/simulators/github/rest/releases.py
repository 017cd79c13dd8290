"""Releases.

https://docs.github.com/rest/releases/releases
"""

from __future__ import annotations

from aiohttp import web

from bot.simulators.github.wire.routing import Call, Routes, listed

routes = Routes("releases/releases")


@routes("GET", "/repos/{owner}/{repo}/releases", "contents:read")
async def list_releases(call: Call) -> web.StreamResponse:
    """Every release, newest first."""
    return listed(call, call.repository.releases[::-1], dict)
