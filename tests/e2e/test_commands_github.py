"""Commands in issues and comments: heard at once, answered once, and always ended."""

from __future__ import annotations

import asyncio
import json
import re
import time
from datetime import timedelta

import pytest
import pytest_asyncio
from e2e_kit import (
    BOT,
    cluster_of,
    comment,
    deliver,
    ended,
    issue,
    item_of_issue,
    obey,
    open_issue,
    parked,
    person,
    reactions,
    replies,
    reply,
    settled,
    unlike,
)
from fix_kit import LAST_PAGE, reported

from bot.domain.models import ClusterState
from handlers.demo.stage import ADMIN, Stage
from workers.commands.verbs import ROSTER

pytestmark = pytest.mark.asyncio(loop_scope="module")

MENTION = re.compile(r"(?<![\w`])@[a-z0-9][a-z0-9-]*", re.IGNORECASE)


def mentions(body: str) -> list[str]:
    """Whom GitHub would notify: an @login outside of code."""
    without_code = re.sub(r"(`+).+?\1", "", re.sub(r"(?s)```.*?```", "", body))
    return MENTION.findall(re.sub(r"<!--.*?-->", "", without_code))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def number(stage: Stage) -> int:
    """An issue in a cluster of its own."""
    return await open_issue(
        stage, f"The last page is missing {unlike()}", "With 21 items page 2 is not shown."
    )


# A line, the key of its card, and what stands in it.
ANSWERED = [
    ("help", "help", "What you can say"),
    ("help fix", "help:fix", "draft pull request"),
    ("status", "status:{cluster}", "State"),
    ("st", "status:{cluster}", "State"),
    ("clusters", "clusters", "{cluster}"),
    ("ls --state=all --sort=recent", "clusters", "{cluster}"),
    ("why", "why:{item}", "Opened a problem of its own"),
    ("similar", "similar:{item}", "Suggestions only"),
    ("summarize", "summary:{cluster}", "From 1 report"),
    ("example", "asked:{cluster}", "Asked for an example"),
    ("digest preview", "digest-preview", "Triage digest"),
    ("plan", "plan:{cluster}", "last page is missing"),
    ("severity S2 -- shops lose orders", "life:{cluster}", "S2"),
    ("assign @tom-beckett", "life:{cluster}", "tom-beckett"),
    ("unassign", "life:{cluster}", "changed"),
    ("snooze 3d", "life:{cluster}", "snoozed"),
    ("unsnooze", "life:{cluster}", "triaged"),
    ("snooze until 50 events", "life:{cluster}", "51"),
    ("reopen", "life:{cluster}", "triaged"),
    ("ignore --reason=third-party", "life:{cluster}", "third-party"),
    ("resolve --fixed-in=#45", "life:{cluster}", "resolved"),
    ("reopen {cluster}", "life:{cluster}", "triaged"),
    ("track", "track:{cluster}", "is tracked in"),
    ("untrack {cluster}", "track:{cluster}", "track"),
    ("source list", "sources", "/hooks/sentry/"),
    ("whoami", "whoami:ines-ferreira", "admin"),
    ("digest schedule mon-fri 09:00 Europe/Paris", "digest-schedule", "mon-fri 09:00"),
    ("digest off", "digest-schedule", "off"),
    ("config show fix.max_files", "config", "soulcaster.yml:"),
    ("config validate", "config", "is right"),
    ("doctor", "doctor", "opens drafts of fixes"),
]
# These have tests of their own.
ELSEWHERE = {
    *("feedback", "dup", "not-dup", "merge", "split", "move", "undo", "history"),
    *("fix", "steer", "stop", "retry", "logs", "revise", "versions", "diff", "revert"),
    *("channel", "link", "unlink", "replay", "import", "export", "erase", "backtest", "quota"),
    *("agent", "ask", "remember", "forget", "memory", "profile", "files"),
    *("token", "recluster", "notify", "pause", "resume", "key"),
}


async def test_every_verb_has_a_line_here_or_tests_of_its_own() -> None:
    here = {line.split()[0] for line, _, _ in ANSWERED}
    assert {v.verb for v in ROSTER if not here & {v.verb, *v.aliases}} == ELSEWHERE


@pytest.mark.parametrize(("line", "key", "says"), ANSWERED)
async def test_every_verb_answers_once_and_edits_its_answer_when_repeated(
    stage: Stage, number: int, line: str, key: str, says: str
) -> None:
    item = await item_of_issue(stage, number)
    assert item is not None
    names = {"cluster": f"C-{item.cluster}", "item": item.name}
    for _ in range(2):
        assert await obey(stage, number, f"/soulcaster {line.format(**names)}") == "done"
    body = await reply(stage, number, key.format(**names))
    if says != "changed":
        assert says.format(**names) in body or "is so already" in body


async def test_feedback_says_its_cluster(stage: Stage, number: int) -> None:
    words = f"The invoice PDF is empty {unlike()}"
    line = f'/soulcaster feedback "{words}" --title="Empty invoice"'
    assert await obey(stage, number, line, login="pavel-novak") == "done"
    found = [r["body"] for r in await replies(stage, number) if "Written down" in r["body"]]
    assert len(found) == 1
    assert re.search(r"`C-\d+`", found[0])


async def test_what_clustering_again_would_change_is_said_where_it_was_asked(
    stage: Stage, number: int
) -> None:
    assert await obey(stage, number, "/soulcaster recluster --dry-run", ADMIN) == "done"

    async def said() -> bool:
        return "would move" in await reply(stage, number, "recluster:1")

    await stage.wait("the end of it", said)


async def test_eyes_come_before_the_answer(stage: Stage) -> None:
    number = await open_issue(stage, f"The footer is cut off {unlike()}", unlike())
    await settled(stage)
    kinds: list[str] = []
    async with stage.http.get(f"{stage.github_url}/_sim/stream") as stream:
        said = await comment(stage, number, "/soulcaster status")
        while kinds.count("comment") < 2:  # theirs, and our answer
            line = await stream.content.readline()
            if line.startswith(b"data: "):
                kinds.append(json.loads(line.removeprefix(b"data: "))["kind"])
        assert "eyes" in await reactions(stage, number, said)
    assert [kind for kind in kinds if kind in ("comment", "reaction")] == [
        *("comment", "reaction", "comment")
    ]
    assert await ended(stage, number, said) == "rocket"


async def test_an_unknown_verb_gets_the_nearest(stage: Stage, number: int) -> None:
    said = await comment(stage, number, "/soulcaster fx")
    assert await ended(stage, number, said) == "-1"
    assert any('"fx". Did you mean fix?' in r["body"] for r in await replies(stage, number))
    assert await obey(stage, number, "/soulcaster fix --timeout soon") == "refused"
    assert any("wants a duration" in r["body"] for r in await replies(stage, number))
    # 99 years of one of the few fixers
    assert await obey(stage, number, "/soulcaster fix --timeout=5200w") == "refused"
    assert await obey(stage, number, "/soulcaster fix --timeout=61m") == "refused"
    assert await obey(stage, number, "/soulcaster config show fix.max_fils") == "refused"
    assert any("Did you mean fix.max\\_files?" in r["body"] for r in await replies(stage, number))


async def test_phones_and_capitals_are_understood(stage: Stage, number: int) -> None:
    assert await obey(stage, number, "/Soulcaster SEVERITY s3 — it was worse") == "done"
    assert await obey(stage, number, "@soulcaster status") == "done"
    assert await obey(stage, number, "/sc st") == "done"


async def test_several_lines_are_several_commands_in_order(stage: Stage) -> None:
    number = await open_issue(stage, f"Several {unlike()}", "words")
    cluster = await cluster_of(stage, number)
    body = "\r\n".join(
        [
            "Let me see.",
            "/soulcaster severity S1",
            "/soulcaster severity S4",
            "/soulcaster severity S2",
            "/soulcaster status",
        ]
    )
    await comment(stage, number, body)

    async def answered() -> bool:
        return any(f"status:{cluster} " in r["body"] for r in await replies(stage, number))

    await stage.wait("the last answer", answered, timeout=10, every=0.05)
    assert "S2" in await reply(stage, number, f"status:{cluster}")
    assert "S4 → S2" in await reply(stage, number, f"life:{cluster}")


async def test_what_is_no_command_is_not_obeyed(stage: Stage) -> None:
    number = await open_issue(stage, f"Quiet {unlike()}", "words")
    body = """\
I ran this:

```
/soulcaster severity S1
```

    /soulcaster severity S1

> /soulcaster severity S1
and this still belongs to the quote

<!--
/soulcaster severity S1
-->

`/soulcaster severity S1` and then say /soulcaster severity S1
"""
    await comment(stage, number, body)
    stage.github.add_user("dependabot[bot]", kind="Bot")
    stage.github.set_role(stage.repository, "dependabot[bot]", "admin")
    await comment(stage, number, "/soulcaster severity S1", login="dependabot[bot]")
    await settled(stage)
    assert await replies(stage, number) == []
    assert all(c["reactions"] == {} for c in (await issue(stage, number))["comments"])


async def test_an_edited_comment_runs_only_its_new_lines(stage: Stage) -> None:
    number = await open_issue(stage, f"Edited {unlike()}", "words")
    cluster = await cluster_of(stage, number)
    said = await comment(stage, number, "/soulcaster severity S1")
    await ended(stage, number, said)
    assert await obey(stage, number, "/soulcaster severity S3") == "done"
    await person(
        stage,
        "PATCH",
        f"/comments/{said}",
        login=ADMIN,
        body="/soulcaster   severity S1\n\nand\n\n/soulcaster assign @yuki-mori",
    )
    await settled(stage)
    record = await stage.context.clusters.get((await stage.project()).id, int(cluster[2:]))
    assert (record.severity, record.owner) == ("S3", "yuki-mori")


async def test_commands_in_a_new_issue_are_obeyed(stage: Stage) -> None:
    made = await stage.person(
        "/issues",
        login=ADMIN,
        title=f"With a command {unlike()}",
        body="It breaks.\n\n/soulcaster severity S1",
    )

    async def done() -> bool:
        return BOT in (await issue(stage, made["number"]))["reactions"].get("rocket", [])

    await stage.wait("the end of the command", done, timeout=15)
    assert "S1" in await reply(
        stage, made["number"], f"life:{await cluster_of(stage, made['number'])}"
    )


async def test_who_may_not_is_refused_in_one_line_that_says_who_may(
    stage: Stage, number: int
) -> None:
    said = await comment(stage, number, "/soulcaster severity S1", login="lena-brandt")
    assert await ended(stage, number, said) == "-1"
    [body] = [r["body"] for r in await replies(stage, number) if "lena-brandt" in r["body"]]
    assert "needs triage on acme/shop to run severity (has: read)" in body
    assert "People who can:" in body
    able = {"acme", "ines-ferreira", "tom-beckett", "sam-okafor", "yuki-mori"}
    named = re.findall(r"@&#8203;([a-z-]+)", body.partition("who can:")[2])
    assert len(named) == 3
    assert set(named) <= able
    assert len(body.strip().splitlines()) == 2
    assert mentions(body) == []
    assert await obey(stage, number, "/soulcaster fix", login="sam-okafor") == "refused"
    assert await obey(stage, number, "/soulcaster digest now", login="tom-beckett") == "refused"
    assert await obey(stage, number, "/soulcaster severity S3", login="sam-okafor") == "done"


async def test_a_role_that_was_taken_away_counts_at_once(stage: Stage, number: int) -> None:
    assert await obey(stage, number, "/soulcaster severity S2", login="yuki-mori") == "done"
    stage.github.set_role(stage.repository, "yuki-mori", "read")
    assert await obey(stage, number, "/soulcaster severity S3", login="yuki-mori") == "refused"
    stage.github.set_role(stage.repository, "yuki-mori", "write")


async def tracking_issue(stage: Stage, number: int) -> int:
    """The tracking issue, opened by ``digest now``."""
    assert await obey(stage, number, "/soulcaster digest now") == "done"
    found = await stage.context.digests.tracking_issue((await stage.project()).id)
    assert found
    return found


def box(body: str, sentence: str) -> int:
    """Which box of a body stands for a sentence, counted from 0."""
    boxes = re.findall(r"(?m)^- \[[ x]\] .*<!-- soulcaster-choice: (.+?) -->", body)
    return boxes.index(sentence)


async def test_where_no_cluster_is_implied_it_asks_and_never_guesses(
    stage: Stage, number: int
) -> None:
    tracking = await tracking_issue(stage, number)
    assert await obey(stage, tracking, "/soulcaster severity S1 -- it is bad") == "refused"
    [asked] = [r for r in await replies(stage, tracking) if "Which cluster?" in r["body"]]
    offered = re.findall(r"soulcaster-choice: (severity C-\d+ S1 -- it is bad)", asked["body"])
    assert 1 <= len(offered) <= 5
    # A tick is the answer.
    index = box(asked["body"], offered[0])
    await stage.person("/checkbox", login=ADMIN, comment=asked["id"], index=index, checked=True)
    await settled(stage)
    name = offered[0].split()[1]
    record = await stage.context.clusters.get((await stage.project()).id, int(name[2:]))
    assert (record.severity, record.severity_reasons) == ("S1", ("it is bad",))


async def test_a_command_that_is_found_late_is_asked_about_not_obeyed(stage: Stage) -> None:
    number = await open_issue(stage, f"Left lying {unlike()}", "For hours.")
    cluster = await cluster_of(stage, number)
    said = await comment(stage, number, "It is still there.", ADMIN)
    await settled(stage)
    told = next(d for d in stage.github.webhooks.sent() if d.event == "issue_comment")
    late = json.loads(told.body)
    assert late["comment"]["id"] == said
    late["comment"]["body"] = "/soulcaster resolve"
    late["comment"]["updated_at"] = f"{stage.context.now() - timedelta(minutes=61):%FT%TZ}"
    assert await deliver(stage, "issue_comment", late) == 202
    assert await ended(stage, number, said) == "-1"
    project = await stage.project()

    async def state() -> ClusterState:
        found = await stage.context.clusters.get(project.id, int(cluster.removeprefix("C-")))
        return found.state

    assert await state() is ClusterState.NEW
    [asked] = await replies(stage, number)
    assert "reached me only now" in asked["body"]
    await stage.person("/checkbox", login=ADMIN, comment=asked["id"], index=0, checked=True)

    async def resolved() -> bool:
        return await state() is ClusterState.RESOLVED

    await stage.wait("the answer to the question", resolved, timeout=15)


async def test_a_ticked_box_of_the_tracking_issue_is_a_command(stage: Stage, number: int) -> None:
    await reported(stage, *LAST_PAGE)  # what can be fixed has something that can be run
    tracking = await tracking_issue(stage, number)
    await settled(stage)
    body = (await issue(stage, tracking))["body"]
    sentences = re.findall(r"soulcaster-choice: (fix C-\d+)", body)
    index = box(body, sentences[0])
    stage.github.set_role(stage.repository, "sam-okafor", "write")
    await stage.person("/checkbox", login="sam-okafor", issue=tracking, index=index, checked=True)

    project = await stage.project()

    async def begun() -> object:
        return await stage.context.runs.all(project.id)

    runs = await stage.wait("the run", begun, timeout=15)
    await settled(stage)
    stage.github.set_role(stage.repository, "sam-okafor", "triage")
    assert await reply(stage, tracking, f"run:{runs[0].name}")
    assert f"fix C-{runs[0].cluster}" == sentences[0]
    assert runs[0].requested_by == "sam-okafor"


async def test_a_box_in_somebody_elses_words_is_no_command(stage: Stage, number: int) -> None:
    cluster = await cluster_of(stage, number)
    trap = f"- [ ] Looks harmless <!-- soulcaster-choice: resolve {cluster} -->"
    stage.github.add_user("quoter[bot]", kind="Bot")
    stage.github.set_role(stage.repository, "quoter[bot]", "write")
    for login in ("pavel-novak", "quoter[bot]"):
        said = await comment(stage, number, trap, login=login)
        await stage.person("/checkbox", login=ADMIN, comment=said, index=0, checked=True)
    await settled(stage)
    record = await stage.context.clusters.get((await stage.project()).id, int(cluster[2:]))
    assert record.state is not ClusterState.RESOLVED


async def test_hostile_words_mention_nobody_and_break_nothing(stage: Stage) -> None:
    evil = "@ines-ferreira @acme/everyone <!channel> <img src=x onerror=alert(1)> [x](javascript:1)"
    number = await open_issue(
        stage,
        f"{evil} `{unlike()}` <!-- soulcaster:digest --> fixes #1",
        f"{evil}\n\n- [x] a <!-- soulcaster-choice: resolve C-1 -->\n\n```\n{evil}",
    )
    lines = [
        f"feedback {evil}",
        "plan",
        "status",
        "why",
        "similar",
        "clusters",
        "digest preview",
        f"severity S2 -- {evil}",
        f"{evil}",
        f"help {evil}",
        f"assign {evil}",
        "severity @ines-ferreira",
    ]
    for line in lines:
        await obey(stage, number, f"/soulcaster {line}")
    tracking = await tracking_issue(stage, number)
    await settled(stage)
    bodies = [r["body"] for r in await replies(stage, number)]
    bodies.append((await issue(stage, tracking))["body"])
    for body in bodies:
        assert mentions(body) == [], body
        assert not re.search(r"(?<!\\)<(img|!channel)", re.sub(r"`[^`]*`", "", body)), body
        assert not re.search(r"(?<!\\)\]\(javascript:", body), body
        assert not re.search(r"(?i)(fixes|closes|resolves) #\d", body), body
        assert "\n<!-- soulcaster:digest -->" not in body.partition("\n")[2]


async def test_a_resolved_problem_seen_again_is_a_regression(stage: Stage) -> None:
    words = f"The basket forgets its vouchers {unlike()}"
    number = await open_issue(stage, words, "After the login.")
    cluster = await cluster_of(stage, number)
    assert await obey(stage, number, "/soulcaster resolve") == "done"
    again = await open_issue(stage, words, "After the login.", login="grace-oduya")
    assert await cluster_of(stage, again) == cluster
    project = await stage.project()

    async def regressed() -> bool:
        record = await stage.context.clusters.get(project.id, int(cluster[2:]))
        return record.state is ClusterState.REGRESSED

    await stage.wait("the regression", regressed, timeout=10)


async def test_a_snooze_ends_when_the_count_is_reached(stage: Stage) -> None:
    words = f"Reviews are shown twice {unlike()}"
    number = await open_issue(stage, words, "On every product.")
    cluster = await cluster_of(stage, number)
    assert await obey(stage, number, "/soulcaster snooze until 1 events") == "done"
    project = await stage.project()
    record = await stage.context.clusters.get(project.id, int(cluster[2:]))
    assert record.state is ClusterState.SNOOZED
    again = await open_issue(stage, words, "On every product.", login="olu-adeyemi")
    assert await cluster_of(stage, again) == cluster
    await settled(stage)
    record = await stage.context.clusters.get(project.id, int(cluster[2:]))
    assert record.state is ClusterState.TRIAGED


async def test_an_answer_somebody_deleted_is_said_again(stage: Stage, number: int) -> None:
    assert await obey(stage, number, "/soulcaster help status") == "done"
    [card] = [r for r in await replies(stage, number) if "soulcaster:help:status " in r["body"]]
    await person(stage, "DELETE", f"/comments/{card['id']}", login=ADMIN)
    assert await obey(stage, number, "/soulcaster help status") == "done"
    assert await reply(stage, number, "help:status")


async def test_a_command_on_a_deleted_comment_or_issue_ends(stage: Stage) -> None:
    number = await open_issue(stage, f"Soon gone {unlike()}", "words")
    said = await comment(stage, number, "/soulcaster status")
    await person(stage, "DELETE", f"/comments/{said}", login=ADMIN)
    await comment(stage, number, "/soulcaster whoami")
    await person(stage, "DELETE", f"/issues/{number}", login=ADMIN)
    await settled(stage)
    project = await stage.project()
    assert await stage.context.commands.overdue(project.id, time.time() + 60) == []


async def test_two_at_once_make_one_card(stage: Stage) -> None:
    number = await open_issue(stage, f"Together {unlike()}", "words")
    cluster = await cluster_of(stage, number)
    await asyncio.gather(*(comment(stage, number, "/soulcaster status") for _ in range(4)))
    await settled(stage)
    assert await reply(stage, number, f"status:{cluster}")


async def test_a_command_from_a_stranger_repository_is_not_heard(stage: Stage) -> None:
    payload = {
        "action": "created",
        "issue": {"number": 1, "updated_at": "2026-11-20T10:00:00Z"},
        "comment": {
            "id": 5,
            "body": "/soulcaster fix C-1",
            "user": {"login": ADMIN},
            "updated_at": "2026-11-20T10:00:00Z",
        },
        "sender": {"login": ADMIN},
        "repository": {"id": 31337, "full_name": "evil/corp"},
        "installation": {"id": 31337},
    }
    assert await deliver(stage, "issue_comment", payload) == 202
    await settled(stage)
    assert await stage.context.redis.exists("sc:31337:commands") == 0


async def test_nothing_was_given_up(stage: Stage) -> None:
    await settled(stage)
    assert await parked(stage) == {}
