"""What tells two reports apart although they sound alike, and what they share in other words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from test_clustering_engine import feed, new_engine

from bot.domain.clusters.engine import Report
from bot.domain.clusters.engine.opposites import negated, opposed, sides_of
from bot.domain.models import Frame
from bot.domain.text import names, terms, usual

START = datetime(2026, 3, 1, tzinfo=UTC)
TRACE = "Traceback\n  File shop/coupon.py, line 12, in apply_coupon\nKeyError: 'SPRING10'"

OPPOSITES = (
    ("CSV import loses the last row", "CSV export loses the last row"),
    ("Cannot log in with a passkey", "Cannot log out with a passkey"),
    ("Crash when a photo is rotated on Android", "Crash when a photo is rotated on iOS"),
    ("Totals are wrong with a coupon", "Totals are wrong without a coupon"),
    ("Installer fails on 32-bit machines", "Installer fails on 64-bit machines"),
    ("The sidebar closes after a click", "The sidebar doesn't close after a click"),
    ("Parcel weight wrong in pounds", "Parcel weight wrong in kilograms"),
    ("Upgrade from 2.3 to 2.4 resets the settings", "Upgrade from 2.4 to 2.5 resets the settings"),
    ("Fee missing for orders over 100", "Fee missing for orders under 100"),
    ("The city is lost after the street", "The street is lost after the city"),
    ("Replace Guava's checkState by our own", "Replace Guava's checkArgument by our own"),
    ("Tune listStatus() of the client", "Tune the client's listFiles()"),
)


def said(number: int, title: str, body: str = "", source: str = "github") -> Report:
    return Report(number, source, title, body, START + timedelta(hours=number))


def others() -> list[Report]:
    """What else a small project hears."""
    return [
        said(1, "Dark mode for the dashboard", "My eyes hurt at night.", "reddit"),
        said(2, "Invoice PDF is blank", "All pages have a footer and nothing else.", "manual"),
        said(3, "Search finds no umlauts", "Müller is not found, Muller is."),
    ]


@pytest.mark.parametrize(("one", "other"), OPPOSITES)
@pytest.mark.parametrize("source", ["github", "manual"])
def test_opposites_are_never_joined_unasked(one: str, other: str, source: str) -> None:
    body = "It happens every time since the last release, on all our machines."
    pair = [said(4, one, body), said(5, other, body, source)]
    decision = feed(new_engine(), [*others(), *pair])[5]
    assert decision.action == "suggest"
    assert decision.candidates[0].item == 4
    assert decision.candidates[0].opposed


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("gccgo: unused names are not reported", "cmd/gc: unused names are not reported", True),
        (
            "cmd/gc: unused names are not reported",
            "cmd/gc: no word of names that nobody uses",
            False,
        ),
        ("Reopened: cmd/gc: names are lost", "cmd/gc: names are lost", False),
    ],
)
def test_the_same_of_another_component_is_another_problem(
    one: str, other: str, apart: bool
) -> None:
    body = "It happens every time since the last release, on all our machines."
    best = feed(new_engine(), [*others(), said(4, one, body), said(5, other, body)])[5].candidates[
        0
    ]
    assert (best.item, best.opposed) == (4, apart)


def test_an_id_is_no_word() -> None:
    pair = [
        said(n, f"Verification of blk_{n}383276859207001328 failed", source="logs") for n in (4, 5)
    ]
    assert not feed(new_engine(), [*others(), *pair])[5].candidates[0].opposed


@pytest.mark.parametrize("mate", ["CSV import loses the last row", "A row of the CSV is lost"])
def test_who_is_opposed_to_one_of_a_cluster_joins_none_of_it(mate: str) -> None:
    engine = new_engine()
    body = "With 500 lines in orders.csv the file ends at line 499, `write_rows` says nothing."
    told = said(5, "The last row of my CSV is lost", body, "manual")
    feed(engine, [*others(), said(4, mate, "It is gone."), told])
    engine.move(5, 4)
    decision = feed(engine, [said(6, "CSV export loses the last row", body, "reddit")])[6]
    assert decision.candidates[0].item == 5
    assert decision.action == ("suggest" if "import" in mate else "join")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Import is slow", "Import and export are slow"),  # both say it of import
        ("Search is slow", "Export is slow"),  # no question that both answer
        ("Login loops on iOS", "Cannot sign in on my iPhone"),
    ],
)
def test_what_is_no_opposite(ours: str, theirs: str) -> None:
    assert not opposed(sides_of(ours), np.stack([sides_of(theirs)])).any()


def test_what_denies() -> None:
    assert negated("Menu doesn't open")
    assert negated("no sound")
    assert not negated("Notes are lost")


def test_names_of_a_text_and_its_stack() -> None:
    frames = (Frame(path="shop/coupon.py", function="apply_coupon", line=12, in_app=True),)
    text = (
        "POST /api/checkout answers with 502 (code E-17) in `pay_order`, user SPRING10: ValueError"
    )
    assert names(text, frames) == [
        "apply_coupon", "coupon", "#/api/checkout", "#502", "#e-17", "pay_order", "SPRING10",
    ]  # fmt: skip


def test_a_complaint_joins_the_trace_that_names_the_same_things() -> None:
    stack = (Frame(path="shop/coupon.py", function="apply_coupon", line=12, in_app=True),)
    crash = Report(4, "sentry", "KeyError: 'SPRING10'", TRACE, START + timedelta(hours=4), stack)
    told = said(5, "Code SPRING10 refused at checkout", "KeyError in apply_coupon.", "manual")
    decision = feed(new_engine(), [*others(), crash, told])[5]
    assert (decision.action, decision.joined) == ("join", 4)
    assert "names" in dict(decision.candidates[0].parts)


def test_a_word_of_a_path_is_no_name_in_a_sentence() -> None:
    told = said(
        4, "50 is not enough", "Got charged 4.90 for shipping, then ordered more.", "reddit"
    )
    alert = said(5, "Provider: p95 of POST /charges over 9 s", source="datadog")
    assert "names" not in dict(feed(new_engine(), [*others(), told, alert])[5].candidates[0].parts)
    crash = said(6, "Timeout", "No answer to POST /charges", "sentry")
    best = feed(new_engine(), [*others(), alert, crash])[6].candidates[0]
    assert best.item == 5
    assert "names" in dict(best.parts)


def test_a_usual_word_in_common_says_less_than_a_rare_one() -> None:
    def shared(word: str) -> float:
        first = said(4, "Checkout hangs", f"Began one {word} back.", "reddit")
        second = said(5, "Photos are gone", f"Nothing since that {word}.", "manual")
        near = feed(new_engine(), [*others(), first, second])[5].candidates
        return sum(dict(one.parts).get("words", 0.0) for one in near if one.item == 4)

    assert usual()[terms("hour")[0]] > usual().get(terms("voucher")[0], 0.0)
    assert shared("hour") < shared("voucher")


def test_two_stacks_with_no_frame_in_common_stay_apart() -> None:
    def crash(number: int, path: str, function: str) -> Report:
        frames = tuple(Frame(path=path, function=f"{function}{n}", line=n) for n in (1, 2))
        when = START + timedelta(hours=number)
        return Report(number, "sentry", "NullReferenceException", "No object.", when, frames)

    pair = [crash(4, "quests.cs", "Advance"), crash(5, "guilds.cs", "Leave")]
    assert feed(new_engine(), [*others(), *pair])[5].action != "join"


def test_a_script_without_spaces_is_found_by_pairs_of_characters() -> None:
    assert terms("登录失败 API") == ["登录", "录失", "失败", "api"]
    pair = [
        said(4, "导出表格时最后一行丢失", "每次导出都会少一行数据。"),
        said(5, "导出的表格少了最后一行", "最后一行数据没有导出。", "manual"),
    ]
    assert feed(new_engine(), [*others(), *pair])[5].candidates[0].item == 4


@pytest.mark.parametrize(
    ("body", "against"),
    [
        ("Pixel 7 with Android 15.", True),
        ("An old iPad.", False),
        ("On iOS and on Android.", False),
        ("My phone is new.", False),
    ],
)
def test_another_platform_anywhere_in_the_text_speaks_against_it(body: str, against: bool) -> None:
    first = said(4, "Black page after the login", "iPhone 14, iOS 18.")
    second = said(5, "Login ends at a black page", body, "manual")
    [near, *_] = feed(new_engine(), [*others(), first, second])[5].candidates
    assert near.item == 4
    assert ("platforms" in dict(near.parts)) is against
