"""What every source on the roster must hold, checked against real payloads of its vendor.

They are in ``tests/payloads`` as ``<source>_*.json``, and in the shared folder.
"""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from bot.domain.errors import BadPayload, BadSignature
from bot.domain.models import Draft
from bot.sources import SOURCES, Source

RECEIVED = datetime(2026, 11, 21, 12, tzinfo=UTC)
OURS = Path(__file__).parent.parent / "payloads"


def read(source: Source, payload: object) -> list[Draft] | str:
    """The drafts, or what BadPayload says; anything else fails the test."""
    try:
        return source.parse(payload, {}, RECEIVED)
    except BadPayload as error:
        return str(error)


def prove(source: Source, headers: dict[str, str], secret: str) -> None:
    proof = source.prove(headers, secret)
    proof.update(b"{}")
    proof.finish()


def check(source: Source, payload: object) -> list[Draft]:
    found = read(source, copy.deepcopy(payload))
    assert found == read(source, payload), "parsing again gives something else"
    if isinstance(found, str):
        assert found
        assert "\n" not in found
        return []
    for draft in found:
        assert draft.source == source.NAME
        assert draft.title.strip()
        assert "\n" not in draft.title
        assert draft.title != draft.key
        assert draft.url == "" or draft.url.startswith(("https://", "http://"))
        assert draft.occurred_at <= RECEIVED
        assert Draft.model_validate_json(draft.model_dump_json()) == draft
        draft.model_dump_json().encode()
    keys = [(draft.key, draft.event) for draft in found]
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
    told = "github-webhooks/payloads" if name == "github" else f"alerts/{name}"
    paths = [*OURS.glob(f"{name}*.json"), *(shared / "conformance" / told).glob("*.json")]
    return (json.loads(path.read_text()) for path in sorted(paths))


@pytest.mark.parametrize("name", SOURCES)
def test_it_says_what_it_is(name: str) -> None:
    source = SOURCES[name]
    assert name == source.NAME
    assert source.LABEL
    assert source.KIND in ("tracker", "alert", "feedback")


@pytest.mark.parametrize("name", SOURCES)
def test_real_payloads_are_read(name: str, shared: Path) -> None:
    assert [draft for told in _payloads(shared, name) for draft in check(SOURCES[name], told)]


@pytest.mark.parametrize("name", SOURCES)
def test_payloads_with_holes_are_read_or_refused(name: str, shared: Path) -> None:
    chance = random.Random(7)
    for payload in _payloads(shared, name):
        for _ in range(30):
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
        "X-Hub-Signature-256": f"sha256={signature}",
        "X-Soulcaster-Token": "",
        "Authorization": "Bearer ",
    }
    with pytest.raises(BadSignature):
        prove(SOURCES[name], signed, "")
