"""One line to one command, and back."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import factories_commands as verbs
import pytest
from factories_commands import ROSTER
from hypothesis import given, reject
from hypothesis import strategies as st
from properties import examples
from pydantic import ValidationError
from steps import growth

from bot.domain.commands.command import REST, TEXT, Command
from bot.domain.commands.fields import fields
from bot.domain.commands.grammar import Roster, parse, project_in, sentence
from bot.domain.commands.references import (
    AgentRef,
    ClusterRef,
    Duration,
    FactRef,
    IssueRef,
    ItemRef,
    RunRef,
    SubredditRef,
    UserRef,
    VersionRef,
)
from bot.domain.commands.usage import explanation, summary, usage
from bot.domain.errors import NotUnderstood
from bot.domain.models import ClusterState
from workers.commands.verbs import ROSTER as VERBS

HALF_AN_HOUR = Duration(1_800)
# The product's verbs, and a small roster with every kind of field.
ROSTERS = [pytest.param(VERBS, id="verbs"), pytest.param(ROSTER, id="kinds")]


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("help", verbs.Help()),
        ("h fix", verbs.Help(about="fix")),
        ("/soulcaster help", verbs.Help()),
        ("/SC Help", verbs.Help()),
        ("@soulcaster[bot]: help", verbs.Help()),
        ("@Soulcaster, st", verbs.Status()),
        ("status f-7", verbs.Status(of=RunRef(7))),
        ("status C–12", verbs.Status(of=ClusterRef(12))),
        ("FIX c-12", verbs.Fix(cluster=ClusterRef(12))),
        ("fix --timeout=30m", verbs.Fix(timeout=HALF_AN_HOUR)),
        ("fix --timeout 30m C-12", verbs.Fix(cluster=ClusterRef(12), timeout=HALF_AN_HOUR)),
        ("fix —timeout 30m", verbs.Fix(timeout=HALF_AN_HOUR)),
        ("fix –timeout=30M", verbs.Fix(timeout=HALF_AN_HOUR)),
        ("fix --DRY_run", verbs.Fix(dry_run=True)),
        ("fix --dry-run=no", verbs.Fix()),
        ("fix --agent ~Search --base=main", verbs.Fix(agent=AgentRef("search"), base="main")),
        ("fix -- only  touch --this “parser”", verbs.Fix(steer="only  touch --this “parser”")),
        ("fix C-1 — mind the gap", verbs.Fix(cluster=ClusterRef(1), steer="mind the gap")),
        ("fix --base “release 2”", verbs.Fix(base="release 2")),
        ("fix --base='it''s'", verbs.Fix(base="it''s")),
        ("similar --limit 7 --closed=off", verbs.Similar(limit=7, closed=False)),
        ("ls --sort COUNT --label a --label=b", verbs.Clusters(sort="count", label=("a", "b"))),
        ("dup acme/shop#7", verbs.Dup(of=IssueRef(7, "acme/shop"))),
        ("dup https://github.com/a/b/pull/9#x", verbs.Dup(of=IssueRef(9, "a/b"))),
        ("not-dup #7", verbs.NotDup(of=IssueRef(7))),
        (
            "merge C-31 C-40 into C-12",
            verbs.Merge(clusters=(ClusterRef(31), ClusterRef(40)), into=ClusterRef(12)),
        ),
        ("merge C-31", verbs.Merge(clusters=(ClusterRef(31),))),
        ("move I-3 to NEW", verbs.Move(item=ItemRef(3), to="new")),
        ("move I-3 --to C-9", verbs.Move(item=ItemRef(3), to=ClusterRef(9))),
        ("snooze 1h30m", verbs.Snooze(span=Duration(5_400))),
        ("snooze until 50 events", verbs.Snooze(until=50)),
        ("snooze until 50", verbs.Snooze(until=50)),
        (
            "sev C-1 s2 -- blocks",
            verbs.SetSeverity(severity="S2", cluster=ClusterRef(1), reason="blocks"),
        ),
        ("assign <@U0AB|ana>", verbs.Assign(who=UserRef(slack_user="U0AB"))),
        ("assign @ana C-2", verbs.Assign(who=UserRef("ana"), cluster=ClusterRef(2))),
        ("diff v1 V3", verbs.Diff(one=VersionRef(1), other=VersionRef(3))),
        ('feedback "it\'s broken" --title=Cart', verbs.Feedback(text="it's broken", title="Cart")),
        ("report total is -- wrong", verbs.Feedback(text="total is -- wrong")),
        ("ask why does --timeout “fail”?", verbs.Ask(question="why does --timeout “fail”?")),
        ("ask don't we --", verbs.Ask(question="don't we --")),
        ("ask -- C-12?", verbs.Ask(question="C-12?")),
        (r'remember "a \"b\" \\ c"', verbs.Remember(fact='a "b" \\ c')),
        (
            "remember „so ist es“ --ttl 90d",
            verbs.Remember(fact="so ist es", ttl=Duration(7_776_000)),
        ),
        ("fix C\u200b-12\u202c", verbs.Fix(cluster=ClusterRef(12))),
        ("please fix this", verbs.Fix()),
        ("can we fix this please", verbs.Fix()),
        ("@soulcaster, can you please fix C-12 now?", verbs.Fix(cluster=ClusterRef(12))),
        ("fix\u00a0C-12\u00a0dry run", verbs.Fix(cluster=ClusterRef(12), dry_run=True)),
        ("／sc fix C-12", verbs.Fix(cluster=ClusterRef(12))),
        ("snooze 3 days", verbs.Snooze(span=Duration(259_200))),
        ("snooze for 2weeks", verbs.Snooze(span=Duration(1_209_600))),
        ("fix --timeout 30 minutes C-1", verbs.Fix(cluster=ClusterRef(1), timeout=HALF_AN_HOUR)),
        ("assign C-7 sam", verbs.Assign(who=UserRef("sam"), cluster=ClusterRef(7))),
        ("assign this to @sam", verbs.Assign(who=UserRef("sam"))),
        ("dup 45", verbs.Dup(of=IssueRef(45))),
        ("ls recent", verbs.Clusters(sort="recent")),
        ("ask can you wait 3 days", verbs.Ask(question="can you wait 3 days")),
    ],
)
def test_a_line_is_a_command(line: str, command: Command) -> None:
    assert parse(line, ROSTER) == command
    assert parse(sentence(command), ROSTER) == command


@pytest.mark.parametrize(
    ("line", "named", "rest"),
    [
        ("/soulcaster acme/api status C-3", "acme/api", "status C-3"),
        ("acme/api  fix C-3 --timeout=5m", "acme/api", "fix C-3 --timeout=5m"),
        ("/sc status acme/api C-3", "acme/api", "status C-3"),
        ("diff a-b/c.d v1 v3", "a-b/c.d", "diff v1 v3"),
        ("why acme/api I–345", "acme/api", "why I–345"),
        # What only looks like one.
        ("acme/api", "", "acme/api"),
        ("feedback and/or is wrong", "", "feedback and/or is wrong"),
        ("dup acme/api#3", "", "dup acme/api#3"),
        ("steer look at src/x.py C-3", "", "steer look at src/x.py C-3"),
        ("", "", ""),
    ],
)
def test_a_line_may_name_its_repository(line: str, named: str, rest: str) -> None:
    assert project_in(line) == (named, rest)
    if named:
        assert parse(line, verbs_of_ours()) == parse(rest, verbs_of_ours())


def test_what_people_say_of_the_life_of_a_problem() -> None:
    fixed = parse("resolve --fixed-in=#45", VERBS)
    for line in ("fixed in 45", "resolve fixed in #45", "resolve it --fixed-in 45"):
        assert parse(line, VERBS) == fixed
    assert parse("fixed", VERBS) == parse("resolve", VERBS)
    assert parse("ignore C-12 as spam", VERBS) == parse("ignore C-12 --reason=spam", VERBS)
    with pytest.raises(NotUnderstood, match="snooze wants a duration"):
        parse("snooze C-12 soon", VERBS)


def verbs_of_ours() -> tuple[type[Command], ...]:
    from workers.commands.verbs import ROSTER as OURS

    return OURS


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "Say what to do. Example: /soulcaster help"),
        ("/soulcaster", "Say what to do. Example: /soulcaster help"),
        ("fx", 'I don\'t know "fx". Did you mean fix?'),
        ("statsu", 'I don\'t know "statsu". Did you mean status?'),
        ("we will fix this", 'I don\'t know "we". What I know: /soulcaster help'),
        ("just now we fix it", 'I don\'t know "just". Did you mean status?'),
        ("zzzzzz", 'I don\'t know "zzzzzz". What I know: /soulcaster help'),
        ("fix --timeout soon", '--timeout wants a duration, got "soon". Example: --timeout=30m'),
        ("fix --timeout=0s", '--timeout wants a duration, got "0s". Example: --timeout=30m'),
        ("fix --timeout", "--timeout wants a duration. Example: --timeout=30m"),
        ("fix --timeout --dry-run", "--timeout wants a duration. Example: --timeout=30m"),
        ("fix --timout=1h", 'fix has no option "--timout". Did you mean --timeout?'),
        (
            "ls --qq",
            'clusters has no option "--qq". '
            "Usage: clusters [--sort recent|count|severity] [--label <label>]",
        ),
        ("fix --base=a --base=b", '"--base=b" comes on top: base is given twice.'),
        ("fix everything", 'fix wants a cluster, got "everything". Example: fix C-12'),
        ("fix C-1 C-2", 'fix doesn\'t know what to do with "C-2". Usage: '),
        ("ls --sort=cuont", '--sort wants one of recent, count, severity, got "cuont". Did you'),
        ("help -- more", "help takes no text after --. Usage: help [<about>]"),
        ("dup", "dup wants an issue. Example: dup #123"),
        ("dup C-1", 'dup wants an issue, got "C-1". Example: dup #123'),
        ("merge C-1 into", "into wants a cluster. Example: merge C-31 into C-12"),
        ("merge C-1 into it", 'into wants a cluster, got "it". Example: merge C-31 into C-12'),
        ("move I-1", 'move wants "to" and a cluster or new. Example: move I-345 to C-12'),
        ("similar --limit 51", "--limit wants at most 50, got 51. Usage: similar"),
        ("similar --limit 0", "--limit wants at least 1, got 0. Usage: similar"),
        ("similar --limit -1", '--limit wants a number, got "-1". Example: --limit=5'),
        ('remember "open', 'The quote that begins ""open" is never closed.'),
        ("remember", "remember wants text. Example: "),
        ("ask", "ask wants text. Example: ask why do exports fail?"),
        ("sev S9", '"S9" is no severity: S1 to S4. Example: severity S2'),
        ("snooze soon", 'snooze wants a duration, got "soon". Example: snooze 3d'),
        ("assign C-1 C-2", 'assign wants a person, got "C-2". Example: assign @ana'),
        ("fix " + "x" * 100, 'fix wants a cluster, got "' + "x" * 39 + '…". Example: fix C-12'),
        ("x" * 30_000, "That line is longer than 20,000 characters."),
    ],
)
def test_what_is_wrong_is_said_in_one_line(line: str, message: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        parse(line, ROSTER)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


_TEXT = st.text(
    st.characters(blacklist_categories=("Cs", "Cf"), blacklist_characters="\x00"), max_size=20
).map(str.strip)
_NUMBERS = st.integers(1, 999_999_999)
_NAMES = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9-]{0,20}\Z")
_VALUES: dict[Any, st.SearchStrategy[Any]] = {
    str: _TEXT,
    int: st.integers(1, 50),
    bool: st.booleans(),
    ClusterRef: st.builds(ClusterRef, _NUMBERS),
    ItemRef: st.builds(ItemRef, _NUMBERS),
    RunRef: st.builds(RunRef, _NUMBERS),
    VersionRef: st.builds(VersionRef, _NUMBERS),
    FactRef: st.builds(FactRef, _NUMBERS),
    IssueRef: st.builds(IssueRef, _NUMBERS, st.sampled_from(["", "acme/shop.io"])),
    UserRef: st.builds(UserRef, _NAMES) | st.just(UserRef(slack_user="U0AB")),
    AgentRef: st.builds(AgentRef, _NAMES.map(str.lower)),
    SubredditRef: st.builds(SubredditRef, st.from_regex(r"\A[a-z0-9_]{2,21}\Z")),
    ClusterState: st.sampled_from(ClusterState),
    Duration: st.builds(Duration, st.integers(1, 3_000_000_000)),
}


def _value(annotation: Any) -> st.SearchStrategy[Any]:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return st.one_of(st.none() if arg is NoneType else _value(arg) for arg in args)
    if origin is Literal:
        return st.sampled_from(args)
    if origin is Annotated:
        return _value(args[0])
    if origin is tuple:
        return st.lists(_value(args[0]), min_size=1, max_size=3).map(tuple)
    return _VALUES[annotation]


@st.composite
def _commands(draw: st.DrawFn, roster: Roster) -> Command:
    command_type = draw(st.sampled_from(roster))
    values = {}
    for name, info in command_type.model_fields.items():
        value = draw(_value(info.annotation))
        needed = info.is_required() and (TEXT in info.metadata or REST in info.metadata)
        values[name] = value or "x" if needed else value
    try:
        return command_type(**values)
    except ValidationError:
        reject()  # it asks for more than the types of its fields


@examples(500)
@given(data=st.data())
@pytest.mark.parametrize("roster", ROSTERS)
def test_a_sentence_is_read_back_as_its_command(roster: Roster, data: st.DataObject) -> None:
    command = data.draw(_commands(roster))
    assert parse(sentence(command), roster) == command
    assert parse(f"/soulcaster {sentence(command)}", roster) == command


_PIECES = st.sampled_from(
    [*"-=~@—“'\\\"\x00\u200b", "fix", "ask", "merge", "into", "C-1", "--", "#1"]
)
_OPTIONS = st.sampled_from(["--timeout", "--timeout=", "--dry-run=", "snooze", "events"])


def _refusal(line: str) -> str:
    """What parse says of a line, nothing when it understands."""
    try:
        parse(line, ROSTER)
    except NotUnderstood as error:
        return str(error)
    return ""


@examples(1_000)
@given(st.lists(_PIECES | _OPTIONS | st.text(max_size=5), max_size=15).map(" ".join) | st.text())
def test_nothing_but_not_understood_is_raised(line: str) -> None:
    said = _refusal(line)
    assert "\n" not in said
    assert len(said) < 400


@pytest.mark.parametrize(
    ("verb", "part"),
    [
        ("fix -- ", "a "),
        ("ask ", "'a "),
        ("ask ", '"'),
        ("fix ", "--timeout "),
        ("ask ", "—"),
        ("feedback ", "\\"),
        ("", "x"),
        ("fix ", "1w"),
    ],
)
def test_a_long_line_takes_no_more_than_its_length(verb: str, part: str) -> None:
    def read(size: int) -> None:
        assert len(_refusal(verb + part * (size // len(part)))) < 400

    assert growth(read, 4_000) < 2.5
    read(10_000)


def test_help_is_made_from_the_records() -> None:
    assert usage(verbs.Fix) == (
        "fix [C-12] [--agent ~mechanic] [--base <base>] [--timeout 30m] [--dry-run] [-- steer]"
    )
    assert usage(verbs.Merge) == "merge C-12 … [into C-12]"
    assert usage(verbs.Snooze) == "snooze [30m] [until 5 events]"
    assert usage(verbs.SetSeverity) == "severity S1|S2|S3|S4 [C-12] [-- reason]"
    assert usage(verbs.Ask) == "ask <question>"
    assert summary(verbs.Fix) == "Start a fix run, or add a note to the one that runs."
    assert explanation(verbs.Fix) == "The run works in a sandbox."


@pytest.mark.parametrize(
    ("command_type", "roster"), [(each, roster) for roster in (ROSTER, VERBS) for each in roster]
)
def test_every_example_is_understood(command_type: type[Command], roster: Roster) -> None:
    assert command_type.examples
    for line in command_type.examples:
        assert isinstance(parse(line, roster), command_type)


def test_a_class_the_grammar_cannot_read_is_refused() -> None:
    class Odd(Command):
        """Odd."""

        verb = "odd"
        amount: float

    class TwoTexts(Command):
        """Two."""

        verb = "two"
        one: Annotated[str, TEXT] = ""
        other: Annotated[str, REST] = ""

    with pytest.raises(TypeError, match="no word is read as"):
        fields(Odd)
    with pytest.raises(TypeError, match="two fields for free text"):
        fields(TwoTexts)
