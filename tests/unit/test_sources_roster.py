"""What every source on the roster must hold, checked against real payloads of its vendor.

They are in ``tests/payloads`` as ``<source>_*.json``, and in the shared folder.
"""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
import random
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from bot.domain.audience import Audience
from bot.domain.clusters.tally import Tally
from bot.domain.errors import BadPayload, BadSignature
from bot.domain.models import Draft
from bot.sources import SOURCES, Source, generic
from bot.sources.heard import Heard, Ignored, Recovery

RECEIVED = datetime(2026, 11, 21, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
OURS = ROOT / "tests/payloads"


# Where the shared folder calls a source otherwise; what is no source of its own is generic.
FOLDERS = {"github": "../github-webhooks/payloads", "cloudwatch": "cloudwatch-sns"}


def read(source: Source, payload: object) -> list[Heard] | str:
    """What is heard, or what BadPayload says; anything else fails the test."""
    # Only a generic door is told where its fields stand.
    told = {"fields": json.dumps(generic.guess(payload))} if source.NAME == "generic" else {}
    try:
        return source.parse(payload, told, RECEIVED)
    except BadPayload as error:
        return str(error)


def prove(source: Source, headers: dict[str, str], secret: str) -> None:
    proof = source.prove(headers, secret)
    proof.update(b"{}")
    proof.finish()


def check(source: Source, payload: object) -> list[Heard]:
    found = read(source, copy.deepcopy(payload))
    assert found == read(source, payload), "parsing again gives something else"
    if isinstance(found, str):
        assert found
        assert "\n" not in found
        return []
    assert found
    for told in found:
        assert isinstance(told, Draft | Recovery | Ignored)
        told.model_dump_json().encode()
        if isinstance(told, Ignored):
            assert told.why.endswith(".")
            assert "\n" not in told.why
        else:
            assert told.source == source.NAME
            assert 0 < len(told.key) <= 500
    drafts = [told for told in found if isinstance(told, Draft)]
    for draft in drafts:
        assert draft.title.strip()
        assert "\n" not in draft.title
        assert draft.title != draft.event
        assert draft.url == "" or draft.url.startswith(("https://", "http://"))
        assert draft.occurred_at <= RECEIVED
        assert Draft.model_validate_json(draft.model_dump_json()) == draft
    keys = [(draft.key, draft.event) for draft in drafts]
    assert len(set(keys)) == len(keys)
    return found


def _holes(payload: object, chance: random.Random) -> object:
    """``payload`` without a few of its fields, and with a few of another type."""
    if isinstance(payload, dict):
        return {
            name: chance.choice([None, [], {}, "x", -1, True, "\ud800\x00", 1e300])
            if chance.random() < 0.05
            else _holes(value, chance)
            for name, value in payload.items()
            if chance.random() > 0.1
        }
    if isinstance(payload, list):
        return [_holes(value, chance) for value in payload if chance.random() > 0.1]
    return payload


def _payloads(shared: Path, name: str) -> Iterator[Any]:
    alerts = shared / "conformance/alerts"
    known = {FOLDERS.get(source, source) for source in SOURCES}
    others = [each for each in sorted(alerts.iterdir()) if each.name not in known]
    folders = others if name == "generic" else [alerts / FOLDERS.get(name, name)]
    paths = [*OURS.glob(f"{name}*.json"), *(p for each in folders for p in each.glob("*.json"))]
    return (json.loads(path.read_text()) for path in sorted(paths))


def test_a_card_spells_a_source_as_its_vendor_does() -> None:
    own = {"generic": "Generic", "github": "GitHub"}
    for name, source in SOURCES.items():
        told = Tally({}, {(name, Audience.TEAM): 1}).sources
        assert told == own.get(name, source.LABEL)


@pytest.mark.parametrize("name", SOURCES)
def test_it_says_what_it_is(name: str) -> None:
    source = SOURCES[name]
    assert name == source.NAME
    assert source.LABEL
    assert source.KIND in ("tracker", "alert", "feedback")


@pytest.mark.parametrize("name", SOURCES)
def test_real_payloads_are_read(name: str, shared: Path) -> None:
    heard = [each for told in _payloads(shared, name) for each in check(SOURCES[name], told)]
    assert any(not isinstance(each, Ignored) for each in heard)


@pytest.mark.parametrize("name", SOURCES)
def test_payloads_with_holes_are_read_or_refused(name: str, shared: Path) -> None:
    chance, payloads = random.Random(7), list(_payloads(shared, name))
    for payload in payloads:
        for _ in range(min(30, 900 // len(payloads))):
            check(SOURCES[name], _holes(payload, chance))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["event", "data", "issue", "kind", "title", "text", "action", "children"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("name", SOURCES)
@examples(150)
@given(payload=_JSON)
def test_any_json_is_read_or_refused(name: str, payload: object) -> None:
    check(SOURCES[name], payload)


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize(
    ("headers", "secret"),
    [
        ({}, "s3cret"),
        ({"Authorization": "Bearer "}, "s3cret"),
        ({"authorization": "Bearer wrong", "x-soulcaster-token": "wrong"}, "s3cret"),
        ({"authorization": "Basic s3cret"}, "s3cret"),
        ({"authorization": "Basic czNjcmV0Ondyb25n"}, "s3cret"),
        ({"authorization": "Basic é"}, "s3cret"),
        ({"Authorization": "Bearer s3crét", "Sentry-Hook-Signature": "é"}, "s3cret"),
        ({"X-Soulcaster-Token": "\udce9"}, "s3cret"),
        ({"Sentry-Hook-Signature": "0" * 64, "X-Hub-Signature-256": "sha256=0"}, "s3cret"),
        ({}, ""),
        ({"X-Soulcaster-Token": "", "Authorization": "Bearer "}, ""),
    ],
)
def test_who_does_not_know_the_secret_is_refused(
    name: str, headers: dict[str, str], secret: str
) -> None:
    with pytest.raises(BadSignature):
        prove(SOURCES[name], headers, secret)


@pytest.mark.parametrize("name", SOURCES)
def test_without_a_secret_the_empty_one_opens_nothing(name: str) -> None:
    signature = hmac.new(b"", b"{}", hashlib.sha256).hexdigest()
    signed = {
        "Sentry-Hook-Signature": signature,
        "X-PagerDuty-Signature": f"v1={signature}",
        "X-Grafana-Alerting-Signature": signature,
        "X-Zendesk-Webhook-Signature": b64encode(hmac.digest(b"", b"{}", "sha256")).decode(),
        "X-Hub-Signature": f"sha1={hmac.digest(b'', b'{}', 'sha1').hex()}",
        "X-Hub-Signature-256": f"sha256={signature}",
        "X-Soulcaster-Token": "",
        "Authorization": "Bearer ",
    }
    with pytest.raises(BadSignature):
        prove(SOURCES[name], signed, "")


def test_pages_say_how_a_source_is_connected() -> None:
    pages = {page.stem: page.read_text() for page in (ROOT / "docs/sources").glob("*.md")}
    assert pages.pop("README")
    assert pages.keys() == SOURCES.keys()
    for name, page in pages.items():
        assert f"source add {name}" in page
        assert "## Check" in page
        assert f"source test {name}" in " ".join(page.split())
        assert len(page.splitlines()) <= 25
