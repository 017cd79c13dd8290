"""The least a webhook receiver can do: aiohttp, HMAC, SET NX, LPUSH. What ours is compared with."""

import hashlib
import hmac
import sys

from aiohttp import web
from redis.asyncio import Redis


def main(url: str, port: int, secret: bytes) -> None:
    redis = Redis.from_url(url)

    async def receive(request: web.Request) -> web.Response:
        body = await request.read()
        expected = "sha256=" + hmac.digest(secret, body, hashlib.sha256).hex()
        given = request.headers.get("X-Hub-Signature-256", "")
        if not hmac.compare_digest(given.encode(), expected.encode()):
            return web.Response(status=401)
        delivery = request.headers["X-GitHub-Delivery"]
        if await redis.set(f"seen:{delivery}", 1, nx=True, ex=3600):
            await redis.lpush("bare", body)
        return web.Response(status=202)

    app = web.Application(client_max_size=25 << 20)
    app.router.add_post("/github/webhook", receive)
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3].encode())
