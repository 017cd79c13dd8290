"""Answers, facts and a profile as people read them; and that nothing private is ever cited."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from asked import asked, history
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from bot.domain.audience import Audience, may_read
from bot.domain.cards.card import Card
from bot.domain.cards.views.answer import answer_card
from bot.domain.cards.views.memory import memory_card, profile_card
from bot.domain.memory import facts, passages, profile
from bot.domain.memory.answers import AnswerDraft, Answered, mistakes
from bot.domain.memory.conversation import Conversation, asker
from bot.domain.memory.counting import Row, Typed, coarse, rows, span, typed
from bot.domain.memory.facts import Fact, consolidated, fitting, outdated
from bot.domain.memory.passages import Chunk, is_answer, report_chunk, said, values
from bot.domain.memory.profile import Profile, Sections
from bot.domain.memory.web import Page, WebAnswer, borne_out
from bot.domain.memory.written import Cited, material
from bot.domain.models import Person
from bot.render import render_blocks, render_markdown
from bot.sources import SOURCES

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
READERS = Audience.PROJECT


def chunk(name: str, text: str, audience: Audience = READERS) -> Chunk:
    return Chunk(audience=audience, name=name, title="", text=text, at=NOW,
                 url=f"https://github.com/acme/shop/issues/{name[2:]}")  # fmt: skip


REFUND = chunk("I-3", "I paid 119 euros and got 100 back. The refund leaves out the tax.")


def test_every_question_of_the_forty_is_read_as_what_it_is():
    for each in asked()["counted"]:
        found = typed(each["ask"], NOW, SOURCES)
        assert found is not None, each["ask"]
        assert found.kind == each.get("kind", "count"), each["ask"]
        assert found.source == each.get("source", "")
    for question in (*(e["ask"] for e in asked()["answered"]), *asked()["refused"]):
        assert typed(question, NOW, SOURCES) is None, question


def test_a_month_is_the_last_one_of_that_name():
    found = typed("how many reports of login failures in October, by source?", NOW, SOURCES)
    assert found == Typed(
        words=("login", "failur"), by="source",
        since=datetime(2025, 10, 1, tzinfo=UTC), until=datetime(2025, 11, 1, tzinfo=UTC),
    )  # fmt: skip


def test_how_people_say_that_something_was_reported_is_nothing_to_look_for():
    in_march = {
        "since": datetime(2022, 3, 1, tzinfo=UTC),
        "until": datetime(2022, 4, 1, tzinfo=UTC),
    }
    before = {"until": datetime(2022, 1, 1, tzinfo=UTC)}
    for question, found in {
        "How many GitHub issues mention refunds?": Typed(words=("refund",), source="github"),
        "How many posts came from Reddit?": Typed(source="reddit"),
        "How many reports came in through the feedback form?": Typed(source="feedback"),
        "How many reports were filed in March 2022?": Typed(**in_march),
        "How many reports before 2022 mention minio?": Typed(words=("minio",), **before),
        "How many reports about refunds are there by year?": Typed(words=("refund",), by="year"),
        "How many people complained about refunds?": Typed(words=("refund",), by="author"),
        "When was S3Guard first mentioned?": Typed(kind="when", words=("s3guard",)),
        "How many map tasks may distcp use?": None,
    }.items():
        assert typed(question, NOW, SOURCES) == found, question


def test_many_weeks_are_told_in_months_and_many_months_in_years():
    first = history(NOW)[0][0]
    weeks = [
        first.model_copy(update={"occurred_at": NOW - timedelta(weeks=n)}) for n in range(0, 100, 4)
    ]
    made = coarse(Typed(kind="trend", by="week"), weeks, 24)
    assert made.by == "month"
    assert rows(made, weeks, {}, None)[0].name == "2024-04"
    assert coarse(made, weeks, 20).by == "year"
    assert coarse(Typed(by="source"), weeks, 0).by == "source"


def test_what_does_not_say_who_when_or_how_much_answers_no_such_question():
    no = {
        "Who is the release manager of Shop 3.5?": "The release of Shop 3.5 is late.",
        "When does the newsletter go out?": "The code of the newsletter is refused.",
        "When was the export broken?": "The export is broken once a file is large.",
        "How full is the disk?": "The disk is almost full",
        "How long do 50 orders take?": "All 50 orders take very long.",
        "Which provider do we use?": "Requests to the provider time out.",
        "Is the provider down?": "Is the payment provider down?",
    }
    yes = {
        "Who is the release manager of Shop 3.5?": "Ask @ana, she does the release of Shop 3.5.",
        "When does the newsletter go out?": "The newsletter goes out on Mondays.",
        "When does the export fail?": "The export fails once a file is large.",
        "When does the import fail?": "It fails when a name has a comma.",
        "When do points expire?": "Points expire four hundred days later.",
        "How full is the disk?": "The disk is 99 % full",
        "How long do 50 orders take?": "All 50 orders take 3 hours.",
        "Which provider do we use?": "Cards are charged with Stripe.",
        "Is the provider down?": "The provider is down.",
    }
    assert not any(is_answer(question, text) for question, text in no.items())
    assert all(is_answer(question, text) for question, text in yes.items())
    assert said("EUR 50.00 is 10 % of 500 €") >= {"euro", "50", "percent", "10", "500"}
    assert values("shop@1.6.0 at 1,5 and 50.00") == {"1.6.0", "1.5", "50"}


def test_a_title_is_followed_by_what_its_report_says_and_code_can_be_quoted():
    shop = report_chunk(
        history(NOW)[0][0].model_copy(
            update={
                "title": "10 % off 19.90 is wrong",
                "body": "A coupon of 10 %.\n\n`percent_off(1990, 10)` returns 1800, expected 1791.",
            }
        )
    )
    found = passages.best(passages.weigh("What should percent_off(1990, 10) return?", [shop]))
    assert "1791" in found[0].text
    disk = chunk("I-4", "Logs fill the disk: the server keeps them for ever.")
    disk = disk.model_copy(update={"title": "The disk of the image server is full"})
    told = passages.best(passages.weigh("Is the disk of the image server full?", [disk]))
    assert [one.text for one in told] == [disk.title, disk.text]


def test_a_question_about_a_time_is_answered_from_it():
    october = span("Why did the login fail in October?", NOW)
    assert october == (datetime(2025, 10, 1, tzinfo=UTC), datetime(2025, 11, 1, tzinfo=UTC))
    assert passages.within([REFUND], october) == []
    assert passages.within([REFUND], span("What broke today?", NOW)) == [REFUND]
    assert span("How is the turnover of the last month computed?", NOW) is None


def test_dates_that_are_nowhere_are_as_far_away_as_there_are_any():
    for when in ("in the last 99999999999 days", "in December 9999", "in March 0001"):
        found = typed(f"how many reports {when}?", NOW, SOURCES)
        assert found is not None
        assert found.since is not None, when
    found = typed(f"more often after version {'9' * 300}?", NOW, SOURCES)
    assert found is not None
    assert len(found.release) == 200


def test_what_is_counted_comes_part_by_part():
    items = [item for item, _ in history(NOW) if Typed(words=("coupon",)).takes(item)]
    made = rows(Typed(words=("coupon",), by="source"), items, {}, None)
    assert {row.name: row.reports for row in made} == {
        source: sum(item.source == source for item in items) for source in {i.source for i in items}
    }
    before = rows(Typed(kind="release", release="x"), items, {}, NOW + timedelta(days=1))
    assert [(row.name, row.reports) for row in before] == [("before", len(items))]


_CHUNKS = st.lists(
    st.builds(
        chunk,
        st.integers(1, 40).map("I-{}".format),
        st.sampled_from(["refund tax", "The refund leaves out the tax", "the tax is private"]),
        st.sampled_from(Audience),
    ),
    max_size=20,
)


@examples(200)
@given(_CHUNKS, st.sampled_from([Audience.PUBLIC, Audience.PROJECT, Audience.TEAM]))
def test_what_they_may_not_read_is_never_cited(chunks: list[Chunk], readers: Audience):
    kept = passages.readable(chunks, readers)
    for each in passages.best(passages.weigh("does the refund leave out the tax?", kept)):
        assert may_read(readers, each.chunk.audience)
    allowed = {each.name for each in kept if may_read(readers, each.audience)}
    for each in chunks:
        draft = AnswerDraft(answered=True, sentences=(Cited(text=each.text, of=(each.name,)),))
        assert mistakes(draft, kept) or each.name in allowed


def test_a_model_that_makes_things_up_is_told_so():
    def wrong(text: str, *of: str) -> list[str]:
        return mistakes(AnswerDraft(answered=True, sentences=(Cited(text=text, of=of),)), [REFUND])

    assert wrong("The refund leaves out the tax.", "I-3") == []
    assert wrong("The refund leaves out the tax.")
    assert wrong("The refund leaves out the tax.", "I-4")
    assert wrong("It was mended in 4.2.1.", "I-3")
    assert wrong("x" * 500, "I-3")
    assert mistakes(AnswerDraft(answered=True), [REFUND])
    assert mistakes(AnswerDraft(answered=False), [REFUND]) == []


def test_what_somebody_asked_is_theirs_under_a_new_login_and_not_of_who_has_the_old_one():
    asked = {"title": "?", "place": "gh:7", "audience": READERS, "edited_at": NOW}
    of_ana = Conversation(by="ana", by_id=7, **asked)
    assert of_ana.is_of(Person(login="ana-new", user_id=7))
    assert not of_ana.is_of(Person(login="ana", user_id=8))
    assert not Conversation(by="ana", **asked).is_of(Person(login="ana", user_id=8))
    linked_by_the_operator = Person(login="bo", slack_user="U1", slack_team="T1")
    assert Conversation(by="bo", **asked).is_of(linked_by_the_operator)
    in_slack = Person(slack_user="U1", slack_team="T1")
    assert Conversation(by=asker(in_slack), **asked).is_of(in_slack)
    assert not Conversation(by=asker(in_slack), **asked).is_of(
        Person(slack_user="U1", slack_team="T2")
    )
    assert not Conversation(by="", **asked).is_of(in_slack)


def fact(number: int, text: str, **fields: object) -> Fact:
    return Fact(audience=READERS, number=number, text=text, made_at=NOW, **fields)


def test_the_same_fact_is_one_and_of_two_values_the_newer_counts():
    old, new = fact(1, "Sessions last 30 minutes"), fact(2, "Sessions last 45 minutes")
    assert consolidated([old], [fact(0, "sessions last 30 minutes.")]) == []
    assert consolidated([old], [new]) == [new]
    assert outdated([old, new]) == {1: new}


def test_a_fact_fits_by_its_path_or_by_its_words():
    of_file = fact(1, "Amounts are in cents", by="@ana", path="src/shop/**")
    of_words = fact(2, "Refunds are gross", by="@ana")
    told = fact(3, "Refunds are gross")
    every = [of_file, of_words, told]
    assert fitting(every, "a refund is small", suspects=[]) == [of_words]
    assert fitting(every, "odd", suspects=["src/shop/tax.py"]) == [of_file]
    assert fitting(every, "odd", suspects=["src/shop/tax.py"], paths=["README.md"]) == []


CARDS: dict[str, Card] = {
    "cited": answer_card(
        Answered(
            question="Why do refunds leave out the tax?", way="The reports' own words", chunks=41,
            seconds=0.31, cited=(REFUND,),
            sentences=(Cited(text="The refund leaves out the tax. @all", of=("I-3",)),),
        ),
        readers=READERS,
    ),
    "counted": answer_card(
        Answered(
            question="How many login failures?", way="Counted", chunks=7, seconds=0.02,
            cited=(REFUND,),
            typed=Typed(words=("login", "failur"), by="source", since=NOW),
            rows=(Row(name="github", reports=5, seen=5), Row(name="sentry", reports=2, seen=40)),
        ),
        readers=READERS,
    ),
    "unknown": answer_card(
        Answered(question="Is there dark mode? <!channel>", way="gemini", chunks=12, seconds=1.2),
        readers=READERS,
    ),
    "web": answer_card(
        Answered(
            question="Which status says to retry later?", way="gemini", chunks=12, seconds=1.2,
            web=WebAnswer(
                sentences=(Cited(text="429 and 503 do. @all <!here>", of=("W-1", "W-2")),),
                pages=(
                    Page(name="W-1", title="rfc-editor.org",
                         url="https://www.rfc-editor.org/rfc/rfc9110"),
                    Page(name="W-2", title="**[me](https://evil.example)** #1",
                         url="https://github.com/acme/shop/issues/1"),
                ),
                queries=("retry later http status",), private=True,
            ),
        ),
        readers=READERS,
    ),
    "web_silent": answer_card(
        Answered(
            question="Is there dark mode?", way="gemini", chunks=12, seconds=1.2,
            web=WebAnswer(problem="Gemini answered 429 RESOURCE_EXHAUSTED; try again."),
        ),
        readers=READERS,
    ),
    "memory": memory_card(
        [
            fact(7, "Sessions last 45 minutes", by="@ana", path="src/auth/**",
                 expires_at=NOW + timedelta(days=90)),
            fact(4, "Sessions last 30 minutes", by="@bo"),
            fact(3, "Refund is too small: mended in src/shop/tax.py by #45, proved.", by="F-7",
                 url="https://github.com/acme/shop/pull/45"),
            fact(2, "The export is slow on Mondays", items=(3,)),
        ],
        4,
        {4: fact(7, "Sessions last 45 minutes")},
        now=NOW + timedelta(days=3),
        readers=READERS,
    ),
    "profile": profile_card(
        Profile(
            audience=READERS, state="complete", percent=100, author="its own words", made_at=NOW,
            problem="today's questions are used up (SOULCASTER_FACTS_BUDGET)",
            sections=Sections(
                voice=(Cited(text="Thanks, could you send the invoice's number?", of=("#3",)),),
                identity=(Cited(text="A shop for *tools* and <!here> bikes.", of=("README.md",)),),
                users=(Cited(text="The refund leaves out the tax: 9 reports", of=("C-1", "I-3")),),
                tools=(Cited(text="Its tests are run with: pytest -q", of=("pyproject.toml",)),),
            ),
        ),
        "acme/shop",
        readers=READERS,
    ),
    "profile_at_work": profile_card(
        Profile(audience=READERS, state="processing", percent=60,
                stage="a sample of its reports", made_at=NOW),
        "acme/shop",
        readers=READERS,
    ),
}  # fmt: skip


def test_they_are_read_well_in_both_markups(golden):
    for name, card in CARDS.items():
        golden(f"answer_{name}.md", render_markdown(card))
        shown = json.dumps(render_blocks(card).blocks, indent=1, ensure_ascii=False)
        golden(f"answer_{name}.blocks.json", shown + "\n")


def test_of_what_the_web_says_only_what_a_page_bears_out_is_shown():
    said = "* **Retry** after 5 s.\n\nBuy now! See x."
    pages = [("a.example", "https://a.example/1"), ("b", "javascript:alert(1)"), ("", "http://c/")]
    supports = [
        ("* **Retry** after 5 s.", [0, 0, 1, 7]),
        ("Never said.", [0]),
        ("Buy now!", [1]),
        ("See x.", [2]),
    ]
    found = borne_out(said, pages, supports, ["q"])
    assert [(each.text, each.of) for each in found.sentences] == [
        ("Retry after 5 s.", ("W-1",)), ("See x.", ("W-2",)),
    ]  # fmt: skip
    assert [page.url for page in found.pages] == ["https://a.example/1", "http://c/"]
    assert borne_out(said, pages, [], []).problem


def test_a_profile_takes_no_table_for_a_sentence_and_names_a_place_once():
    readme = "A shop for bicycles and tools.\n\n| module | what is in it |\n|---|---|\n"
    tests = "Its tests are run with: pytest -q (pyproject.toml configures pytest)"
    found = profile.extracted({"README.md": readme}, [], [], tests)
    assert [each.text for each in found.identity] == ["A shop for bicycles and tools."]
    [tools] = found.tools
    assert (tools.text, tools.of) == (
        "Its tests are run with: pytest -q", ("pyproject.toml configures pytest",)
    )  # fmt: skip


def test_what_a_model_is_asked_is_the_same_every_time(golden):
    readme = chunk("README.md", "A shop for bicycles and tools.")
    answer = chunk("#3", "Thanks, could you send the invoice's number?")
    told = material([readme, answer, REFUND], ["voice: 'x' cites nothing"])
    golden("profile_prompt.md", f"{profile.INSTRUCTIONS}\n\n{told}\n")
    golden("facts_prompt.md", f"{facts.INSTRUCTIONS}\n\n{material([REFUND])}\n")
    golden("answer_prompt.json", material([REFUND], question="Why?", asked_before=[]) + "\n")
