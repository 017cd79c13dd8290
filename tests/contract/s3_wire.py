"""S3's wire as its reference has it: objects of one bucket, for who signs well.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html (signatures), and
PutObject, GetObject, DeleteObjects and ListObjectsV2 there.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import xml.etree.ElementTree as ET
from urllib.parse import parse_qsl, quote

from aiohttp import web

from bot.adapters.objects import Bucket
from bot.domain.ports import Guard

NAME, KEY, SECRET, REGION = "acme", "AKIAIOSFODNN7EXAMPLE", "a-secret-of-the-bucket", "eu-west-1"
_PAGE = 2


def bucket(
    endpoint: str, *, secret: str = SECRET, name: str = NAME, prefix: str = "/ours", **guard: Guard
) -> Bucket:
    """The adapter, as somebody who has the key."""
    config = {"endpoint": endpoint, "region": REGION}
    config |= {"access_key_id": KEY, "secret_access_key": secret}
    return Bucket(f"s3://{name}{prefix}", config=config, **guard)


class S3Wire:
    """One bucket. ``down``: it answers 503, so many times."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.down = 0

    async def answer(self, request: web.Request) -> web.Response:
        """Whatever is asked, where it is signed."""
        body = await request.read()
        self.asked.append(f"{request.method} {request.path}")
        if self.down:
            self.down -= 1
            return _error(503, "SlowDown")
        if not _signed(request, body):
            return _error(403, "SignatureDoesNotMatch")
        name, _, key = request.path.lstrip("/").partition("/")
        if name != NAME:
            return _error(404, "NoSuchBucket")
        match request.method, bool(key):
            case "PUT", True:
                self.objects[key] = body
                return web.Response(headers={"ETag": f'"{hashlib.md5(body).hexdigest()}"'})
            case "GET", True if key in self.objects:
                return _content(self.objects[key])
            case "GET", True:
                return _error(404, "NoSuchKey")
            case "GET", False if request.query.get("list-type") == "2":
                return self._list(request)
            case "POST", False if "delete" in request.query:
                return self._delete(request, body)
        return _error(405, "MethodNotAllowed")

    def _list(self, request: web.Request) -> web.Response:
        prefix, delimiter = request.query.get("prefix", ""), request.query.get("delimiter", "")
        after = request.query.get("continuation-token", "")
        keys = sorted(key for key in self.objects if key.startswith(prefix) and key > after)
        found = ET.Element("ListBucketResult")
        if delimiter:
            parts = {key.removeprefix(prefix).partition(delimiter)[0] for key in keys}
            for part in sorted(parts):
                one = ET.SubElement(found, "CommonPrefixes")
                ET.SubElement(one, "Prefix").text = prefix + part + delimiter
            keys = []
        for key in keys[:_PAGE]:
            one = ET.SubElement(found, "Contents")
            data = self.objects[key]
            told = {"Key": key, "Size": str(len(data)), "LastModified": "2026-11-30T07:00:00.000Z"}
            for tag, text in (told | {"ETag": f'"{hashlib.md5(data).hexdigest()}"'}).items():
                ET.SubElement(one, tag).text = text
        ET.SubElement(found, "IsTruncated").text = str(len(keys) > _PAGE).lower()
        if len(keys) > _PAGE:
            ET.SubElement(found, "NextContinuationToken").text = keys[_PAGE - 1]
        return web.Response(body=ET.tostring(found), content_type="application/xml")

    def _delete(self, request: web.Request, body: bytes) -> web.Response:
        digest = base64.b64encode(hashlib.md5(body).digest()).decode()
        if request.headers.get("Content-MD5") != digest:
            return _error(400, "InvalidDigest")
        answer = ET.Element("DeleteResult")
        for one in ET.fromstring(body).iter():
            if one.tag.rpartition("}")[2] == "Key" and one.text:
                self.objects.pop(one.text, None)
                ET.SubElement(ET.SubElement(answer, "Deleted"), "Key").text = one.text
        return web.Response(body=ET.tostring(answer), content_type="application/xml")


def _content(data: bytes) -> web.Response:
    told = {"ETag": f'"{hashlib.md5(data).hexdigest()}"'}
    told["Last-Modified"] = "Mon, 30 Nov 2026 07:00:00 GMT"
    return web.Response(body=data, headers=told)


def _error(status: int, code: str) -> web.Response:
    text = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>"
    return web.Response(status=status, text=text, content_type="application/xml")


def _signed(request: web.Request, body: bytes) -> bool:
    """Whether the signature is that of the key, and the body is the one that was signed."""
    algorithm, _, rest = request.headers.get("Authorization", "").partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
    said = request.headers.get("x-amz-content-sha256", "")
    if said not in ("UNSIGNED-PAYLOAD", hashlib.sha256(body).hexdigest()):
        return False
    key, date, region, *service = parts.get("Credential", "////").split("/")
    if (algorithm, key, region, service) != (
        "AWS4-HMAC-SHA256", KEY, REGION, ["s3", "aws4_request"],
    ):  # fmt: skip
        return False
    path, _, query = request.raw_path.partition("?")
    pairs = sorted(
        (quote(k, safe="-_.~"), quote(v, safe="-_.~"))
        for k, v in parse_qsl(query, keep_blank_values=True)
    )
    signed = parts["SignedHeaders"]
    headers = [f"{name}:{request.headers[name].strip()}\n" for name in signed.split(";")]
    asked = "\n".join(
        [request.method, path, "&".join(map("=".join, pairs)), "".join(headers), signed, said]
    )
    scope = f"{date}/{region}/s3/aws4_request"
    digest = hashlib.sha256(asked.encode()).hexdigest()
    words = "\n".join([algorithm, request.headers["x-amz-date"], scope, digest])
    made = f"AWS4{SECRET}".encode()
    for part in (date, region, "s3", "aws4_request", words):
        made = hmac.new(made, part.encode(), hashlib.sha256).digest()
    return hmac.compare_digest(made.hex(), parts["Signature"])
