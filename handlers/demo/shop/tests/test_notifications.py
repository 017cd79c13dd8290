from datetime import date

from shop import notifications
from shop.delivery import Window


def test_a_confirmation_names_order_and_total():
    text = notifications.order_confirmed("Ana Lima", "10042", 3439)
    assert text == "Hi Ana, thank you for your order 10042 over 34.39 EUR."


def test_a_delivery_names_its_window():
    text = notifications.delivery_announced("Ana", "10042", Window(date(2026, 3, 6), 8, 10))
    assert text == "Hi Ana, your order 10042 comes on 06.03.2026 08:00 to 10:00."


def test_a_shipped_order_names_customer_and_order():
    text = notifications.order_shipped("Ana", "10042")
    assert "Ana" in text
    assert "10042" in text
    assert text.endswith("is on its way.")


def test_products_that_are_back():
    text = notifications.back_in_stock("", ["mugs", "pens", "hats"])
    assert text == "Hi customer, mugs, pens and hats can be ordered again."
