"""The words by which a pull request closes issues, as GitHub documents them."""

import pytest

from bot.github.pulls import closed_by


@pytest.mark.parametrize(
    ("text", "issues"),
    [
        ("Fixes #7", [7]),
        ("closes: #10, resolved #11 and fix #12", [10, 11, 12]),
        ("FIXED acme/Shop#3", [3]),
        ("Resolves https://github.com/acme/shop/issues/4.", [4]),
        ("Fixes other/shop#5, see #6, prefixes #8", []),
        ("Fixes https://github.com/other/shop/issues/9", []),
        ("", []),
    ],
)
def test_the_issues_a_pull_request_closes(text: str, issues: list[int]) -> None:
    assert closed_by(text, "acme/shop") == issues
