"""Reddit's listings as Reddit serves them: strict about who asks, and how often.

https://www.reddit.com/dev/api · https://github.com/reddit-archive/reddit/wiki/API
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

# ``platform:app:version (by ...)``; what libraries call themselves is throttled.
_USER_AGENT = re.compile(r"[a-z]+:[\w.-]+:v?[\d.]+ \(.+\)")


@dataclass
class RedditWire:
    """``reasons`` are why a subreddit cannot be read; ``remaining`` requests are left."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    remaining: float = 100.0
    asked: list[str] = field(default_factory=list)
    keys: tuple[str, str] = ("", "")
    tokens: set[str] = field(default_factory=set)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/api/v1/access_token", self._token)
        app.router.add_get("/r/{subreddit}/{what}", self._listing)
        return app

    def post(self, number: int, title: str, at: datetime, text: str = "") -> str:
        """Somebody posts; its full name."""
        name = f"t3_{number}"
        told = {"name": name, "title": title, "selftext": text, "author": f"u{number}"}
        self.posts.insert(0, {"kind": "t3", "data": {**told, "created_utc": at.timestamp()}})
        return name

    def comment(self, number: int, post: str, author: str, text: str, at: datetime) -> None:
        """Somebody says something about it."""
        told = {"name": f"t1_{number}", "link_id": post, "author": author, "body": text}
        self.comments.insert(0, {"kind": "t1", "data": {**told, "created_utc": at.timestamp()}})

    async def _token(self, request: web.Request) -> web.Response:
        expected = "Basic " + base64.b64encode(":".join(self.keys).encode()).decode()
        form = await request.post()
        if request.headers.get("Authorization") != expected:
            return web.json_response({"message": "Unauthorized", "error": 401}, status=401)
        if form.get("grant_type") != "client_credentials":
            return web.json_response({"error": "unsupported_grant_type"})
        self.tokens.add(token := f"token-{len(self.tokens)}")
        return web.json_response(
            {"access_token": token, "token_type": "bearer", "expires_in": 86400, "scope": "*"}
        )

    async def _listing(self, request: web.Request) -> web.Response:
        subreddit, what = request.match_info["subreddit"], request.match_info["what"]
        self.asked.append(request.path_qs)
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        left = {"X-Ratelimit-Used": "1", "X-Ratelimit-Reset": "300"}
        left["X-Ratelimit-Remaining"] = f"{self.remaining:.1f}"
        if not _USER_AGENT.fullmatch(request.headers.get("User-Agent", "")) or self.remaining < 0:
            return web.json_response({"message": "Too Many Requests", "error": 429}, status=429,
                                     headers=left)  # fmt: skip
        if self.keys[0] and bearer not in self.tokens:
            return web.json_response({"message": "Unauthorized", "error": 401}, status=401)
        if not self.keys[0] and not what.endswith(".json"):
            return web.Response(status=403, text="<html>blocked</html>", content_type="text/html")
        reason = self.reasons.get(subreddit)
        if reason == "missing":
            raise web.HTTPFound("https://www.reddit.com/subreddits/search.json?q=missing")
        if reason:
            status = 404 if reason == "banned" else 403
            told = {"reason": reason, "message": "Forbidden", "error": status}
            return web.json_response(told, status=status, headers=left)
        things = self.posts if what.startswith("new") else self.comments
        names = [one["data"]["name"] for one in things]
        after = request.query.get("after", "")
        first = names.index(after) + 1 if after in names else 0
        shown = things[first : first + min(100, int(request.query.get("limit", "25")))]
        more = first + len(shown) < len(things)
        data = {"after": shown[-1]["data"]["name"] if more else None, "children": shown}
        return web.json_response({"kind": "Listing", "data": data}, headers=left)
