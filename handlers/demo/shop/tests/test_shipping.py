import pytest

from shop.shipping import CannotShip, missing_for_free_shipping, parcels, shipping_cost


def test_the_rate_depends_on_weight_and_country():
    assert shipping_cost(1000, "DE", 2000) == 490
    assert shipping_cost(1000, "DE", 2001) == 790
    assert shipping_cost(1000, "AT", 500) == 990


def test_large_orders_ship_for_free():
    assert shipping_cost(4999, "DE") == 490
    assert shipping_cost(6000, "DE") == 0
    assert shipping_cost(6000, "DE", express=True) == 1290


def test_what_is_missing_for_free_shipping():
    assert missing_for_free_shipping(4200) == 800
    assert missing_for_free_shipping(7000) == 0


def test_we_do_not_ship_everywhere():
    with pytest.raises(CannotShip, match="US"):
        shipping_cost(1000, "US")


def test_parcels_are_filled_heaviest_first():
    assert parcels([10_000, 25_000, 6_000, 12_000]) == [[25_000, 6_000], [12_000, 10_000]]
    assert parcels([]) == []
