from datetime import date

import pytest

from shop.coupons import CouponRefused, UnknownCoupon, check_coupon, find_coupon


def test_a_code_is_found_in_any_case():
    assert find_coupon("spring10").percent == 10
    with pytest.raises(UnknownCoupon):
        find_coupon("NOPE")


def test_a_coupon_takes_its_percentage_off():
    assert find_coupon("FRIENDS20").discount(10000) == 2000


def test_a_coupon_has_a_minimum():
    with pytest.raises(CouponRefused, match="larger orders"):
        check_coupon(find_coupon("SPRING10"), 1999, date(2026, 3, 1))
    check_coupon(find_coupon("SPRING10"), 2000, date(2026, 3, 1))


def test_a_coupon_can_be_used_on_its_last_day():
    birthday = find_coupon("BIRTHDAY")
    check_coupon(birthday, 2000, date(2026, 6, 30))
    with pytest.raises(CouponRefused, match="ended on 30.06.2026"):
        check_coupon(birthday, 2000, date(2026, 7, 1))
