"""Genuine requests at every door, and what makes each of them one that nobody may accept."""

from __future__ import annotations

import gzip
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from urllib.parse import urlencode

from bot.sources import SOURCES
from handlers.demo.stage import Stage

LETTERS = "0123456789abcdefABCDEFxyz=_-., \t\u00e9\u00df"
Headers = dict[str, str]
Sign = Callable[[bytes], str]


@dataclass(frozen=True)
class Genuine:
    """A request that is accepted as it is.

    ``proof`` names the header that proves it; ``sign`` makes its value for another body, and is
    absent where the header is the secret itself. ``secret`` is the door's.
    """

    path: str
    headers: Headers
    body: bytes
    proof: str
    secret: str
    sign: Sign | None = None
    method: str = "POST"
    # Lines of the head in place of Content-Length, and what precedes a header's colon.
    framing: tuple[str, ...] = ()
    colon: str = ":"

    @property
    def door(self) -> str:
        """Its path, without the id of a hook."""
        return "/".join(self.path.split("?")[0].split("/")[:3])

    def showing(self, value: str) -> Genuine:
        """The same with another proof."""
        return replace(self, headers={**self.headers, self.proof: value})

    def saying(self, body: bytes) -> Genuine:
        """The same proof of another body."""
        return replace(self, body=body)

    def raw(self, sender: str) -> bytes:
        """As it is sent, by way of our proxy."""
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: x", f"X-Forwarded-For: {sender}"]
        lines += [f"{name}{self.colon} {value}" for name, value in self.headers.items()]
        lines += self.framing or [f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


def genuine(stage: Stage, word: str) -> list[Genuine]:
    """One or more for every door, signed now; each says ``word``."""
    return [*_of_github(stage, word), *_of_slack(stage, word), *_of_sources(stage, word)]


def _hmac(secret: str, before: str, digest: str = "sha256") -> Sign:
    return lambda body: hmac.new(secret.encode(), before.encode() + body, digest).hexdigest()


def _of_github(stage: Stage, word: str) -> Iterator[Genuine]:
    secret = stage.environment["GITHUB_WEBHOOK_SECRET"]
    payload = {"action": "opened", "repository": {"id": 1}, "issue": {"title": word}}
    body = json.dumps(payload).encode()
    digest = _hmac(secret, "")
    headers = {
        "X-GitHub-Event": "issues",
        "X-GitHub-Delivery": word,
        "X-Hub-Signature-256": f"sha256={digest(body)}",
    }
    yield Genuine(
        *("/github/webhook", headers, body, "X-Hub-Signature-256", secret),
        sign=lambda other: f"sha256={digest(other)}",
    )


def _of_slack(stage: Stage, word: str) -> Iterator[Genuine]:
    secret, now = stage.environment["SLACK_SIGNING_SECRET"], f"{time.time():.0f}"
    digest = _hmac(secret, f"v0:{now}:")
    said = {"command": "/soulcaster", "text": f"feedback {word}", "user_id": "U1", "team_id": "T1"}
    pressed = {"type": "block_actions", "actions": [{"action_id": word}], "user": {"id": "U1"}}
    event = {"type": "event_callback", "event": {"type": "app_mention", "text": word}}
    form = "application/x-www-form-urlencoded"
    for name, kind, body in (
        ("commands", form, urlencode(said)),
        ("interactions", form, urlencode({"payload": json.dumps(pressed)})),
        ("events", "application/json", json.dumps(event)),
    ):
        headers = {
            "Content-Type": kind,
            "X-Slack-Request-Timestamp": now,
            "X-Slack-Signature": f"v0={digest(body.encode())}",
        }
        yield Genuine(
            *(f"/slack/{name}", headers, body.encode(), "X-Slack-Signature", secret),
            sign=lambda other: f"v0={digest(other)}",
        )


# What every source can read, if only as nothing that counts.
READABLE = {
    "kind": "Listing",
    "data": {"children": [], "issue": {"id": "1", "title": "x"}},
    "action": "assigned",
    "alerts": [{"status": "paused"}],
    "current_state": "acknowledged",
    "event": "a click",
    "event_name": "test",
    "messages": [{"event": "incident.acknowledged"}],
    "topic": "ping",
    "trigger": {"type": "comment"},
    "type": "ping",
}


def _of_sources(stage: Stage, word: str) -> Iterator[Genuine]:
    body = json.dumps({"title": word, "text": word, "id": word, **READABLE}).encode()
    for source, hook in stage.hooks.items():
        path, secret = f"/hooks/{source}/{hook.id}", hook.secret
        for name, value in (
            ("Authorization", f"Bearer {secret}"),
            ("X-Soulcaster-Token", secret),
        ):
            yield Genuine(path, {name: value}, body, name, secret)
        if source == "sentry":
            digest, name = _hmac(secret, ""), "Sentry-Hook-Signature"
            yield Genuine(path, {name: digest(body)}, body, name, secret, sign=digest)


# What is done to one. None where that leaves it as good as it was.
Mutation = Callable[[Genuine, Random], Genuine | None]


def no_proof(one: Genuine, chance: Random) -> Genuine:
    return replace(one, headers={k: v for k, v in one.headers.items() if k != one.proof})


def another_letter(one: Genuine, chance: Random) -> Genuine | None:
    value = one.headers[one.proof]
    at = chance.randrange(value.index(_shown(one)), len(value))
    return _unless_same(one, value[:at] + chance.choice(LETTERS) + value[at + 1 :])


def shorter(one: Genuine, chance: Random) -> Genuine | None:
    value = one.headers[one.proof]
    return _unless_same(one, value[: chance.randrange(len(value))])


def longer(one: Genuine, chance: Random) -> Genuine | None:
    value, more = one.headers[one.proof], "".join(chance.choices(LETTERS, k=chance.randint(1, 9)))
    return _unless_same(one, value + more)


def swapped_case(one: Genuine, chance: Random) -> Genuine | None:
    shown = _shown(one)
    return _unless_same(one, one.headers[one.proof].replace(shown, shown.swapcase()))


def another_secret(one: Genuine, chance: Random) -> Genuine:
    other = chance.choice(("", "secret", one.secret[:-1], one.secret + "0"))
    if one.sign is None:
        return one.showing(one.headers[one.proof].replace(one.secret, other))
    return one.showing(one.headers[one.proof].replace(_shown(one), _hmac(other, "")(one.body)))


def another_algorithm(one: Genuine, chance: Random) -> Genuine | None:
    if one.sign is None:
        return None
    name = chance.choice(("md5", "sha1", "sha512", "sha3_256", "blake2s"))
    at = one.headers.get("X-Slack-Request-Timestamp")
    value = _hmac(one.secret, f"v0:{at}:" if at else "", name)(one.body)
    return one.showing(chance.choice((f"{name}=", "sha256=", "v0=", "")) + value)


def proof_of_another_body(one: Genuine, chance: Random) -> Genuine | None:
    if one.sign is None:
        return None
    return one.showing(one.sign(one.body + chance.choice((b" ", b"\n", b"\0", b"}"))))


def another_bit(one: Genuine, chance: Random) -> Genuine | None:
    if one.sign is None:
        return None
    body = bytearray(one.body)
    body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    return one.saying(bytes(body))


def another_body(one: Genuine, chance: Random) -> Genuine | None:
    if one.sign is None:
        return None
    at = chance.randrange(len(one.body))
    more = chance.randbytes(chance.randint(1, 40))
    return one.saying(chance.choice((one.body[:at], one.body + more, more + one.body)))


def not_readable(one: Genuine, chance: Random) -> Genuine | None:
    """Proven, but no JSON."""
    if "form" in one.headers.get("Content-Type", ""):
        return None
    at = chance.randrange(len(one.body))
    odd = (one.body[:at], one.body[:at] + b"\xff" + one.body[at:], b"[" * 5_000, b"\0", b" ")
    body = chance.choice(odd)
    made = one.saying(body)
    return made.showing(one.sign(body)) if one.sign else made


def compressed(one: Genuine, chance: Random) -> Genuine:
    """Proven as it is sent, but it must not be inflated."""
    body = gzip.compress(one.body)
    made = replace(one, body=body, headers={**one.headers, "Content-Encoding": "gzip"})
    return made.showing(one.sign(body)) if one.sign else made


def another_time(one: Genuine, chance: Random) -> Genuine | None:
    """Of Slack: a time that was not signed, or one that was, and is not now."""
    name = "X-Slack-Request-Timestamp"
    if name not in one.headers:
        return None
    now = int(one.headers[name])
    if chance.random() < 0.5:
        odd = chance.choice((f"0{now}", f"+{now}", f"{now}.0", f"{now + 1}", f"{now}e0", "", "-1"))
        return replace(one, headers={**one.headers, name: odd})
    old = f"{now + chance.choice((-1, 1)) * chance.randint(400, 10**9)}"
    made = replace(one, headers={**one.headers, name: old})
    return made.showing("v0=" + _hmac(one.secret, f"v0:{old}:")(one.body))


def another_door(one: Genuine, chance: Random) -> Genuine | None:
    """A hook's proof at what is not its door."""
    if not one.path.startswith("/hooks/"):
        return None
    _, _, source, hook = one.path.split("/")
    at = chance.randrange(len(hook))
    letter = chance.choice("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".replace(hook[at].upper(), ""))
    other = chance.choice([each for each in SOURCES if each != source])
    return replace(
        one,
        path=chance.choice(
            (
                f"/hooks/{source}/{hook[:at]}{letter}{hook[at + 1 :]}",
                f"/hooks/{source}/{hook[:at]}",
                f"/hooks/{other}/{hook}",
                f"/hooks/{source}/{hook}/",
                f"/hooks/{source}//{hook}",
                f"/hooks/{source.upper()}/{hook}",
                f"/hooks/{source}/{hook}%00",
                "/github/webhook",
                "/slack/events",
            )
        ),
    )


def elsewhere(one: Genuine, chance: Random) -> Genuine | None:
    """The right proof where nobody looks for it."""
    value, bare = one.headers[one.proof], no_proof(one, chance)
    where = chance.choice(("query", "cookie", "basic", "name", "body"))
    if where == "query":
        source = one.path.split("/")[2] if one.path.startswith("/hooks/") else ""
        if source and SOURCES[source].SECRET_IN_URL:
            return None
        shown = urlencode({"secret": one.secret, one.proof: value})
        return replace(bare, path=f"{one.path}?{shown}")
    if where == "body":
        return bare.saying(json.dumps({one.proof: value, "secret": one.secret}).encode())
    name, told = {
        "cookie": ("Cookie", f"{one.proof}={value}; secret={one.secret}"),
        "basic": ("Authorization", f"Basic {one.secret}"),
        "name": (f"X-{one.proof}", value),
    }[where]
    return replace(bare, headers={**bare.headers, name: told})


def another_method(one: Genuine, chance: Random) -> Genuine:
    return replace(one, method=chance.choice(("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "post")))


def smuggled(one: Genuine, chance: Random) -> Genuine:
    """Proven, but it is not clear where it ends."""
    size = len(one.body)
    framing, colon = chance.choice(
        (
            ((f"Content-Length: {size}", f"Content-Length: {size + 1}"), ":"),
            ((f"Content-Length: {size}", "Transfer-Encoding: chunked"), ":"),
            (("Transfer-Encoding: xchunked", f"Content-Length: {size}"), ":"),
            ((f"Content-Length: -{size}",), ":"),
            ((f"Content-Length: +{size}",), ":"),
            ((f"Content-Length: {size:#x}",), ":"),
            ((f"Content-Length: {size}",), " :"),
        )
    )
    return replace(one, framing=framing, colon=colon)


def _shown(one: Genuine) -> str:
    """What proves it, without the word before."""
    return (
        one.headers[one.proof].removeprefix("Bearer ").removeprefix("sha256=").removeprefix("v0=")
    )


def _unless_same(one: Genuine, value: str) -> Genuine | None:
    """HTTP drops the space around a value, and so may who reads it."""
    return None if value.strip() == one.headers[one.proof] else one.showing(value)


MUTATIONS: tuple[Mutation, ...] = (
    no_proof,
    another_letter,
    shorter,
    longer,
    swapped_case,
    another_secret,
    another_algorithm,
    proof_of_another_body,
    another_bit,
    another_body,
    not_readable,
    compressed,
    another_time,
    another_door,
    elsewhere,
    another_method,
    smuggled,
)
