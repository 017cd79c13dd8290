import pytest

from shop.tax import NoTaxRate, refund, vat, vat_by_rate, vat_rate, with_vat, without_vat


def test_rates():
    assert vat_rate("DE") == 19
    assert vat_rate("AT", reduced=True) == 10
    with pytest.raises(NoTaxRate):
        vat_rate("US")


def test_gross_and_net():
    assert vat(999, 19) == 190
    assert with_vat(10000, 19) == 11900
    assert without_vat(11900, 19) == 10000


def test_vat_is_summed_up_by_rate():
    assert vat_by_rate([(1000, 19), (1000, 7), (500, 19)]) == {7: 70, 19: 285}


def test_a_gift_card_is_refunded_less_the_fee():
    assert refund(5000, 0) == 5000
    assert refund(5000, 0, restocking_percent=10) == 4500
