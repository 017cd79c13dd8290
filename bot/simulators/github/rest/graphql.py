"""GraphQL is not spoken here, and says so as GraphQL does: 200 with errors."""

from __future__ import annotations

from aiohttp import web

from bot.simulators.github.wire.routing import Call, Routes, answer

routes = Routes("graphql")


@routes("POST", "/graphql", "metadata:read")
async def query(call: Call) -> web.StreamResponse:
    """No query is known."""
    message = "This GitHub answers REST only: use the REST API."
    return answer({"errors": [{"type": "NOT_IMPLEMENTED", "message": message}]})
