import pytest

from shop.pricing import bulk_price, format_amount, parse_amount, percent_off, price_range


def test_amounts_are_read():
    assert parse_amount("12") == 1200
    assert parse_amount("12.5") == 1250
    assert parse_amount(" 12,50 ") == 1250
    assert parse_amount("-0.05") == -5
    with pytest.raises(ValueError, match="not an amount"):
        parse_amount("12.345")


def test_amounts_are_written():
    assert format_amount(123450) == "1234.50 EUR"
    assert format_amount(-5) == "-0.05 EUR"


def test_percent_off():
    assert percent_off(2000, 10) == 1800
    assert percent_off(10000, 15) == 8500
    assert percent_off(2000, 0) == 2000
    assert percent_off(2000, 100) == 0
    with pytest.raises(ValueError, match="percentage"):
        percent_off(2000, 101)


def test_bulk_prices():
    prices = [bulk_price(1000, quantity) for quantity in (1, 9, 10, 49, 50, 99, 100)]
    assert prices == [1000, 1000, 950, 950, 900, 900, 850]


def test_price_ranges():
    assert price_range([]) == ""
    assert price_range([1200, 1200]) == "12.00 EUR"
    assert price_range([1500, 1200]) == "from 12.00 EUR"
