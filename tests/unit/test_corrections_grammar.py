"""The verbs that correct, as people write them and as buttons say them."""

from __future__ import annotations

import pytest

from bot.domain.commands.command import Command
from bot.domain.commands.grammar import parse, sentence
from bot.domain.commands.references import ClusterRef, IssueRef, ItemRef
from bot.domain.errors import NotUnderstood
from workers.commands.verbs import ROSTER, regroup


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("dup #123", regroup.Dup(of=(IssueRef(123),))),
        ("dup I-5 C-3", regroup.Dup(of=(ItemRef(5), ClusterRef(3)))),
        ("not-dup C-3", regroup.NotDup(of=(ClusterRef(3),))),
        (
            "merge C-31 C–40 into C-12",
            regroup.Merge(clusters=(ClusterRef(31), ClusterRef(40)), into=ClusterRef(12)),
        ),
        (
            "merge C-31 —confirm",
            regroup.Merge(clusters=(ClusterRef(31),), confirm=True),
        ),
        (
            "merge C-31 into C-12 --confirm --preview=a77f868653",
            regroup.Merge(
                clusters=(ClusterRef(31),),
                into=ClusterRef(12),
                confirm=True,
                preview="a77f868653",
            ),
        ),
        ("split I-1 I-2", regroup.Split(items=(ItemRef(1), ItemRef(2)))),
        ("split --by release", regroup.Split(by="release")),
        ("split C-12 --by=auto", regroup.Split(cluster=ClusterRef(12), by="auto")),
        ("move I-345 to new", regroup.Move(item=ItemRef(345), to="new")),
        ("move I-345 to C-12", regroup.Move(item=ItemRef(345), to=ClusterRef(12))),
        ("undo", regroup.Undo()),
        ("undo 7", regroup.Undo(operation=7)),
        ("undo #7", regroup.Undo(operation=IssueRef(7))),
        ("history C-12 --page=2", regroup.ShowHistory(about=ClusterRef(12), page=2)),
    ],
)
def test_a_line_is_a_correction(line: str, command: Command) -> None:
    assert parse(line, ROSTER) == command
    assert parse(sentence(command), ROSTER) == command


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("dup", "dup wants an issue or a feedback item or a cluster"),
        ("dup #1 #2 #3", "at most 2 items"),
        ("merge C-31 into", "into wants a cluster"),
        ("move I-345", 'move wants "to"'),
        ("split --by=colour", "--by wants one of source, release, auto"),
        ("undo yesterday", "undo wants"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(line: str, message: str) -> None:
    with pytest.raises(NotUnderstood) as raised:
        parse(line, ROSTER)
    assert message in str(raised.value)


@pytest.mark.parametrize("command", ROSTER, ids=lambda command: command.verb)
def test_every_example_is_a_command(command: type[Command]) -> None:
    for line in command.examples:
        assert type(parse(line, ROSTER)) is command
