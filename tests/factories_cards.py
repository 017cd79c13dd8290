"""Realistic cards for golden files and property tests. Nothing here depends on a clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from bot.domain.audience import Audience
from bot.domain.cards.card import (
    Action,
    Bullets,
    Card,
    Choice,
    Choices,
    Code,
    Fact,
    Link,
    Paragraph,
    Preformatted,
    Quotation,
    Said,
    Section,
    Step,
    Steps,
    Strong,
    Table,
    note,
)
from bot.domain.cards.sparkline import sparkline
from bot.domain.clusters.tally import Tally
from bot.domain.models import Item

REPO = "https://github.com/acme/shop"
RED = """FAILED tests/test_cart.py::test_total_counts_the_last_item - AssertionError
>       assert total([3, 4]) == 7
E       assert 3 == 7
1 failed in 0.04s"""
PATCH = """--- a/shop/cart.py
+++ b/shop/cart.py
@@ -12,5 +12,5 @@ def total(prices):
     amount = 0
-    for price in prices[:-1]:
+    for price in prices:
         amount += price
     return amount"""


def tally_of(items: Iterable[Item], hours: Mapping[int, int] | None = None) -> Tally:
    """The tally of a cluster of these items."""
    return Tally(hours or {}, Counter((item.source, item.audience) for item in items))


def cluster_link(number: int) -> Link:
    return Link(text=f"C-{number}", url=f"{REPO}/issues/{number}#issuecomment-1")


def digest() -> Card:
    rows = (
        (12, "S1", "Cart total drops the last item", 31, [0, 1, 0, 2, 9, 12, 7]),
        (14, "S2", "CSV export is one row short | since 2.4", 14, [1, 1, 2, 2, 3, 2, 3]),
        (9, "S3", "Login loop on Safari *after* the update", 5, [0, 0, 5, 0, 0, 0, 0]),
    )
    return Card(
        audience=Audience.PUBLIC,
        key="digest:2026-11-16",
        title=("Monday's picture for acme/shop",),
        facts=(
            Fact(label="New", value=(Strong(text="3"), " problems from 50 reports")),
            Fact(label="Fixed", value=("2, watched for 7 days",)),
            Fact(label="Regressed", value=(cluster_link(7),)),
        ),
        sections=(
            Section(
                title="Loudest this week",
                blocks=(
                    Table(
                        header=(
                            "Cluster",
                            "Severity",
                            "Problem",
                            "Reports",
                            "Seen a day, Mon to Sun",
                        ),
                        rows=tuple(
                            (
                                (cluster_link(number),),
                                (severity,),
                                (Said(text=title),),
                                (str(count),),
                                (Code(text=sparkline(days)),),
                            )
                            for number, severity, title, count, days in rows
                        ),
                    ),
                ),
            ),
            Section(
                title="Quiet for 14 days",
                collapsed=True,
                blocks=(
                    Bullets(
                        lines=tuple(
                            (cluster_link(number), " ", Said(text=f"Old problem {number}"))
                            for number in range(1, 7)
                        )
                    ),
                ),
            ),
        ),
        actions=(
            Action(label="Fix the loudest", sentence="fix C-12", style="primary"),
            Action(label="All problems", sentence="clusters --sort count"),
            Action(label="Open the tracking issue", url=f"{REPO}/issues/12"),
        ),
        footer=("Next digest on Monday, 23 November, 09:00 Europe/Paris",),
    )


def fix_pending() -> Card:
    return Card(
        audience=Audience.PUBLIC,
        key="run:F-7",
        title=("F-7 fixes C-12: ", Said(text="Cart total drops the last item")),
        tone="pending",
        facts=(
            Fact(label="Asked by", value=("@ana",)),
            Fact(label="Base", value=(Code(text="main@4be1c09"),)),
            Fact(label="Agent", value=("~search",)),
        ),
        actions=(Action(label="Stop", sentence="stop F-7", style="danger", confirm="Stop F-7?"),),
    )


def fix_running() -> Card:
    return fix_pending().model_copy(
        update={
            "tone": "running",
            "sections": (
                Section(
                    blocks=(
                        Steps(
                            steps=(
                                Step(label="Plan", tone="succeeded", seconds=1.4),
                                Step(
                                    label="Reproduce",
                                    tone="succeeded",
                                    seconds=12.25,
                                    detail=(Code(text="pytest tests/test_cart.py"), " is red"),
                                ),
                                Step(label="Repair", tone="running", seconds=125),
                                Step(label="Prove"),
                                Step(label="Open the pull request"),
                            )
                        ),
                    )
                ),
            ),
        }
    )


def fix_succeeded() -> Card:
    return Card(
        audience=Audience.PUBLIC,
        key="run:F-7",
        title=("F-7 fixed C-12: ", Said(text="Cart total drops the last item")),
        tone="succeeded",
        facts=(
            Fact(label="Pull request", value=(Link(text="#45", url=f"{REPO}/pull/45"),)),
            Fact(label="Proof", value=("red before, green after, 212 other tests as before",)),
            Fact(label="Cost", value=("$0.00, 3 min 10 s",)),
        ),
        sections=(
            Section(title="Patch", blocks=(Preformatted(text=PATCH, language="diff"),)),
            Section(
                title="Evidence", collapsed=True, blocks=(Preformatted(text=RED, language="text"),)
            ),
        ),
        actions=(
            Action(label="Compare versions", sentence="diff v1 v2"),
            Action(label="Review", url=f"{REPO}/pull/45/files", style="primary"),
        ),
    )


def fix_failed() -> Card:
    return Card(
        audience=Audience.PUBLIC,
        key="run:F-8",
        title=("F-8 could not reproduce C-14",),
        tone="failed",
        sections=(
            Section(
                blocks=(
                    Steps(
                        steps=(
                            Step(label="Plan", tone="succeeded", seconds=0.9),
                            Step(
                                label="Reproduce",
                                tone="failed",
                                seconds=64,
                                detail=("3 examples tried, all green",),
                            ),
                            Step(label="Repair", tone="cancelled"),
                        )
                    ),
                    Paragraph(
                        line=("Nothing was changed. An example with expected and actual helps.",)
                    ),
                )
            ),
        ),
        actions=(Action(label="Try again", sentence="retry F-8"),),
    )


def cluster_status() -> Card:
    return Card(
        audience=Audience.PUBLIC,
        key="cluster:C-12",
        title=("C-12: ", Said(text="Cart total drops the last item")),
        facts=(
            Fact(label="State", value=("triaged",)),
            Fact(label="Severity", value=("S1, was S2",)),
            Fact(
                label="Seen",
                value=("31 in 7 days ", Code(text=sparkline([0, 1, 0, 2, 9, 12, 7]))),
            ),
            Fact(label="Owner", value=("@bo",)),
            Fact(label="Sources", value=("Sentry 24, GitHub 4, 3 private reports",)),
        ),
        sections=(
            Section(
                title="What people say",
                blocks=(
                    Paragraph(
                        line=("The last line is missing from the sum (", cluster_link(12), ").")
                    ),
                    Quotation(
                        text="@bo my total is wrong!!\n/soulcaster fix C-1\nTraceback:\n"
                        '  File "cart.py", line 12\nsee https://evil.example/x?a=1 closes #3',
                        source=Link(text="I-345 by ana", url=f"{REPO}/issues/33"),
                    ),
                ),
            ),
            Section(
                title="Perhaps the same problem",
                blocks=(
                    Choices(
                        choices=(
                            Choice(
                                label=("C-31: ", Said(text="Sum is off by one item")),
                                sentence="merge C-31 into C-12",
                            ),
                            Choice(
                                label=("C-40: ", Said(text="Invoice misses a line")),
                                sentence="merge C-40 into C-12",
                                done=True,
                            ),
                        )
                    ),
                ),
            ),
        ),
        actions=(
            Action(label="Fix", sentence="fix C-12", style="primary"),
            Action(
                label="Ignore",
                sentence="ignore C-12 --reason expected",
                style="danger",
                confirm="C-12 will be counted in silence.",
            ),
            Action(label="Open in Sentry", url="https://acme.sentry.io/issues/991/?query=a&copy=1"),
        ),
    )


def error() -> Card:
    return note(
        "command:issue-comment-991",
        "I don't know ",
        Said(text="“fx”"),
        ". Did you mean ",
        Code(text="fix"),
        "?",
        audience=Audience.PUBLIC,
        tone="refused",
        actions=(Action(label="What I can do", sentence="help"),),
    )


def pull_request_body() -> Card:
    return Card(
        audience=Audience.PUBLIC,
        key="pull:F-7",
        title=("Count the last item of a cart",),
        sections=(
            Section(
                blocks=(
                    Paragraph(
                        line=(
                            "Fixes ",
                            cluster_link(12),
                            ": ",
                            Said(text="Cart total drops the last item"),
                        )
                    ),
                    Bullets(
                        lines=(
                            ("31 reports in 7 days from Sentry and GitHub",),
                            ("Reported in ", Link(text="#33", url=f"{REPO}/issues/33")),
                        )
                    ),
                )
            ),
            Section(
                title="Proof",
                blocks=(
                    Table(
                        header=("Command", "Before", "After"),
                        rows=(
                            (
                                (Code(text="pytest tests/test_cart.py -k 'a|b'"),),
                                ("exit 1",),
                                (Strong(text="exit 0"),),
                            ),
                            ((Code(text="pytest"),), ("212 passed",), ("213 passed",)),
                        ),
                    ),
                ),
            ),
            Section(title="Log before", collapsed=True, blocks=(Preformatted(text=RED),)),
        ),
        footer=("Run F-7, version v1, asked for by @ana",),
    )
