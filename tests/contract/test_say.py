"""Cards stand once in a place, whatever dies, drops or is deleted. Both simulators are real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from yarl import URL

from bot.context import Context
from bot.domain.audience import Audience
from bot.domain.cards.card import Card, note
from bot.domain.errors import Rejected, Unavailable
from bot.domain.models import Person, Place, Project
from bot.render import marker
from bot.say import hide, say, whisper, withdraw, write_issue
from bot.simulators.github import Limits
from bot.storage.cards import Standing
from handlers.demo.stage import ADMIN, Stage, open_stage
from handlers.web import serving
from workers.intake import sync

KEY = "status:C-1"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The two simulators and our context, none of our processes; one issue."""
    async with open_stage(tmp_path, processes=False, limits=Limits.none()) as made:
        installed = made.github.install("acme", repositories=[made.repository], sender=ADMIN)
        await sync.sync_installation(made.context, installed.id)
        await made.person("/issues", login=ADMIN, title="It breaks", body="Always.")
        yield made


@pytest.fixture
def ctx(stage: Stage) -> Context:
    return stage.context


@pytest.fixture
async def project(stage: Stage) -> Project:
    return await stage.project()


GITHUB = Place(issue=1)


def card(words: str = "first", key: str = KEY) -> Card:
    return note(key, words, audience=Audience.PUBLIC)


@pytest.fixture(params=["github", "slack"])
def place(request: pytest.FixtureRequest, stage: Stage) -> Place:
    return GITHUB if request.param == "github" else Place(channel=stage.channel)


async def standing(stage: Stage, place: Place) -> list[str]:
    """What our cards in this place say."""
    if place.issue is not None:
        state = await stage.github_state()
        [issue] = [i for i in state["repositories"][0]["issues"] if i["number"] == place.issue]
        return [c["body"] for c in issue["comments"] if marker(KEY) in c["body"]]
    state = await stage.slack_state()
    return [
        str(m["blocks"])
        for channel in state["channels"]
        for m in channel["messages"]
        if m.get("bot_id") and m.get("subtype") != "tombstone"
    ]


async def test_a_card_is_posted_once_and_edited_from_then_on(
    stage: Stage, ctx: Context, project: Project, place: Place
) -> None:
    first = await say(ctx, project, place, card())
    assert await say(ctx, project, place, card("second")) == first
    [words] = await standing(stage, place)
    assert "second" in words
    assert "first" not in words


async def test_what_its_readers_may_not_read_is_not_said(
    stage: Stage, ctx: Context, project: Project
) -> None:
    public = project.model_copy(update={"private": False})
    private = note(KEY, "the words of a customer", audience=Audience.TEAM)
    await say(ctx, public, GITHUB, private)
    [words] = await standing(stage, GITHUB)
    assert "customer" not in words
    assert "private" in words
    await say(ctx, project, GITHUB, private)
    [words] = await standing(stage, GITHUB)
    assert "the words of a customer" in words


SECRET = note(KEY, "the words of a customer", audience=Audience.TEAM)


async def test_a_repository_that_became_public_unheard_is_shown_nothing_private(
    stage: Stage, ctx: Context, project: Project
) -> None:
    stage.github.change_repository(stage.repository, private=False)
    assert project.private, "as far as we have heard"
    await say(ctx, project, GITHUB, SECRET)
    repo = ctx.github.repo(project)
    number = await write_issue(repo, SECRET, number=None, title="T", label="l", may_open=True)
    tracking = stage.github.world.repository(stage.repository).issues[number].body or ""
    [words] = await standing(stage, GITHUB)
    assert "customer" not in words
    assert "private" in words
    assert marker(KEY) in tracking
    assert "customer" not in tracking


async def test_where_github_does_not_say_who_reads_nothing_private_is_shown(
    stage: Stage, ctx: Context, project: Project
) -> None:
    look = {"match": {"method": "GET", "path": "^/repos/[^/]+/[^/]+$"}, "times": 100}
    stage.github.faults.add({**look, "status": 404})
    await say(ctx, project, GITHUB, SECRET)
    [words] = await standing(stage, GITHUB)
    assert "customer" not in words


async def test_github_is_asked_once_a_minute_who_reads(
    stage: Stage, ctx: Context, project: Project
) -> None:
    await say(ctx, project, GITHUB, SECRET)
    look = {"match": {"method": "GET", "path": "^/repos/[^/]+/[^/]+$"}, "times": 100}
    stage.github.faults.add({**look, "status": 404})
    await say(ctx, project, GITHUB, SECRET, asked=True)
    [words] = await standing(stage, GITHUB)
    assert "customer" in words


async def test_many_at_once_make_one_card(
    stage: Stage, ctx: Context, project: Project, place: Place
) -> None:
    said = await asyncio.gather(*(say(ctx, project, place, card(str(n))) for n in range(6)))
    assert len(set(said)) == 1
    assert len(await standing(stage, place)) == 1


async def test_two_keys_are_two_cards(
    stage: Stage, ctx: Context, project: Project, place: Place
) -> None:
    one = await say(ctx, project, place, card())
    other = await say(ctx, project, place, card(key="why:C-1"))
    assert one != other


async def test_after_a_crash_between_post_and_writing_down_it_is_found_again(
    stage: Stage, ctx: Context, project: Project, place: Place
) -> None:
    first = await say(ctx, project, place, card())
    # The process died before it could write down where it had posted.
    await ctx.cards.put(project.id, place.name, KEY, Standing(id="", checksum=""))
    assert await say(ctx, project, place, card("second")) == first
    [words] = await standing(stage, place)
    assert "second" in words


async def fail_after_the_effect(stage: Stage, place: Place, **how: Any) -> None:
    """The next post happens, and its sender never hears of it."""
    if place.issue is not None:
        fault = {"match": {"method": "POST", "path": "/comments"}, "after": True, **how}
        url = f"{stage.github_url}/_sim/faults"
    else:
        fault = {"match": {"method": "chat.postMessage"}, "after": True, **how}
        url = f"{stage.slack_url}/_sim/faults"
    async with stage.http.post(url, json=fault) as response:
        assert response.status == 200


async def test_a_post_whose_outcome_is_unknown_is_looked_for_before_it_is_repeated(
    stage: Stage, ctx: Context, project: Project, place: Place
) -> None:
    await fail_after_the_effect(stage, place, drop_connection=True)
    with pytest.raises(Unavailable):
        await say(ctx, project, place, card())
    assert len(await standing(stage, place)) == 1
    await say(ctx, project, place, card("second"))
    [words] = await standing(stage, place)
    assert "second" in words


@pytest.mark.parametrize("lags", [1, 2])
async def test_a_list_that_lags_behind_leaves_no_second_comment(
    stage: Stage, ctx: Context, project: Project, lags: int
) -> None:
    """However long: it is over when the list shows what was posted later."""
    await fail_after_the_effect(stage, GITHUB, drop_connection=True)
    with pytest.raises(Unavailable):
        await say(ctx, project, GITHUB, card())
    lag = {"match": {"method": "GET", "path": "/comments"}, "stale": 60, "times": lags}
    async with stage.http.post(f"{stage.github_url}/_sim/faults", json=lag) as response:
        assert response.status == 200
    if lags == 2:
        with pytest.raises(Unavailable, match="lags behind"):
            await say(ctx, project, GITHUB, card("second"))
        assert len(await standing(stage, GITHUB)) == 2
    await say(ctx, project, GITHUB, card("second"))
    [words] = await standing(stage, GITHUB)
    assert "second" in words


async def test_a_500_after_the_effect_makes_no_second_message(
    stage: Stage, ctx: Context, project: Project
) -> None:
    place = Place(channel=stage.channel)
    await fail_after_the_effect(stage, place, status=503)
    with pytest.raises(Unavailable):
        await say(ctx, project, place, card())
    await say(ctx, project, place, card())
    assert len(await standing(stage, place)) == 1


async def delete(stage: Stage, place: Place, identity: str) -> None:
    if place.issue is not None:
        url = f"{stage.github_url}/_sim/repos/{stage.repository}/comments/{identity}"
        async with stage.http.delete(url, json={"login": ADMIN}) as response:
            assert response.status == 204
    else:
        assert stage.context.slack is not None
        await stage.context.slack.client.chat_delete(channel=place.channel, ts=identity)


async def test_a_card_somebody_deleted_is_posted_again(
    stage: Stage, ctx: Context, project: Project, place: Place
) -> None:
    first = await say(ctx, project, place, card())
    await delete(stage, place, first)
    second = await say(ctx, project, place, card("second"))
    assert second != first
    assert len(await standing(stage, place)) == 1
    await delete(stage, place, second)
    # Nothing new to say: only who asks for it gets it again.
    assert await say(ctx, project, place, card("second")) == second
    assert await standing(stage, place) == []
    await say(ctx, project, place, card("second"), asked=True)
    assert len(await standing(stage, place)) == 1


async def asked(stage: Stage, *, body: str = "/soulcaster status") -> Place:
    """A comment that asks."""
    made = await stage.person("/issues/1/comments", login=ADMIN, body=body)
    return Place(issue=1, comment=made["id"])


async def test_an_answer_stands_below_its_question(
    stage: Stage, ctx: Context, project: Project
) -> None:
    await say(ctx, project, GITHUB, card())
    question = await asked(stage)
    there = await say(ctx, project, question, card("second"), asked=True)
    assert question.comment is not None
    assert int(there) > question.comment
    # The same question again, and what changes by itself, are edits.
    assert await say(ctx, project, question, card("third"), asked=True) == there
    await asked(stage)
    assert await say(ctx, project, GITHUB, card("fourth")) == there
    [words] = await standing(stage, GITHUB)
    assert "fourth" in words


async def test_a_move_that_broke_off_is_gone_on_with(
    stage: Stage, ctx: Context, project: Project
) -> None:
    await say(ctx, project, GITHUB, card())
    question = await asked(stage)
    await fail_after_the_effect(stage, GITHUB, drop_connection=True)
    with pytest.raises(Unavailable):
        await say(ctx, project, question, card("second"), asked=True)
    assert len(await standing(stage, GITHUB)) == 2
    await say(ctx, project, question, card("second"), asked=True)
    [words] = await standing(stage, GITHUB)
    assert "second" in words


async def test_an_edit_that_was_not_written_down_is_nobody_elses(
    stage: Stage, ctx: Context, project: Project
) -> None:
    await say(ctx, project, GITHUB, card())
    for words in ("second", "third"):
        stood = await ctx.cards.get(project.id, GITHUB.name, KEY)
        await say(ctx, project, GITHUB, card(words))
        told = await ctx.cards.get(project.id, GITHUB.name, KEY)
        assert stood
        assert told
        # As a process leaves it that dies right after the edit.
        left = stood.model_copy(update={"coming": (*stood.coming, told.words)})
        await ctx.cards.put(project.id, GITHUB.name, KEY, left)
    await say(ctx, project, GITHUB, card("fourth"))
    [body] = await standing(stage, GITHUB)
    assert "fourth" in body


async def test_a_move_that_broke_off_knows_the_edit_before_it(
    stage: Stage, ctx: Context, project: Project
) -> None:
    await say(ctx, project, GITHUB, card())
    stood = await ctx.cards.get(project.id, GITHUB.name, KEY)
    await say(ctx, project, GITHUB, card("second"))
    told = await ctx.cards.get(project.id, GITHUB.name, KEY)
    assert stood
    assert told
    left = stood.model_copy(update={"coming": (told.words,)})
    await ctx.cards.put(project.id, GITHUB.name, KEY, left)
    question = await asked(stage)
    await fail_after_the_effect(stage, GITHUB, drop_connection=True)
    with pytest.raises(Unavailable):
        await say(ctx, project, question, card("third"), asked=True)
    await say(ctx, project, question, card("third"), asked=True)
    [words] = await standing(stage, GITHUB)
    assert "third" in words


async def test_what_a_person_wrote_into_our_comment_stays(
    stage: Stage, ctx: Context, project: Project
) -> None:
    first = await say(ctx, project, GITHUB, card())
    url = f"{stage.github_url}/_sim/repos/{stage.repository}/comments/{first}"
    body = f"{marker(KEY)}\nfirst, and mine"
    async with stage.http.patch(url, json={"login": ADMIN, "body": body}) as response:
        assert response.status == 200
    second = await say(ctx, project, GITHUB, card("second"))
    assert second != first
    assert await say(ctx, project, GITHUB, card("third")) == second
    question = await asked(stage)
    await say(ctx, project, question, card("fourth"), asked=True)
    theirs, ours = await standing(stage, GITHUB)
    assert "and mine" in theirs
    assert "fourth" in ours
    # When others come to read there, it is ours to hide all the same.
    await hide(ctx, project)
    assert "mine" not in str(await standing(stage, GITHUB))


async def test_a_refusal_is_taken_away_unless_a_person_wrote_into_it(
    stage: Stage, ctx: Context, project: Project
) -> None:
    first = await say(ctx, project, GITHUB, card())
    await withdraw(ctx, project, 1, KEY, "12345")
    assert len(await standing(stage, GITHUB)) == 1
    await withdraw(ctx, project, 1, KEY, first)
    assert await standing(stage, GITHUB) == []
    await withdraw(ctx, project, 1, KEY)
    assert await say(ctx, project, GITHUB, card()) != first


async def test_our_marker_in_the_words_of_others_is_not_our_card(
    stage: Stage, ctx: Context, project: Project
) -> None:
    stage.github.add_user("quoter[bot]", kind="Bot")
    stage.github.set_role(stage.repository, "quoter[bot]", "write")
    copied = await stage.person(
        "/issues/1/comments", login="quoter[bot]", body=f"{marker(KEY)}\ncopied"
    )
    for login in ("tom-beckett", "quoter[bot]"):
        body = f"They said:\n\n{marker(KEY)}\nfirst"
        await stage.person("/issues/1/comments", login=login, body=body)
    await ctx.cards.put(project.id, GITHUB.name, KEY, Standing(id="", checksum=""))
    await say(ctx, project, GITHUB, card("mine"))
    mine = [words for words in await standing(stage, GITHUB) if words.startswith(marker(KEY))]
    assert [words == copied["body"] for words in mine] == [True, False]


async def test_where_the_issue_is_gone_it_is_refused(
    stage: Stage, ctx: Context, project: Project
) -> None:
    with pytest.raises(Rejected):
        await say(ctx, project, Place(issue=99), card())


async def test_a_whisper_whose_address_is_used_up_is_still_heard(
    stage: Stage, ctx: Context
) -> None:
    nobody = f"{stage.slack_url}/commands/T1/1/expired"
    place = Place(
        channel=stage.channel,
        response_url=nobody,
        answer_by=datetime.now(UTC) + timedelta(minutes=1),
    )
    person = Person(slack_user="U07INESF01")
    await whisper(ctx, None, place, person, card("psst"), readers=Audience.PUBLIC)
    state = await stage.slack_state()
    [heard] = [e for e in state["ephemerals"] if e["user"] == "U07INESF01"]
    assert "psst" in str(heard["blocks"])


async def response_url(stage: Stage, channel: str) -> str:
    """The address that comes with a slash command, as whoever listens for us hears it."""
    heard: list[str] = []

    async def take(request: web.Request) -> web.Response:
        heard.append(str((await request.post())["response_url"]))
        return web.Response()

    app = web.Application()
    app.router.add_post("/slack/commands", take)
    async with serving(app, "127.0.0.1", URL(stage.web_url).port or 0):
        await stage.slacker("command", user=ADMIN, channel=channel, text="x")
    return heard[0]


async def test_an_address_is_given_up_at_its_end(stage: Stage, ctx: Context) -> None:
    # Where the bot is not, that address is the only way to say anything.
    channel = stage.slack.workspace.add_channel("elsewhere", with_bot=False).id
    now = datetime.now(UTC)
    place = Place(
        channel=channel,
        response_url=await response_url(stage, channel),
        answer_by=now + timedelta(minutes=30),
    )
    who = Person(slack_user="U07INESF01")
    await whisper(ctx, None, place, who, card("psst"), readers=Audience.PUBLIC)
    assert len((await stage.slack_state())["ephemerals"]) == 1
    late = place.model_copy(update={"answer_by": now})
    with pytest.raises(Rejected, match="not_in_channel"):
        await whisper(ctx, None, late, who, card("psst"), readers=Audience.PUBLIC)
    foreign = place.model_copy(update={"response_url": "http://127.0.0.1:9/hooks.slack.com/x"})
    with pytest.raises(Rejected, match="not_in_channel"):
        await whisper(ctx, None, foreign, who, card("psst"), readers=Audience.PUBLIC)
