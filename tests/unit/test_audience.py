"""Who may read what, and that every record that bears text says it."""

import importlib
import json
import pkgutil
from datetime import datetime
from itertools import product

import pytest
from factories_cards import tally_of
from pydantic import ValidationError

import bot.domain
import bot.storage
from bot.domain.audience import Audience, combined, may_read
from bot.domain.cards.card import Card
from bot.domain.cards.views.cluster import ClusterView
from bot.domain.fixes.run import Case
from bot.domain.models import Cluster, Item, Project, Record, Sentence, Worded
from bot.domain.rooms import Room, readers_in

NOW = "2026-11-28T10:00:00Z"
PRIVATE = Project(id=1, installation=1, full_name="acme/shop", private=True)
PUBLIC = PRIVATE.model_copy(update={"private": False})

# Records with text that is somebody's words, but that never stand alone: what holds them says it.
PARTS = {
    "Action", "AgentFile", "AgentLimits", "BugReport", "Case", "Change", "Choice", "Cited",
    "ClusterChange", "Code",
    "Comparison", "Comparisons", "Entry", "Fact", "Failing", "Finding", "Frame", "Judgement",
    "Link", "OnGitHub", "OwnAgent", "Part", "Patch", "Preformatted", "Proof", "Quotation",
    "Ran", "Reason", "Remark",
    "Reply", "Reproduction", "Row", "RunStep", "Said", "Section", "Sections", "Sentence", "Step",
    "Strong", "Trial", "Triggers", "Typed", "Wait",
}  # fmt: skip
# Answers of a model on their way to a record that says it.
ANSWERS = {
    *("AnswerDraft", "Answered", "Count", "Drafted", "FactsDraft", "FormAnswer"),
    *("Page", "SummaryDraft", "WebAnswer", "WrittenTest"),
}
# Names, numbers and settings of ours; a person's public login; an id of a vendor's.
NO_WORDS = {
    "Account", "Because", "Caps", "ClusterJob", "Download", "Embedded", "Event", "Hook", "Import",
    "Likely", "Logged", "LookBack",
    "Near", "Needs", "Operation", "OwnKey", "Pause", "Person", "Place", "Poll", "Project", "Rules",
    "Spent", "Standing", "StateChange", "Stats", "Story", "TestPlan", "Token",
    "Version", "Wanted", "Watch",
}  # fmt: skip


def _records() -> list[type[Record]]:
    for room in (bot.domain, bot.storage):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)
    found: list[type[Record]] = []
    waiting: list[type[Record]] = [Record]
    while waiting:
        for each in waiting.pop().__subclasses__():
            found.append(each)
            waiting.append(each)
    return [each for each in found if each.__module__.startswith(("bot.domain", "bot.storage"))]


@pytest.mark.parametrize("record", _records(), ids=lambda each: each.__name__)
def test_every_record_that_bears_text_says_who_may_read_it(record: type[Record]) -> None:
    long_name = f"{record.__module__.rsplit('.', 1)[1]}.{record.__name__}"
    if record is Worded or {record.__name__, long_name} & (PARTS | ANSWERS | NO_WORDS):
        return
    assert issubclass(record, Worded), f"{record.__name__} has no audience and is on no list"
    assert record.model_fields["audience"].is_required()


def test_a_card_says_it_too() -> None:
    assert Card.model_fields["audience"].is_required()


@pytest.mark.parametrize(("one", "other"), [*product(Audience, Audience)])
def test_what_is_made_of_two_is_for_those_who_may_read_each(one: Audience, other: Audience) -> None:
    made = combined(one, other)
    for readers in Audience:
        assert may_read(readers, made) == (may_read(readers, one) and may_read(readers, other))


@pytest.mark.parametrize(
    ("project", "room", "readers"),
    [
        (PUBLIC, Room(own=True), Audience.TEAM),
        (PRIVATE, Room(own=True), Audience.TEAM),
        (PUBLIC, Room(own=True, shared=True), Audience.PROJECT),
        (PRIVATE, Room(own=True, shared=True), Audience.PUBLIC),
        (PUBLIC, Room(), Audience.PUBLIC),
        (PRIVATE, Room(), Audience.PUBLIC),
    ],
)
def test_who_reads_in_a_channel(project: Project, room: Room, readers: Audience) -> None:
    assert readers_in(project, room) is readers


def test_a_record_that_does_not_say_who_may_read_it_is_not_read() -> None:
    old = {"number": 3, "title": "A private title", "created_at": NOW, "updated_at": NOW}
    for told in ({}, {"audience": "everybody"}):
        with pytest.raises(ValidationError):
            Cluster.read(json.dumps({**old, **told}))


def item(number: int, audience: Audience) -> Item:
    return Item(
        audience=audience, number=number, source="github", key=f"k{number}", event="e",
        title=f"title {number}", occurred_at=NOW, created_at=NOW, updated_at=NOW,
    )  # fmt: skip


def test_a_cluster_shows_its_readers_what_they_may_read() -> None:
    items = (item(1, Audience.PROJECT), item(2, Audience.TEAM))
    said = [Sentence(text=f"of {numbers}", items=numbers) for numbers in [(1,), (2,), (1, 2)]]
    cluster = Cluster(
        audience=Audience.TEAM, number=1, title="title 2", summary=tuple(said),
        severity_reasons=("title 2",), created_at=NOW, updated_at=NOW,
    )  # fmt: skip

    def seen(readers: Audience) -> ClusterView:
        now = datetime.fromisoformat(NOW)
        return ClusterView(cluster, items, tally_of(items), now, readers)

    assert seen(Audience.TEAM).cluster == cluster
    assert seen(Audience.TEAM).shown == list(items)
    public = seen(Audience.PROJECT)
    assert (public.shown, public.hidden) == ([items[0]], 1)
    assert (public.cluster.title, public.cluster.summary) == ("title 1", (said[0],))
    assert public.cluster.severity_reasons == ()


def test_a_run_shows_its_readers_what_they_may_read() -> None:
    cluster = Cluster(
        audience=Audience.TEAM, number=1, title="title 2", created_at=NOW, updated_at=NOW
    )
    case = Case(cluster=cluster, items=(item(1, Audience.PROJECT), item(2, Audience.TEAM)))
    assert [each.number for each in case.shown(Audience.TEAM)] == [1, 2]
    assert [each.number for each in case.shown(Audience.PROJECT)] == [1]
    assert case.hidden(Audience.PROJECT) == 1
    assert case.named(Audience.TEAM).title == "title 2"
    assert case.named(Audience.PROJECT).title == "title 1"
