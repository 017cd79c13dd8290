"""Pages of a list."""


def page_count(total, per_page):
    """How many pages ``total`` entries fill; an empty list has one empty page."""
    if per_page < 1:
        raise ValueError("per_page must be positive")
    return max(1, (total + per_page) // per_page)


def page(entries, number, per_page=10):
    """Entries of page ``number``, counted from 1."""
    number = min(max(number, 1), page_count(len(entries), per_page))
    start = (number - 1) * per_page
    return entries[start : start + per_page]
