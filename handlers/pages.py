"""Pages that are drawn here: one way for the setup page and for runs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2
from aiohttp import web

from bot.context import Context
from bot.github.manifest import web_host
from bot.render.defuse import visible

_HERE = Path(__file__).parent


@cache
def templates() -> jinja2.Environment:
    """All of them: whatever is put in is text."""
    loader = jinja2.FileSystemLoader([_HERE / f"{room}/templates" for room in ("setup", "runs")])
    made = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    made.filters["visible"] = visible
    return made


def page(ctx: Context, name: str, status: int = 200, **what: object) -> web.Response:
    """One of them as an answer, which loads nothing from elsewhere and is kept by nobody."""
    body = templates().get_template(name).render(**what)
    host = web_host(ctx.settings.github_api_url)
    return web.Response(
        text=body,
        status=status,
        content_type="text/html",
        headers={
            "Content-Security-Policy": (
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                f"form-action 'self' {host}; base-uri 'none'; frame-ancestors 'none'"
            ),
            "X-Frame-Options": "DENY",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Opener-Policy": "same-origin",
            # The code is in the address; without any a form would have no Origin either.
            "Referrer-Policy": "strict-origin",
            "Cache-Control": "no-store",
        },
    )
