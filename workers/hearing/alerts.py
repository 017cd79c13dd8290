"""What came in at a door for alerts and feedback becomes items, and ends the trouble of some.

Amazon SNS: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
**Invariant:** nothing is fetched but over HTTPS from ``sns.REGION.amazonaws.com`` itself,
whatever a message names, and no redirect is followed."""

import base64
import re
from datetime import datetime
from typing import Any

import aiohttp
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import load_pem_x509_certificate

from bot.context import Context
from bot.domain.errors import BadPayload, NotFound, Unavailable
from bot.domain.models import Draft
from bot.log import log
from bot.sources import SOURCES, cloudwatch, generic
from bot.sources.heard import Heard, Recovery
from bot.sources.reading import decode, expect_mapping, text
from bot.storage.inbox import Delivery
from bot.storage.vault import Hook
from workers.intake.items import take


async def hear_alert(ctx: Context, row: str) -> None:
    """Take a stored alert apart; it has taken effect when this returns."""
    delivery = await ctx.inbox.read(row)
    if delivery is None:
        return
    at = datetime.fromtimestamp(delivery.received_at, tz=ctx.now().tzinfo)
    hook, source = delivery.meta.get("hook", ""), delivery.meta["source"]
    # Of these doors people say how they are read, or what may come there.
    own = source in (generic.SOURCE.NAME, cloudwatch.SOURCE.NAME)
    door = await _door(ctx, hook) if own else None
    if source == generic.SOURCE.NAME and not (door and door.fields):
        await ctx.inbox.hold(hook, row)
        return
    how = await _hear(ctx, delivery, door, at)
    if hook:
        project = int(delivery.meta["project"])
        await ctx.vault.health.note(project, hook, at, how, delivery.body)
    await ctx.inbox.finish(row)


async def _door(ctx: Context, hook: str) -> Hook | None:
    """What a person said of it; None when it was closed."""
    try:
        return await ctx.vault.hook(hook)
    except NotFound:
        return None


async def _hear(ctx: Context, delivery: Delivery, door: Hook | None, at: datetime) -> str:
    """How it was read, in one line."""
    source, project = delivery.meta["source"], int(delivery.meta["project"])
    payload = decode(delivery.body, delivery.meta.get("content-type", ""))
    if source == cloudwatch.SOURCE.NAME:
        why = cloudwatch.other_topic(payload, door.topic if door else "")
        if not why and not await is_amazons(ctx.http, payload):
            await ctx.inbox.count_unread("not proven")
            why = "Amazon did not sign it"
        if why:
            return f"refused: {why}"
        if door and not door.topic:  # the first one that Amazon signs for
            await ctx.vault.change(door, topic=cloudwatch.topic(payload))
    became, fields = [], {"fields": door.fields if door else ""}
    for heard in SOURCES[source].parse(payload, {**delivery.meta, **fields}, at):
        if await ctx.projects.find(project) is None:
            break  # the app was removed since
        became.append(await _take(ctx, project, heard))
    return f"read as {', '.join(became)}"


async def _take(ctx: Context, project: int, heard: Heard) -> str:
    """What became of it, in words."""
    if isinstance(heard, Draft):
        item = (await take(ctx, project, heard)).item
        return f"I-{item}" if item >= 0 else "a new report over the quota, refused"
    if isinstance(heard, Recovery):
        found = await ctx.items.recover(project, heard.source, heard.key, heard.at)
        return f"the end of I-{found}" if found else "the end of something not known here"
    return f"nothing that counts: {heard.why}"


_HOST = r"https://sns\.[a-z]{2}(?:-[a-z]+)+-\d\.amazonaws\.com/"
_CERTIFICATE = re.compile(_HOST + r"SimpleNotificationService-[0-9A-Za-z]{1,64}\.pem")
_CONFIRM = re.compile(_HOST + r"\?Action=ConfirmSubscription&[\x21-\x7e]{1,2000}")
_SIGNED = (
    *("Message", "MessageId", "Subject", "SubscribeURL"),
    *("Timestamp", "Token", "TopicArn", "Type"),
)
_HASHES = {"1": SHA1, "2": SHA256}
_MOST_KEPT = 32
_certificates: dict[str, bytes] = {}


async def is_amazons(http: aiohttp.ClientSession, payload: object) -> bool:
    """Whether Amazon signed the message; a topic that asks to be subscribed then is. Raises
    BadPayload, Unavailable while Amazon does not answer."""
    told = expect_mapping(payload, "SNS")
    address = text(told.get("SigningCertURL"))
    algorithm = _HASHES.get(text(told.get("SignatureVersion")))
    if algorithm is None or not _CERTIFICATE.fullmatch(address):
        return False
    if address not in _certificates:
        while len(_certificates) >= _MOST_KEPT:
            del _certificates[next(iter(_certificates))]
        _certificates[address] = await _from_amazon(http, address)
    said = "".join(f"{name}\n{told[name]}\n" for name in _SIGNED if name in told)
    try:
        signature = base64.b64decode(text(told.get("Signature")), validate=True)
        key = load_pem_x509_certificate(_certificates[address]).public_key()
        if not isinstance(key, RSAPublicKey):
            return False
        key.verify(signature, said.encode(), PKCS1v15(), algorithm())
    except (InvalidSignature, ValueError):
        return False
    if told["Type"] == "SubscriptionConfirmation":
        await _confirm(http, told)
    return True


async def _confirm(http: aiohttp.ClientSession, told: Any) -> None:
    url = text(told.get("SubscribeURL"))
    if not _CONFIRM.fullmatch(url):
        raise BadPayload("SNS asks to be confirmed somewhere else than at Amazon.")
    await _from_amazon(http, url)
    log.info("subscribed to a topic", topic=text(told.get("TopicArn"), 300))


async def _from_amazon(http: aiohttp.ClientSession, url: str) -> bytes:
    """The one way out to Amazon. Raises Unavailable."""
    timeout = aiohttp.ClientTimeout(total=10)
    try:
        async with http.get(url, allow_redirects=False, timeout=timeout) as answer:
            if answer.status == 200:
                return await answer.read()
            why = f"HTTP {answer.status}"
    except (aiohttp.ClientError, TimeoutError) as error:
        why = f"{type(error).__name__}: {error}"
    raise Unavailable(f"Amazon SNS does not answer: {why}.")
