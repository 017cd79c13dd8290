"""Registering an app from a manifest, as the page on github.com does it.

https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.simulators.github.errors import malformed, not_found
from bot.simulators.github.records import Json
from bot.simulators.github.world import World

_LIFE = timedelta(hours=1)


def accept(world: World, manifest: Json) -> str:
    """A person presses Create: the code that the app's setup page is sent. Raises 422."""
    hook = manifest.get("hook_attributes") or {}
    if not manifest.get("url") or not hook.get("url"):
        raise malformed('"url" and "hook_attributes.url" are needed.')
    code = secrets.token_hex(20)
    world.manifests[code] = (manifest, world.clock() + _LIFE)
    return code


def convert(world: World, code: str) -> Json:
    """Become the app of this manifest; its secrets, shown this once. Raises 404."""
    manifest, until = world.manifests.pop(code, ({}, world.now()))
    if not manifest or until < world.clock():
        raise not_found()
    app = world.app
    private, app.public_key = key_pair()
    app.id = world.next_id()
    app.name = str(manifest.get("name") or app.name)
    app.slug = re.sub(r"[^a-z0-9]+", "-", app.name.lower()).strip("-")
    app.description = str(manifest.get("description") or "")
    app.external_url = manifest["url"]
    app.webhook_url = manifest["hook_attributes"]["url"]
    app.webhook_secret = secrets.token_hex(20)
    app.permissions = {"metadata": "read", **(manifest.get("default_permissions") or {})}
    app.events = tuple(manifest.get("default_events") or ())
    app.created_at = world.now()
    del world.users[app.bot.login.lower()]
    app.bot.login = f"{app.slug}[bot]"
    world.users[app.bot.login.lower()] = app.bot
    return {
        "client_secret": secrets.token_hex(20),
        "webhook_secret": app.webhook_secret,
        "pem": private,
    }


def key_pair() -> tuple[str, str]:
    """A private and a public key for an app, PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, plain)
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()
