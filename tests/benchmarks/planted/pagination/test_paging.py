import pytest
from paging import page, page_count


@pytest.mark.parametrize(
    ("total", "per_page", "pages"), [(1, 10, 1), (10, 10, 1), (11, 10, 2), (0, 5, 1)]
)
def test_page_count(total, per_page, pages):
    assert page_count(total, per_page) == pages


def test_page():
    assert page(list(range(25)), 3) == [20, 21, 22, 23, 24]


def test_bad():
    with pytest.raises(ValueError):
        page_count(3, 0)
