"""What people read, as files that are read in review."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import factories_cards as factories
import pytest
from checkers import load_checker
from test_problem_golden import digest

from bot.domain.cards.card import Card, Code, Link, Said
from bot.domain.cards.views.choice import LookBack, Pair
from bot.domain.cards.views.onboarding import FILE, onboarding_card
from bot.domain.models import Project
from bot.render import marker, render_blocks, render_document, render_markdown
from bot.repo_config import read_repo_config, said_in

SHOP = Project(id=1, installation=1, full_name="acme/shop", private=True)

CARDS = {
    "digest": factories.digest,
    "fix_pending": factories.fix_pending,
    "fix_running": factories.fix_running,
    "fix_succeeded": factories.fix_succeeded,
    "fix_failed": factories.fix_failed,
    "cluster_status": factories.cluster_status,
    "error": factories.error,
}


@pytest.mark.parametrize("name", CARDS)
def test_a_card_on_github(name: str, golden: Callable[[str, str], None]) -> None:
    card: Card = CARDS[name]()
    body = render_markdown(card)
    assert body.startswith(f"{marker(card.key)}\n")
    golden(f"{name}.md", body)


@pytest.mark.parametrize("name", CARDS)
def test_a_card_in_slack(
    name: str, golden: Callable[[str, str], None], check_slack: ModuleType
) -> None:
    message = render_blocks(CARDS[name]())
    assert check_slack.check_message({"text": message.text, "blocks": message.blocks}) == []
    written = json.dumps(
        {"text": message.text, "blocks": message.blocks}, indent=1, ensure_ascii=False
    )
    golden(f"{name}.blocks.json", written + "\n")


def test_a_pull_request_body(golden: Callable[[str, str], None]) -> None:
    golden("pull_request.md", render_document(factories.pull_request_body()))


def test_the_pull_request_that_asks_whether_we_may_write(
    golden: Callable[[str, str], None],
) -> None:
    told = (Code("I-1180"), " ", Link("Wrong total", "https://github.com/acme/shop/issues/1180"))
    pair = Pair(told, (Code("I-12"), " ", Said("Total is wrong")), 0.93)
    looked = LookBack(reports=1_204, problems=87, pairs=41, found=36, asked=3, unmarked=112)
    card = onboarding_card(SHOP, 1_204, 87, digest(compact=False), (looked, [pair]))
    written = render_document(card)
    golden("onboarding.md", written)
    assert "- [ ]" not in written, "nothing is obeyed before the merge"
    assert read_repo_config(FILE.encode()).mode == "act"
    assert set(said_in(FILE.encode())) >= {"mode", "digest.schedule", "cluster", "fix.enabled"}


@pytest.fixture(scope="module")
def check_slack(shared: Path) -> ModuleType:
    """Slack's published descriptions as a checker."""
    return load_checker(shared, "check_slack")
