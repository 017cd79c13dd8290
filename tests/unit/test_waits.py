"""Waits and addresses, without a clock or a socket."""

from __future__ import annotations

import pytest

from bot.domain.errors import TooMany
from handlers.doors.doors import MOST_KEPT, Waits, address_of


def wait(waits: Waits, now: float) -> float:
    """What one more wrong secret costs."""
    try:
        waits.wrong("hook 1", "1.2.3.4", now)
    except TooMany as error:
        return error.retry_after
    return 0.0


def test_a_wait_doubles_up_to_five_minutes() -> None:
    waits, now, waited = Waits(free=2), 0.0, []
    for _ in range(14):
        waited.append(wait(waits, now))
        now += waited[-1]
    assert waited == [0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_what_comes_too_early_is_refused_and_does_not_count() -> None:
    waits = Waits(free=0)
    assert wait(waits, 10.0) == 1
    assert [wait(waits, 10.25) for _ in range(5)] == [0.75] * 5
    with pytest.raises(TooMany):
        waits.check("hook 1", "1.2.3.4", 10.9)
    waits.check("hook 1", "1.2.3.4", 11.0)
    waits.check("hook 2", "1.2.3.4", 10.0)
    waits.check("hook 1", "4.3.2.1", 10.0)
    assert wait(waits, 11.0) == 2


def test_the_right_secret_ends_it() -> None:
    waits = Waits(free=1)
    assert [wait(waits, 0.0), wait(waits, 0.0)] == [0, 1]
    waits.right("hook 1", "1.2.3.4")
    assert wait(waits, 1.0) == 0


def test_only_so_many_are_remembered() -> None:
    waits = Waits(free=0)
    for number in range(MOST_KEPT + 50):
        with pytest.raises(TooMany):
            waits.wrong("hook", str(number), 0.0)
    assert len(waits) == MOST_KEPT


@pytest.mark.parametrize(
    ("forwarded", "proxies", "expected"),
    [
        ([], 0, "9.9.9.9"),
        (["1.1.1.1"], 0, "9.9.9.9"),
        (["1.1.1.1, 2.2.2.2"], 1, "2.2.2.2"),
        (["1.1.1.1", "2.2.2.2"], 1, "2.2.2.2"),
        (["1.1.1.1, 2.2.2.2"], 2, "1.1.1.1"),
        (["2.2.2.2"], 2, "9.9.9.9"),
        ([], 1, "9.9.9.9"),
        (["2001:db8:1:2:3:4:5:6"], 1, "2001:db8:1:2::/64"),
        (["::ffff:1.2.3.4"], 1, "1.2.3.4"),
        (["not:an:address"], 1, "9.9.9.9"),
    ],
)
def test_only_our_own_proxies_are_believed(
    forwarded: list[str], proxies: int, expected: str
) -> None:
    assert address_of("9.9.9.9", forwarded, proxies) == expected
