"""Amazon's signature and its subscriptions, against a server that answers for its host."""

from __future__ import annotations

import base64
import datetime as dt
import json
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bot.context import Context
from bot.domain.errors import BadPayload, Unavailable
from bot.storage.inbox import Delivery
from workers import jobs
from workers.hearing import alerts
from workers.hearing.alerts import hear_alert

HOST = "sns.eu-west-1.amazonaws.com"
CERTIFICATE = f"https://{HOST}/SimpleNotificationService-abc123.pem"
CONFIRM = f"https://{HOST}/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:x&Token=t"
KEY = rsa.generate_private_key(65537, 2048)


def certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(KEY, SHA256())
    )
    return made.public_bytes(Encoding.PEM)


class Amazon(AbstractResolver):
    """Resolves every host to one server on loopback, and notes what it is asked."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.hosts: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.hosts.append(host)
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=self.port, family=family, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        pass


class Topic:
    def __init__(self, http: aiohttp.ClientSession, amazon: Amazon, asked: list[str]) -> None:
        self.http, self.amazon, self.asked = http, amazon, asked


@pytest.fixture
async def topic(tmp_path: Path) -> AsyncIterator[Topic]:
    pem = certificate()
    key = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "server.pem").write_bytes(key + pem)
    (tmp_path / "ca.pem").write_bytes(pem)
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_tls.load_cert_chain(tmp_path / "server.pem")
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path_qs)
        if request.path == "/SimpleNotificationService-gone.pem":
            return web.Response(status=503)
        if request.path == "/SimpleNotificationService-moved.pem":
            return web.Response(status=302, headers={"Location": "https://evil.example/x.pem"})
        return web.Response(body=pem if request.path.endswith(".pem") else b"<ok/>")

    app = web.Application()
    app.router.add_get("/{tail:.*}", answer)
    served = TestServer(app, scheme="https")
    await served.start_server(ssl=server_tls)
    amazon = Amazon(served.port or 0)
    trusted = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    connector = aiohttp.TCPConnector(resolver=amazon, ssl=trusted)
    async with aiohttp.ClientSession(connector=connector) as http:
        alerts._certificates.clear()
        yield Topic(http, amazon, asked)
    await served.close()


def signed(version: str = "2", **fields: Any) -> dict[str, Any]:
    told = {
        "Type": "Notification",
        "MessageId": "m1",
        "TopicArn": "arn:aws:sns:eu-west-1:1:alarms",
        "Message": "hello",
        "Timestamp": "2026-11-21T10:00:00.000Z",
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE,
        **fields,
    }
    order = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn")
    said = "".join(f"{name}\n{told[name]}\n" for name in (*order, "Type") if name in told)
    algorithm = SHA1() if version == "1" else SHA256()
    signature = KEY.sign(said.encode(), padding.PKCS1v15(), algorithm)
    return {**told, "Signature": base64.b64encode(signature).decode()}


@pytest.mark.parametrize("version", ["1", "2"])
async def test_what_amazon_signed_is_amazons(topic: Topic, version: str) -> None:
    for subject in ({}, {"Subject": "ALARM: é"}):
        assert await alerts.is_amazons(topic.http, signed(version, **subject))
    assert topic.asked == ["/SimpleNotificationService-abc123.pem"], "fetched once, then kept"


@pytest.mark.parametrize(
    "change",
    [
        {"Message": "other"},
        {"Timestamp": "2026-11-21T10:00:01.000Z"},
        {"Signature": ""},
        {"Signature": "é"},
        {"Signature": "AAAA"},
        {"SignatureVersion": "3"},
        {"SignatureVersion": "1"},
        {"Type": "SubscriptionConfirmation", "SubscribeURL": CONFIRM},
    ],
)
async def test_what_amazon_did_not_sign_is_not_amazons(
    topic: Topic, change: dict[str, str]
) -> None:
    assert not await alerts.is_amazons(topic.http, {**signed(), **change})
    assert CONFIRM.partition(HOST)[2] not in topic.asked


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/SimpleNotificationService-a.pem",
        f"http://{HOST}/SimpleNotificationService-a.pem",
        f"https://{HOST}.evil.example/SimpleNotificationService-a.pem",
        f"https://{HOST}@evil.example/SimpleNotificationService-a.pem",
        f"https://evil.example/{HOST}/SimpleNotificationService-a.pem",
        f"https://{HOST}:8443/SimpleNotificationService-a.pem",
        f"https://{HOST}/../SimpleNotificationService-a.pem",
        "https://s3.eu-west-1.amazonaws.com/SimpleNotificationService-a.pem",
        "",
    ],
)
async def test_nothing_is_fetched_from_elsewhere(topic: Topic, url: str) -> None:
    assert not await alerts.is_amazons(topic.http, signed(SigningCertURL=url))
    assert topic.amazon.hosts == []
    assert topic.asked == []


@pytest.mark.parametrize("name", ["gone", "moved"])
async def test_a_certificate_that_does_not_come_is_waited_for(topic: Topic, name: str) -> None:
    url = f"https://{HOST}/SimpleNotificationService-{name}.pem"
    with pytest.raises(Unavailable):
        await alerts.is_amazons(topic.http, signed(SigningCertURL=url))
    assert topic.amazon.hosts == [HOST], "no redirect is followed"


async def test_a_subscription_is_confirmed(topic: Topic) -> None:
    asks = signed(Type="SubscriptionConfirmation", SubscribeURL=CONFIRM, Token="t")
    assert await alerts.is_amazons(topic.http, asks)
    assert topic.asked[-1] == CONFIRM.partition(HOST)[2]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/?Action=ConfirmSubscription&Token=t",
        f"https://{HOST}/?Action=DeleteTopic&TopicArn=a",
        f"https://{HOST}/?Action=Unsubscribe&SubscriptionArn=a",
        "",
    ],
)
async def test_nothing_is_confirmed_elsewhere(topic: Topic, url: str) -> None:
    with pytest.raises(BadPayload):
        await alerts.is_amazons(
            topic.http, signed(Type="SubscriptionConfirmation", SubscribeURL=url, Token="t")
        )
    assert set(topic.amazon.hosts) <= {HOST}
    assert topic.asked == ["/SimpleNotificationService-abc123.pem"]


async def test_an_alarm_that_is_not_proven_is_dropped_and_counted(ctx: Context) -> None:
    meta = {"source": "cloudwatch", "project": "7", "hook": "h", "content-type": "text/plain"}
    forged = json.dumps(signed(SigningCertURL="https://evil.example/a.pem")).encode()
    delivery = Delivery(jobs.hear_alert.name, meta, forged, 1.8e9, tenant=7)
    await ctx.inbox.accept(delivery)
    await hear_alert(ctx, delivery.row)
    assert await ctx.inbox.read(delivery.row) is None
    assert await ctx.inbox.unread() == {"not proven": 1}
