"""A GitHub simulator on loopback with one app installed, and somebody who receives its webhooks."""

from __future__ import annotations

import importlib.util
import json
import time
import warnings
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import aiohttp
import gidgethub.aiohttp
import jwt
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from bot.simulators.github import GitHubSimulator, Limits, serving

APP_ID = 4242
SECRET = "It's a Secret to Everybody"
SHOP = "acme/shop"
FILES = {
    "README.md": b"# Shop\n",
    "shop/cart.py": b"def total(prices):\n    return sum(prices[1:])\n",
    "shop/__init__.py": b"",
    "bin/run.sh": b"#!/bin/sh\necho run\n",
}


@cache
def keys() -> tuple[str, str]:
    """A private and a public key, PEM."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return (
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        ).decode(),
        private.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode(),
    )


@cache
def _signing() -> PrivateKeyTypes:
    """The private key as it signs: as text it would be parsed and checked for every token."""
    pem = keys()[0].encode()
    return serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)


def app_jwt(ahead: timedelta = timedelta(), **claims: Any) -> str:
    """What the app signs to say who it is, ``ahead`` of the real time."""
    now = int(time.time() + ahead.total_seconds())
    payload = {"iat": now - 60, "exp": now + 540, "iss": str(APP_ID)} | claims
    return jwt.encode(payload, _signing(), algorithm="RS256")


@dataclass
class Clock:
    """The world's clock; tests move it by hand."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass
class Kit:
    """Speaks to the simulator as the app (``api``), as a person (``person``), and listens."""

    simulator: GitHubSimulator
    base: str
    http: aiohttp.ClientSession
    clock: Clock
    hooks: list[tuple[Mapping[str, str], bytes]]
    answers: list[int] = field(default_factory=list)
    token: str = ""

    async def api(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        bearer = self.token if token is None else token
        sent = {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "soulcaster-tests",
            **({"Authorization": f"Bearer {bearer}"} if bearer else {}),
            **(headers or {}),
        }
        url = path if path.startswith("http") else self.base + path
        async with self.http.request(
            method, url, json=body, headers=sent, allow_redirects=False
        ) as answer:
            raw = await answer.read()
            plain = "json" not in answer.content_type or not raw or "raw" in answer.content_type
            found = raw if plain else await answer.json()
            return Answer(answer.status, answer.headers, found)

    async def ok(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = await self.api(method, path, body, **more)
        assert answer.status < 300, (method, path, answer.status, answer.body)
        return answer.body

    async def person(self, method: str, path: str, body: Any = None) -> Any:
        async with self.http.request(method, f"{self.base}/_sim{path}", json=body) as answer:
            found = await answer.json() if answer.status != 204 else None
            assert answer.status < 300, (method, path, answer.status, found)
            return found

    async def new_token(self, installation: int | None = None, **narrowed: Any) -> str:
        where = installation or next(iter(self.simulator.world.installations))
        made = await self.ok(
            "POST",
            f"/app/installations/{where}/access_tokens",
            narrowed,
            token=app_jwt(self.clock.ahead),
        )
        return made["token"]

    def gidgethub(self, token: str | None = None) -> gidgethub.aiohttp.GitHubAPI:
        return gidgethub.aiohttp.GitHubAPI(
            self.http, "soulcaster", oauth_token=token or self.token, base_url=self.base
        )

    async def commit(self, branch: str, files: dict[str, str], *, mode: str = "100644") -> str:
        """What the app does to put files on a new branch; the commit's SHA."""
        repo = f"/repos/{SHOP}"
        base = (await self.ok("GET", f"{repo}/git/ref/heads/main"))["object"]["sha"]
        entries = []
        for path, text in files.items():
            blob = await self.ok("POST", f"{repo}/git/blobs", {"content": text})
            entries.append({"path": path, "mode": mode, "type": "blob", "sha": blob["sha"]})
        base_tree = (await self.ok("GET", f"{repo}/git/commits/{base}"))["tree"]["sha"]
        tree = await self.ok("POST", f"{repo}/git/trees", {"base_tree": base_tree, "tree": entries})
        commit = await self.ok(
            "POST",
            f"{repo}/git/commits",
            {"message": f"Change {branch}", "tree": tree["sha"], "parents": [base]},
        )
        await self.ok(
            "POST", f"{repo}/git/refs", {"ref": f"refs/heads/{branch}", "sha": commit["sha"]}
        )
        return commit["sha"]

    async def settled(self) -> list[tuple[str, dict[str, Any]]]:
        """Event and payload of every webhook received so far."""
        await self.simulator.webhooks.settle()
        return [(headers["X-GitHub-Event"], json.loads(body)) for headers, body in self.hooks]


@asynccontextmanager
async def github(
    folder: Path,
    *,
    record: Path | None = None,
    limits: Limits | None = None,
    private: bool = False,
) -> AsyncIterator[Kit]:
    """``acme/shop`` with maintainer ana, triager tom and reader rob; the app installed on all."""
    received: list[tuple[Mapping[str, str], bytes]] = []
    answers: list[int] = []

    async def receive(request: web.Request) -> web.Response:
        received.append((request.headers, await request.read()))
        return web.Response(status=answers.pop(0) if answers else 202)

    listener = web.Application(client_max_size=2**25)
    listener.router.add_post("/hook", receive)
    runner = web.AppRunner(listener, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    clock = Clock()
    simulator = GitHubSimulator(
        folder / "git",
        app_id=APP_ID,
        app_slug="soulcaster",
        public_key=keys()[1],
        webhook_secret=SECRET,
        webhook_url=f"http://127.0.0.1:{runner.addresses[0][1]}/hook",
        record=record,
        limits=limits,
        clock=clock,
    )
    try:
        async with serving(simulator) as base, aiohttp.ClientSession() as http:
            simulator.add_user("acme", kind="Organization")
            await simulator.add_repository(SHOP, FILES, private=private, executable=["bin/run.sh"])
            for login, role in (("ana", "maintain"), ("tom", "triage"), ("wes", "write")):
                simulator.add_user(login)
                simulator.set_role(SHOP, login, role)
            simulator.add_user("rob")
            if private:
                simulator.set_role(SHOP, "rob", "read")
            simulator.install("acme", sender="ana")
            kit = Kit(simulator, base, http, clock, received, answers)
            kit.token = await kit.new_token()
            yield kit
    finally:
        await runner.cleanup()


def _load(shared: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, shared / "conformance" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def judges(shared: Path) -> tuple[Any, ModuleType]:
    """The checker of exchanges and the checker of webhooks; both leave their files open."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        return _load(shared, "check_github_http").Checker(), _load(shared, "check_github_webhook")


def faults_found(kit: Kit, recorded: Path, shared: Path) -> list[str]:
    """What GitHub's descriptions say against the recorded exchanges and the webhooks received."""
    exchanges, webhooks = judges(shared)
    found = []
    for exchange in map(json.loads, recorded.read_text().splitlines()):
        found += [
            f"{v.level} {exchange['method']} {exchange['url']} {exchange['status']}: "
            f"{v.where} {v.rule} {v.detail}"
            for v in exchanges.check(exchange)
        ]
    for headers, body in kit.hooks:
        event, payload = headers["X-GitHub-Event"], json.loads(body)
        for why in webhooks.check(event, payload, headers):
            found.append(f"webhook {event}/{payload.get('action')}: {why}")
    return found
