"""How each source sends: its own headers and its own proof, over HTTP."""

from __future__ import annotations

import hashlib
import hmac
import json

from handlers.demo.reports import DemoReport
from handlers.demo.stage import Stage


async def send_alert(stage: Stage, report: DemoReport) -> int:
    """Knock at the source's door as the source does; the status it was answered with."""
    hook = stage.hooks[report.source]
    body = json.dumps(report.body).encode()
    headers = {"Content-Type": "application/json", **report.headers}
    if report.source == "sentry":
        headers["Sentry-Hook-Signature"] = hmac.digest(
            hook.secret.encode(), body, hashlib.sha256
        ).hex()
    else:
        headers["Authorization"] = f"Bearer {hook.secret}"
    url = f"{stage.web_url}/hooks/{report.source}/{hook.id}"
    async with stage.http.post(url, data=body, headers=headers) as response:
        response.raise_for_status()
        return response.status
