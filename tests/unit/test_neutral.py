"""A private report's test, rewritten so that it says nothing private."""

import re

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fixes.patch import Entry
from bot.domain.fixes.reproduction import BugReport, attempts, neutral

TREE = {
    "shop/mail.py": Entry(
        data=b'def shipped(name, order, shop="Corner"):\n    return f"Hi {order}, your {name}"\n'
    ),
    "shop/pages.py": Entry(
        data=b"def page_count(total, per_page):\n    return total // per_page\n"
    ),
    "tests/test_mail.py": Entry(data=b"def test_nothing():\n    assert True\n"),
}
PRIVATE = """\
Ticket of Ottilie Fernsby: `shop.mail.shipped("Ottilie Fernsby", "N-7731")` returns
"Hi N-7731, your Ottilie Fernsby", expected "Hi Ottilie Fernsby, your N-7731".
"""


def rewritten(body: str, *public: str) -> str:
    shown = attempts([BugReport(number=4, title="A mail", body=body)], TREE, name="C-1").tests
    assert shown
    return neutral(shown, TREE, public)[0].source


def test_what_is_private_is_another_word_of_the_same_shape() -> None:
    source = rewritten(PRIVATE)
    assert not re.search("ottilie|fernsby|7731", source, re.IGNORECASE)
    assert 'shipped("Aaaaaaa Aaaaaab", "N-1111") == "Hi Aaaaaaa Aaaaaab, your N-1111"' in source
    assert '"""As reported in I-4: shop.mail.shipped."""' in source


def test_what_the_checkout_or_a_public_report_says_stays() -> None:
    source = rewritten(PRIVATE, "I have seen it with Ottilie, too.")
    assert "Ottilie Aaaaaaa" in source
    shown = rewritten("`shop.pages.page_count(total=21, per_page=10)` returns 2, expected 3.")
    assert "page_count(total=11, per_page=12) == 3" in shown


def test_the_reason_is_rewritten_alike() -> None:
    shown = attempts([BugReport(number=4, body=PRIVATE)], TREE, name="C-1").tests
    [one] = neutral(shown, TREE, ())[:1]
    assert one.reason.actual == '"Hi N-1111, your Aaaaaaa Aaaaaab"'


@given(st.text(alphabet=st.characters(categories=("Lu", "Ll", "Nd")), min_size=4, max_size=20))
def test_no_word_of_a_private_report_is_left(canary: str) -> None:
    canary = f"q{canary}z"
    body = f"`shop.mail.shipped({canary!r}, 1)` returns 'Hi 1, your {canary}', expected {canary!r}."
    for one in neutral(
        attempts([BugReport(number=4, title=canary, body=body)], TREE, name="C-1").tests, TREE, ()
    ):
        told = one.model_dump_json().casefold()
        for word in [canary, *re.findall(r"[^\W\d_]{4,}|\d{4,}", canary)]:
            assert word.casefold() not in told


def test_a_word_of_letters_and_digits_is_one_word() -> None:
    assert "a1b2c3" not in rewritten(PRIVATE.replace("N-7731", "a1b2c3"))


def test_a_word_that_is_longer_in_capitals_is_another_word() -> None:
    body = "`shop.mail.shipped('straße', 'STRASSE')` returns 'Hi STRASSE', expected 'straße'."
    assert 'shipped("aaaaaa", "AAAAAAA")' in rewritten(body)
