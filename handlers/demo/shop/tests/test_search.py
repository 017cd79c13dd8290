from shop.catalog import Product
from shop.search import search, slugify, unique_slug


def test_slugs_are_plain():
    assert slugify("Grüne Tasse, 0.3 l") == "gruene-tasse-0-3-l"
    assert slugify("Salt & Pepper") == "salt-and-pepper"
    assert slugify("Café Crème") == "cafe-creme"
    assert slugify("one two three", limit=9) == "one-two"


def test_slugs_are_unique():
    assert unique_slug("Mug", ["mug", "mug-2"]) == "mug-3"
    assert unique_slug("!!!", []) == "product"


def test_words_in_names_count_more():
    lamp = Product("L", "Lamp", 100, description="for your desk")
    desk = Product("D", "Desk", 100)
    assert search([lamp, desk], "desk") == [desk, lamp]


def test_every_word_must_be_found(catalog, mug):
    assert search(catalog, "blue MUG") == [mug]
    assert search(catalog, "blue pen") == []
    assert search(catalog, "") == []
