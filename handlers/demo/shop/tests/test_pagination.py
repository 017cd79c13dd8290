import pytest

from shop.pagination import GAP, PageNotFound, page_count, page_links, paginate


def test_page_count():
    pages = [page_count(total, 10) for total in (0, 10, 15, 20, 28)]
    assert pages == [0, 1, 2, 2, 3]


def test_a_page_of_a_list():
    page = paginate(list(range(25)), 3, per_page=10)
    assert page.items == [20, 21, 22, 23, 24]
    assert page.has_previous
    assert not page.has_next


def test_an_empty_list_has_an_empty_first_page():
    page = paginate([], 1)
    assert page.items == []
    assert not page.has_next


def test_there_is_no_page_after_the_last():
    with pytest.raises(PageNotFound, match="page 4 of 3"):
        paginate(list(range(25)), 4, per_page=10)


def test_page_links():
    assert page_links(6, 12) == [1, GAP, 4, 5, 6, 7, 8, GAP, 12]
    assert page_links(1, 2) == [1, 2]
