"""The pure parts of the GitHub simulator."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.simulators.github.commits import Signed, commit_text, parse_commit
from bot.simulators.github.diffs import places
from bot.simulators.github.errors import GitHubError
from bot.simulators.github.limits import Limits, Meter
from bot.simulators.github.person.checkboxes import tick

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANA = Signed("Ana", "ana@example.com", NOON)


@pytest.mark.parametrize("by_github", [True, False])
@pytest.mark.parametrize("message", ["one", "one\n\ntwo\n\ntree x\n", ""])
def test_a_commit_is_read_as_it_was_written(message: str, by_github: bool):
    text = commit_text("a" * 40, ["b" * 40, "c" * 40], ANA, ANA, message, by_github=by_github)
    read = parse_commit("d" * 40, text)
    assert (read.tree, read.parents) == ("a" * 40, ("b" * 40, "c" * 40))
    assert (read.author, read.committer, read.message) == (ANA, ANA, message)
    assert read.verified is by_github


def test_a_signed_commit_that_was_changed_is_not_verified():
    text = commit_text("a" * 40, [], ANA, ANA, "pay 10", by_github=True)
    changed = parse_commit("d" * 40, text.replace(b"pay 10", b"pay 99"))
    assert changed.signature
    assert not changed.verified


def test_a_name_cannot_break_out_of_its_line():
    rogue = Signed("x\nparent y", "a>b\n", NOON)
    text = commit_text("a" * 40, [], rogue, ANA, "m", by_github=False)
    assert parse_commit("d" * 40, text).parents == ()


@pytest.mark.parametrize(
    ("body", "index", "checked", "after"),
    [
        ("- [ ] a\n- [ ] b", 1, True, "- [ ] a\n- [x] b"),
        ("- [X] a", 0, False, "- [ ] a"),
        ("1. [ ] a\n   * [ ] b", 1, True, "1. [ ] a\n   * [x] b"),
        ("> - [ ] quoted", 0, True, "> - [x] quoted"),
        ("```\n- [ ] code\n```\n- [ ] a", 0, True, "```\n- [ ] code\n```\n- [x] a"),
        ("~~~~\n- [ ] code\n~~~\n~~~~\n+ [ ] a", 0, True, "~~~~\n- [ ] code\n~~~\n~~~~\n+ [x] a"),
        ("-[ ] no\n- [] no\n- [ ]no\n- [ ] a", 0, True, "-[ ] no\n- [] no\n- [ ]no\n- [x] a"),
    ],
)
def test_a_box_is_ticked_and_nothing_else(body: str, index: int, checked: bool, after: str):
    assert tick(body, index, checked=checked) == after


def test_there_is_no_box_beyond_the_last():
    with pytest.raises(GitHubError):
        tick("- [ ] a", 1, checked=True)


def test_lines_of_a_patch_are_found_on_their_side():
    patch = "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n@@ -10 +10,2 @@ def f\n x\n+y\n\\ No newline"
    found = [(one.side, one.line, one.position) for one in places(patch)]
    assert found == [
        ("RIGHT", 1, 1),
        ("LEFT", 2, 2),
        ("RIGHT", 2, 3),
        ("RIGHT", 3, 4),
        ("RIGHT", 10, 6),
        ("RIGHT", 11, 7),
    ]
    assert places(patch)[5].hunk == "@@ -10 +10,2 @@ def f\n x\n+y"


def test_points_are_counted_by_the_minute():
    meter = Meter(Limits(points_per_minute=11), "installation ID 1")
    count = {"content": False}
    meter.count(NOON, write=True, **count)
    meter.count(NOON, write=True, **count)
    meter.count(NOON, write=False, **count)
    with pytest.raises(GitHubError) as refused:
        meter.count(NOON + timedelta(seconds=20), write=False, **count)
    assert refused.value.headers == {"Retry-After": "40"}
    meter.count(NOON + timedelta(seconds=60), write=True, **count)
