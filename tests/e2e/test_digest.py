"""The digest: one message in Slack, one tracking issue, and only what may be read there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from e2e_kit import (
    BOT,
    SENDERS,
    ask,
    cluster_of,
    comment,
    ended,
    issue,
    messages,
    obey,
    open_issue,
    parked,
    person,
    replies,
    report_of,
    settled,
    unlike,
)
from forks import open_stage

from bot.domain.audience import Audience
from bot.simulators.github import Limits
from bot.sources import SOURCES
from handlers.demo.senders import send_alert
from handlers.demo.stage import ADMIN, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")
INES = "U07INESF01"


async def issues(stage: Stage) -> list[Any]:
    state = await stage.github_state()
    return list(state["repositories"][0]["issues"])


async def tracking(stage: Stage) -> Any:
    """The one open tracking issue."""
    found = [
        i
        for i in await issues(stage)
        if i["state"] == "open" and i["author"] == BOT and "soulcaster" in str(i["labels"])
    ]
    assert len(found) == 1, [i["number"] for i in found]
    return found[0]


async def digests_in_slack(stage: Stage) -> list[str]:
    return [json.dumps(m) for m in await messages(stage) if "Triage digest" in json.dumps(m)]


async def send_digest(stage: Stage) -> Any:
    """``digest now``, and wait for both."""
    before = len(await digests_in_slack(stage))
    assert "on its way" in await ask(stage, INES, "digest now")

    async def landed() -> bool:
        return len(await digests_in_slack(stage)) > before

    await stage.wait("the digest in Slack", landed, timeout=10, every=0.05)
    await settled(stage)
    return await tracking(stage)


async def test_a_preview_posts_nothing(stage: Stage) -> None:
    await open_issue(stage, f"Prices are rounded {unlike()}", "To whole euros.")
    assert "Prices are rounded" in await ask(stage, "U07LENAB05", "digest preview")
    await settled(stage)
    assert await digests_in_slack(stage) == []
    assert [i for i in await issues(stage) if i["author"] == BOT] == []


async def test_the_digest_lands_in_slack_and_in_a_tracking_issue(stage: Stage) -> None:
    number = await open_issue(stage, f"The cart forgets {unlike()}", "After a minute.")
    cluster = await cluster_of(stage, number)
    issue = await send_digest(stage)
    assert cluster in issue["body"]
    assert "The cart forgets" in issue["body"]
    [message] = await digests_in_slack(stage)
    assert cluster in message


async def test_the_second_digest_edits_the_tracking_issue_and_keeps_what_people_wrote(
    stage: Stage,
) -> None:
    first = await send_digest(stage)
    mine = f"Our notes: ask Tom. <!-- keep me -->\r\n\r\n{first['body']}\n\nAnd below, too."
    await person(stage, "PATCH", f"/issues/{first['number']}", login=ADMIN, body=mine)
    await comment(stage, first["number"], "Nice.", login="tom-beckett")
    number = await open_issue(stage, f"Vouchers expire early {unlike()}", "By a day.")
    cluster = await cluster_of(stage, number)
    posted = len(await digests_in_slack(stage))
    second = await send_digest(stage)
    assert second["number"] == first["number"]
    assert second["body"].startswith("Our notes: ask Tom. <!-- keep me -->")
    assert second["body"].rstrip().endswith("And below, too.")
    assert cluster in second["body"]
    assert second["body"].count("soulcaster:digest:end") == 1
    assert len(await digests_in_slack(stage)) == posted + 1


async def test_the_tracking_issue_follows_what_happens(stage: Stage) -> None:
    found = await send_digest(stage)
    number = await open_issue(stage, f"Stars are blue {unlike()}", "They were yellow.")
    cluster = await cluster_of(stage, number)

    async def there() -> bool:
        return cluster in (await issue(stage, found["number"]))["body"]

    await stage.wait("the new problem in the tracking issue", there, timeout=15)


async def test_a_closed_tracking_issue_stays_closed_until_the_next_digest(stage: Stage) -> None:
    first = await send_digest(stage)
    await person(stage, "PATCH", f"/issues/{first['number']}", login=ADMIN, state="closed")
    await open_issue(stage, f"Maps are empty {unlike()}", "All of them.")
    await settled(stage)
    opened = [i for i in await issues(stage) if i["author"] == BOT and i["state"] == "open"]
    assert opened == []
    second = await send_digest(stage)
    assert second["number"] != first["number"]
    assert (await issue(stage, first["number"]))["state"] == "closed"


async def test_a_deleted_tracking_issue_is_opened_again(stage: Stage) -> None:
    first = await send_digest(stage)
    await person(stage, "DELETE", f"/issues/{first['number']}", login=ADMIN)
    second = await send_digest(stage)
    assert second["number"] != first["number"]


async def test_the_schedule_is_answered_with_its_next_times(stage: Stage) -> None:
    answer = await ask(stage, INES, 'digest schedule "mon-fri 09:00 Europe/Paris"')
    assert answer.count("08:00 UTC") + answer.count("07:00 UTC") == 3
    project = await stage.project()
    assert await stage.context.digests.schedule(project.id) == "mon-fri 09:00 Europe/Paris"
    wrong = await ask(stage, INES, "digest schedule whenever you like")
    assert "digest schedule" in wrong or "Example" in wrong
    assert await stage.context.digests.schedule(project.id) == "mon-fri 09:00 Europe/Paris"
    assert "off" in await ask(stage, INES, "digest off")
    assert await stage.context.digests.schedule(project.id) == "off"


async def test_nothing_was_given_up(stage: Stage) -> None:
    await settled(stage)
    assert await parked(stage) == {}


# A public repository


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def public(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Everybody on the internet reads this repository."""
    folder = tmp_path_factory.mktemp("public")
    async with open_stage(
        folder, private=False, limits=Limits.none(), SOULCASTER_EMBEDDER="hashing"
    ) as made:
        yield made


async def test_a_public_repository_never_quotes_private_sources(public: Stage) -> None:
    secret = f"customer-{unlike()}"
    same = f"Checkout fails for everybody with a voucher {unlike()}"
    # A private report names the cluster first; a public one joins it.
    hook = public.hooks["feedback"]
    body = {"id": unlike(), "text": f"{same} says {secret}", "title": f"{same} {secret}"}
    url = f"{public.web_url}/hooks/feedback/{hook.id}"
    headers = {"Authorization": f"Bearer {hook.secret}"}
    async with public.http.post(url, json=body, headers=headers) as answer:
        assert answer.status == 202
    await settled(public)
    for source in (name for name in SENDERS if SOURCES[name].KIND == "alert"):
        report = report_of(source)
        marked = json.loads(json.dumps(report.body).replace("acme", f"acme-{secret}"))
        await send_alert(public, report.model_copy(update={"body": marked}))
    await settled(public)
    number = await open_issue(public, same, f"{same}: always.")
    project = await public.project()
    items = await public.context.items.many(project.id, range(1, 20))
    private = [i for i in items if i.audience is Audience.TEAM]
    assert private
    titles = [i.title for i in private if not i.title.startswith(same)]
    assert len(titles) >= 3
    names = sorted({f"C-{i.cluster}" for i in items})
    for name in names:
        for line in ("status", "why", "similar", "plan", "severity S2", "history", "summarize"):
            verb, _, rest = line.partition(" ")
            await obey(public, number, f"/soulcaster {verb} {name} {rest}".rstrip())
    for item in private:
        await obey(public, number, f"/soulcaster why {item.name}")
        await obey(public, number, f"/soulcaster similar {item.name}")
    for line in ("clusters --state=all", "status", "digest preview", "digest now"):
        said = await comment(public, number, f"/soulcaster {line}")
        await ended(public, number, said)
    await settled(public)
    opened = await tracking(public)
    public_words = [r["body"] for r in await replies(public, number)] + [opened["body"]]
    assert len(public_words) > 10
    for words in public_words:
        assert secret not in words, words
        for title in titles:
            assert title[:40] not in words, words
    assert "private" in opened["body"]
    # In the team's own channel they may be read.
    in_slack = "".join(await digests_in_slack(public))
    assert any(title[:20] in in_slack for title in titles)
    assert secret in await ask(public, INES, "clusters --state=all")
