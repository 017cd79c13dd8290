"""Which labels people would give a report, and which a project's file lets us give."""

from __future__ import annotations

import pytest

from bot.domain.clusters.labels import LEAST, SEVERITIES, STATES, in_stead, likely, may_apply


def near(*labels: str, of: int = 9) -> list[list[str]]:
    """The first reports have these labels, one each; the others one that nobody shares."""
    return [*([name] for name in labels), *([f"other/{n}"] for n in range(of - len(labels)))]


def test_what_most_of_the_nearest_have_is_said_with_how_many() -> None:
    [one] = likely(near(*["area/cart"] * 7))
    assert (one.name, one.likes, one.of) == ("area/cart", 7, 9)


@pytest.mark.parametrize("likes", range(10))
def test_nothing_is_said_below_the_stated_chance(likes: int) -> None:
    found = likely(near(*["area/cart"] * likes))
    assert bool(found) == ((likes + 0.5) / 10 >= LEAST)
    assert bool(found) == (likes >= 6)


def test_few_say_nothing_and_who_has_no_label_is_not_asked() -> None:
    assert likely(near(*["bug"] * 4, of=4)) == ()
    assert likely([["bug"], [], ["bug"], [], ["bug"], [], ["bug"], []]) == ()
    assert likely([["bug"], [], *[["bug"]] * 4])[0].of == 5
    assert likely([["far"]] * 9 + [["farther"]] * 50)[0].likes == 9, "only the nearest are asked"


@pytest.mark.parametrize(
    "name",
    [
        "P1", "priority: high", "Priority/Critical", "severity:2", "s1", "status: in progress",
        "needs-triage", "needs info", "NeedsInvestigation", "duplicate", "wontfix", "won't fix",
        "stale", "good first issue", "help wanted", "soulcaster", "soulcaster: unproved",
        "team/payments", "blocked", "release-blocker", "invalid", "triage/accepted",
    ],
)  # fmt: skip
def test_what_says_how_bad_it_is_or_how_it_stands_is_never_guessed(name: str) -> None:
    assert likely([[name]] * 9) == ()
    assert [one.name for one in likely([[name, "area/ui"]] * 9)] == ["area/ui"]


def test_one_of_a_group_and_none_where_people_gave_one() -> None:
    both = [["bug", "area/cart", "area/ui"]] * 6 + [["bug", "area/cart"]] * 3
    assert [(one.name, one.likes) for one in likely(both)] == [("area/cart", 9), ("bug", 9)]
    assert [one.name for one in likely(both, ["type: feature"])] == ["area/cart"]
    assert [one.name for one in likely(both, ["Area: Tax"])] == ["bug"]
    assert likely(both, ["enhancement", "area/x"]) == ()


@pytest.mark.parametrize(
    ("labels", "name", "may"),
    [
        ({}, "bug", False),
        ({"*": "apply"}, "bug", True),
        ({"area/*": "apply"}, "Area/Cart", True),
        ({"area/*": "apply"}, "bug", False),
        ({"*": "apply", "Boom": "S1"}, "boom", False),
        ({"*": "apply", "doing": "fixing"}, "doing", False),
        ({"bug": "S1"}, "bug", False),
    ],
)
def test_the_projects_file_says_which_are_given(
    labels: dict[str, str], name: str, may: bool
) -> None:
    assert may_apply(name, labels) is may  # type: ignore[arg-type]


def test_a_label_stands_in_the_stead_of_others_of_its_kind() -> None:
    labels = {"critical": "S1", "urgent": "S1", "minor": "S3", "doing": "fixing", "ui": "apply"}
    said = ["ui", "Urgent", "doing"]
    assert in_stead(said, labels, "S1", SEVERITIES) == said  # type: ignore[arg-type]
    assert in_stead(said, labels, "S3", SEVERITIES) == ["ui", "doing", "minor"]  # type: ignore[arg-type]
    assert in_stead(said, labels, "resolved", STATES) == ["ui", "Urgent"]  # type: ignore[arg-type]
    assert in_stead(["ui"], labels, "fixing", STATES) == ["ui", "doing"]  # type: ignore[arg-type]
