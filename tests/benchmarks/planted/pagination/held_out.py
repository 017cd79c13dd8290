import pytest
from paging import page, page_count


@pytest.mark.parametrize(
    ("total", "per_page", "pages"), [(20, 10, 2), (21, 10, 3), (7, 1, 7), (8, 3, 3), (9, 3, 3)]
)
def test_page_count(total, per_page, pages):
    assert page_count(total, per_page) == pages


def test_beyond_the_end():
    assert page(list(range(20)), 9) == list(range(10, 20))
