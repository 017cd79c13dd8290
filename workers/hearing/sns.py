"""Amazon SNS: whether Amazon signed a message, and the answer to "do you want this topic?".

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
**Invariant:** nothing is fetched but over HTTPS from ``sns.REGION.amazonaws.com`` itself,
whatever a message names, and no redirect is followed.
"""

from __future__ import annotations

import base64
import re
from typing import Any

import aiohttp
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import load_pem_x509_certificate

from bot.domain.errors import BadPayload, Unavailable
from bot.log import log
from bot.sources.reading import expect_mapping, text

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
    """Whether Amazon signed the message; a topic that asks to be subscribed then is.

    Raises BadPayload, Unavailable while Amazon does not answer.
    """
    told = expect_mapping(payload, "SNS")
    address = text(told.get("SigningCertURL"))
    algorithm = _HASHES.get(text(told.get("SignatureVersion")))
    if algorithm is None or not _CERTIFICATE.fullmatch(address):
        return False
    if address not in _certificates:
        while len(_certificates) >= _MOST_KEPT:
            del _certificates[next(iter(_certificates))]
        _certificates[address] = await _fetch(http, address)
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
    await _fetch(http, url)
    log.info("subscribed to a topic", topic=text(told.get("TopicArn"), 300))


async def _fetch(http: aiohttp.ClientSession, url: str) -> bytes:
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
