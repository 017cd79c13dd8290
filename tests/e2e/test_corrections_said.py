"""People correct the clustering from where they are: a button, a checkbox, a word."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from e2e_kit import (
    cluster_of,
    comment,
    ended,
    issue,
    item_of_issue,
    messages,
    obey,
    open_issue,
    parked,
    replies,
    settled,
    unlike,
    whispers,
)

from bot.storage import keys
from handlers.demo.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

INES = "U07INESF01"


async def two(stage: Stage) -> tuple[int, int]:
    """Two issues that share nothing, and so have a cluster each."""
    first = await open_issue(stage, f"Coupon {unlike()} is refused", f"At the till {unlike()}.")
    other = await open_issue(stage, f"Invoice {unlike()} is blank", f"In the archive {unlike()}.")
    assert await cluster_of(stage, first) != await cluster_of(stage, other)
    return first, other


async def whispered(stage: Stage, line: str) -> Any:
    """Say a command in Slack; the whisper that answers."""
    before = len(await whispers(stage, INES))
    await stage.slacker(
        "command", user=INES, channel=stage.channel, command="/soulcaster", text=line
    )

    async def answer() -> Any:
        return (await whispers(stage, INES))[before:]

    return (await stage.wait("an answer", answer, timeout=20, every=0.05))[0]


async def press(stage: Stage, message: Any, value: str) -> None:
    await stage.slacker("press", user=INES, channel=stage.channel, ts=message["ts"], value=value)
    await settled(stage)


async def posted(stage: Stage, *words: str) -> Any:
    """The message in the channel that says all these words."""

    async def found() -> Any:
        told = [(m, json.dumps(m, ensure_ascii=False)) for m in await messages(stage)]
        return next((m for m, text in told if all(word in text for word in words)), None)

    return await stage.wait(f"a message {words!r}", found, timeout=20, every=0.05)


def values(message: Any) -> list[str]:
    """Sentences of a message's buttons."""
    return re.findall(r'"value": "([^"]+)"', json.dumps(message))


async def test_a_merge_by_a_button_in_slack_and_its_undo(stage: Stage) -> None:
    first, other = await two(stage)
    into, source = await cluster_of(stage, first), await cluster_of(stage, other)
    preview = await whispered(stage, f"merge {source} into {into}")
    assert await cluster_of(stage, other) == source, "nothing is done before it is confirmed"
    (confirm,) = [v for v in values(preview) if "--confirm" in v]
    await press(stage, preview, confirm)
    assert await cluster_of(stage, other) == into
    done = await posted(stage, "Merged", source, into)
    (undo,) = [v for v in values(done) if v.startswith("undo ")]
    await press(stage, done, undo)
    assert await cluster_of(stage, other) == source
    assert {(await issue(stage, n))["state"] for n in (first, other)} == {"open"}
    assert await parked(stage) == {}


async def test_three_that_may_be_one_are_asked_about_once_and_remembered_either_way(
    stage: Stage,
) -> None:
    issues = [await open_issue(stage, f"{unlike()} is blank", f"Seen {unlike()}.") for _ in "123"]
    items = [(await item_of_issue(stage, n)).number for n in issues]
    before = [await cluster_of(stage, n) for n in issues]
    alike = keys.alike((await stage.project()).id)
    # What the clustering writes when it is likely but not sure: no text gives that score for sure.
    pairs = {f"{later},{items[0]}": 0.4 for later in items[1:]}
    await stage.context.redis.zadd(alike, pairs | {f"{items[2]},{items[1]}": 0.2})

    question = await whispered(stage, "merge --suggest")
    assert "These three look like one problem" in json.dumps(question)
    (confirm,) = [v for v in values(question) if v.startswith("merge ")]
    (other,) = [v for v in values(question) if v.startswith("not-dup ")]
    await press(stage, question, confirm)
    assert {await cluster_of(stage, n) for n in issues} == {before[0]}, "one press makes them one"
    assert "0 groups" in json.dumps(await whispered(stage, "merge --suggest"))

    done = await posted(stage, "Merged", before[1], before[2])
    (undo,) = [v for v in values(done) if v.startswith("undo ")]
    await press(stage, done, undo)
    assert [await cluster_of(stage, n) for n in issues] == before, "and one undo takes it back"
    assert "These three" in json.dumps(await whispered(stage, "clusters --sort=recent"))

    await press(stage, question, other)
    assert "0 groups" in json.dumps(await whispered(stage, "merge --suggest"))
    await press(stage, question, confirm)
    assert [await cluster_of(stage, n) for n in issues] == before, "what was said since is asked"
    said = await posted(stage, "No two of")
    await press(stage, said, next(v for v in values(said) if v.startswith("undo ")))
    assert not (await stage.context.operations.links((await stage.project()).id)).cannot


async def test_an_undo_takes_back_what_was_said_before_it_though_that_had_to_wait(
    stage: Stage,
) -> None:
    first, other = await two(stage)
    source = await cluster_of(stage, other)
    busy = {"status": 403, "headers": {"retry-after": "12"}, "body": {"message": "too fast"}}
    stage.github.faults.add({"match": {"path": "/permission"}, "times": 1, **busy})
    dup = await comment(stage, other, f"/soulcaster dup #{first}")

    async def refused() -> bool:
        return not stage.github.faults.waiting

    await stage.wait("a refusal", refused, timeout=20, every=0.05)
    undo = await comment(stage, other, "/soulcaster undo")
    assert [await ended(stage, other, said) for said in (dup, undo)] == ["rocket"] * 2
    assert await cluster_of(stage, other) == source
    *_, done, undone = await stage.context.operations.log((await stage.project()).id)
    assert undone.operation.undoes == done.operation.number
    assert await parked(stage) == {}


async def ticked(stage: Stage, number: int, comment: int, index: int) -> str:
    """Tick a box of our comment on an issue; what the comment says when that has been obeyed."""
    await stage.person(
        "/checkbox", login="ines-ferreira", comment=comment, index=index, checked=True
    )
    await settled(stage)
    (body,) = [c["body"] for c in await replies(stage, number) if c["id"] == comment]
    return str(body)


async def card(stage: Stage, number: int, words: str) -> Any:
    """Our one comment on an issue that says these words."""
    (found,) = [c for c in await replies(stage, number) if words in c["body"]]
    return found


async def test_a_split_by_a_checkbox_on_github_and_its_undo(stage: Stage) -> None:
    first, other = await two(stage)
    into = await cluster_of(stage, first)
    assert await obey(stage, other, f"/soulcaster dup #{first}") == "done"
    assert await cluster_of(stage, other) == into
    item = await item_of_issue(stage, other)
    assert item is not None
    assert await obey(stage, other, f"/soulcaster split {item.name}") == "done"
    preview = await card(stage, other, "Split 1 report off")
    assert await cluster_of(stage, other) == into
    said = await ticked(stage, other, preview["id"], 0)
    assert "Confirm" not in said
    assert "succeeded" in said
    apart = await cluster_of(stage, other)
    assert apart != into
    assert await obey(stage, other, "/soulcaster undo") == "done"
    assert await cluster_of(stage, other) == into
    assert await obey(stage, other, f"/soulcaster status {apart}") == "done"
    assert await card(stage, other, f"soulcaster:status:{into}"), (
        "the number that was taken back leads on"
    )
    assert (await issue(stage, other))["state"] == "open"
    assert await parked(stage) == {}


async def test_a_second_command_confirms(stage: Stage) -> None:
    first, other = await two(stage)
    into = await cluster_of(stage, first)
    line = f"/soulcaster merge {await cluster_of(stage, other)} into {into}"
    assert await obey(stage, first, line) == "done"
    assert await obey(stage, first, f"{line} --confirm") == "done"
    assert await cluster_of(stage, other) == into
    assert len([c for c in await replies(stage, first) if "Merge" in c["body"]]) == 1


async def test_who_may_not_is_told(stage: Stage) -> None:
    first, other = await two(stage)
    line = f"/soulcaster dup #{first}"
    assert await obey(stage, other, line, login="pavel-novak") == "refused"
    line = f"/soulcaster not-dup #{first}"
    assert await obey(stage, other, line, login="pavel-novak") == "done", "the reporter may"
    project = await stage.project()
    assert len((await stage.context.operations.links(project.id)).cannot) == 1
