"""The doors for alerts and feedback: ``/hooks/{source}/{hook}``."""

from __future__ import annotations

from collections.abc import Mapping

from bot.context import Context
from bot.domain.errors import BadPayload, BadSignature, NotFound
from bot.sources import SOURCES
from bot.storage.inbox import Delivery

# What a parser may read of the headers; never an Authorization.
_KEPT = ("sentry-hook-resource", "sentry-hook-timestamp", "request-id", "content-type")


async def read(
    ctx: Context,
    source: str,
    hook_id: str,
    headers: Mapping[str, str],
    query: Mapping[str, str],
    body: bytes,
) -> Delivery:
    """Prove the sender and make a delivery.

    Senders that cannot set a header put ``?secret=`` into the URL. Raises NotFound for an
    unknown source, BadSignature (also for an unknown door: it is not told apart), BadPayload.
    """
    parser = SOURCES.get(source)
    if parser is None:
        raise NotFound(f"There is no source {source!r}: {', '.join(sorted(SOURCES))}.")
    try:
        hook = await ctx.vault.hook(hook_id)
    except NotFound:
        raise BadSignature("The secret does not match.") from None
    if hook.source != source:
        raise BadSignature("The secret does not match.")
    shown = {name.lower(): value for name, value in headers.items()}
    if secret := query.get("secret"):
        shown.setdefault("x-soulcaster-token", secret)
    parser.verify(shown, body, hook.secret)
    if not body.strip():
        raise BadPayload("The body is empty.")
    meta = {name: shown[name] for name in _KEPT if name in shown}
    meta |= {"source": source, "project": str(hook.project)}
    return Delivery("hear_alert", meta, body, ctx.now().timestamp())
