"""What only our own loop promises: what the model sees, the limits, and its honest ends."""

from __future__ import annotations

import asyncio
from typing import Any

import gemini_server as gemini
import pytest
from agent_bench import FAILING, FIX, TASK, WRONG, Bench, bench

from bot.domain.errors import Unavailable

__all__ = ["bench"]


class TestLoop:
    async def test_what_the_model_sees(self, bench: Bench) -> None:
        bench.told.notes = ["ana: keep the signature"]
        agent = bench.loop(gemini.runs("echo seen; exit 3"), gemini.runs(FIX), gemini.done())
        worked = await bench.work(agent)
        first, second, _ = bench.server.asked
        for ours in (FAILING, TASK.suite, "tests/test_page.py", "ana: keep the signature"):
            assert ours in first.system
        data = first.texts[-1]
        for theirs in (TASK.title, TASK.plan, TASK.evidence, TASK.rules, "shop/pages.py"):
            assert theirs in data
        assert TASK.title not in first.system
        assert TASK.evidence not in first.system
        assert "$ echo seen; exit 3\nexit code 3\nseen" in second.texts[-1]
        assert worked.note == "repaired"
        assert worked.dollars == pytest.approx(3 * (1_000 * 1.5 + 100 * 9) / 1e6)

    async def test_done_is_checked(self, bench: Bench) -> None:
        agent = bench.loop(gemini.runs(WRONG), gemini.done(), gemini.says({"summary": "no idea"}))
        worked = await bench.work(agent)
        assert (worked.outcome, worked.note) == ("gave up", "no idea")
        assert "Not done, this still fails" in bench.server.asked[2].texts[-1]
        assert not await bench.is_green()

    async def test_no_patch(self, bench: Bench) -> None:
        worked = await bench.work(bench.loop(gemini.says({"summary": "cannot be repaired"})))
        assert (worked.outcome, worked.steps) == ("gave up", 1)
        assert await bench.patch() == {}

    async def test_an_edited_test_is_left_for_the_policy(self, bench: Bench) -> None:
        cheat = "printf 'def test_x():\\n    pass\\n' > tests/test_page.py"
        worked = await bench.work(bench.loop(gemini.runs(cheat), gemini.done()))
        assert worked.outcome == "done"
        assert set(await bench.patch()) == {"tests/test_page.py"}

    async def test_endless_steps_end(self, bench: Bench) -> None:
        worked = await bench.work(bench.loop(*[gemini.runs("true")] * 50), steps=4)
        assert (worked.outcome, worked.steps) == ("limit reached", 4)
        assert len(bench.server.asked) == 4
        assert "4 steps" in worked.note

    async def test_the_money_ends(self, bench: Bench) -> None:
        worked = await bench.work(bench.loop(*[gemini.runs("true")] * 50), dollars=0.006)
        assert worked.outcome == "limit reached"
        assert worked.steps == 2  # 0.0024 each: a third would be over
        assert worked.dollars <= 0.006

    async def test_without_a_price_it_says_so(self, bench: Bench) -> None:
        agent = bench.loop(gemini.runs(FIX), gemini.done(), model="gemini-next")
        worked = await bench.work(agent)
        assert worked.outcome == "done"
        assert "no price is known for gemini-next" in bench.told.said[0]

    async def test_the_time_ends_a_long_command(self, bench: Bench) -> None:
        agent = bench.loop(gemini.runs("sleep 60; touch over"), gemini.done())
        worked = await bench.work(agent, seconds=2)
        assert (worked.outcome, worked.steps) == ("limit reached", 1)
        assert worked.note == "The 2 seconds it may take are used up."
        assert await bench.patch() == {}

    async def test_the_time_ends_a_slow_model(self, bench: Bench) -> None:
        """It is not waited for: an answer that takes longer than the wire's own limit is away."""
        worked = await bench.work(bench.loop(gemini.runs("true", after=60)), seconds=1)
        assert (worked.outcome, worked.steps) == ("limit reached", 1)
        assert worked.note == "The 1 seconds it may take are used up."

    async def test_being_cancelled_ends_the_command(self, bench: Bench) -> None:
        agent = bench.loop(gemini.runs("sleep 60; touch over", thought="sleep 60"))
        work = asyncio.create_task(bench.work(agent))
        await asyncio.wait_for(bench.sandbox_runs("sleep 60"), 20)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        assert await bench.patch() == {}

    async def test_malformed_once_is_mended(self, bench: Bench) -> None:
        """However it is malformed, and each time anew: what was right between counts."""
        bad = [
            gemini.text("{oops"),
            gemini.says({"thought": "nothing"}),
            gemini.says({"command": "ls", "done": True}),
            gemini.says({"command": ["ls"]}),
        ]
        mended = [reply for each in bad for reply in (each, gemini.runs("true"))]
        worked = await bench.work(bench.loop(*mended, gemini.runs(FIX), gemini.done()))
        assert (worked.outcome, worked.steps) == ("done", len(bad) + 2)

    @pytest.mark.parametrize(
        "end",
        [
            [gemini.text("{oops")] * 2,
            [gemini.blocked()],
            [gemini.error(400, "INVALID_ARGUMENT")],
            [gemini.error(403, "PERMISSION_DENIED")],
        ],
    )
    async def test_a_refusal_is_an_honest_end(self, bench: Bench, end: list[Any]) -> None:
        worked = await bench.work(bench.loop(gemini.runs("true"), *end))
        assert worked.outcome == "broken"
        assert worked.note
        assert worked.dollars > 0

    async def test_it_goes_on_after_429_and_500(self, bench: Bench) -> None:
        busy = gemini.error(429, "RESOURCE_EXHAUSTED", retry_in="0.2s")
        agent = bench.loop(
            busy, gemini.runs(FIX), gemini.error(500, "INTERNAL"), busy, gemini.done()
        )
        assert (await bench.work(agent)).outcome == "done"

    async def test_a_model_that_is_away_is_unavailable(self, bench: Bench) -> None:
        agent = bench.loop(gemini.error(429, "RESOURCE_EXHAUSTED", retry_in="900s"))
        with pytest.raises(Unavailable) as raised:
            await bench.work(agent)
        assert raised.value.retry_after == 900

    async def test_a_model_that_goes_away_is_waited_for(self, bench: Bench) -> None:
        """What was done and paid for so far is kept."""
        away = gemini.error(429, "RESOURCE_EXHAUSTED", retry_in="21s")
        worked = await bench.work(bench.loop(gemini.runs(FIX), away), seconds=20)
        assert (worked.outcome, worked.steps) == ("limit reached", 2)
        assert worked.note == (
            "Gemini answered 429 RESOURCE_EXHAUSTED; try again. That is in 21 s, after its time."
        )
        assert worked.dollars > 0
        assert not any("Asked again" in said for said in bench.told.said)
        assert await bench.is_green()

    async def test_it_waits_as_told_and_goes_on(self, bench: Bench) -> None:
        busy = gemini.error(429, "RESOURCE_EXHAUSTED", retry_in="0.1s")
        agent = bench.loop(gemini.runs(FIX), *[busy] * 6, gemini.done())
        worked = await bench.work(agent)
        assert (worked.outcome, worked.steps) == ("done", 2)
        assert any("Asked again in 0 s" in said for said in bench.told.said)
        assert "shop/pages.py" in await bench.patch()

    async def test_waiting_ends_with_the_time(self, bench: Bench) -> None:
        busy = gemini.error(429, "RESOURCE_EXHAUSTED", retry_in="0.1s")
        agent = bench.loop(gemini.runs("true"), *[busy] * 5, gemini.runs("true", after=60))
        worked = await bench.work(agent, seconds=2)
        assert worked.outcome == "limit reached"
        assert worked.note == (
            "The 2 seconds it may take are used up. Some of it went by waiting: "
            "Gemini answered 429 RESOURCE_EXHAUSTED; try again."
        )

    async def test_notes_are_heard_before_each_step(self, bench: Bench) -> None:
        def second(_body: Any) -> gemini.Reply:
            return gemini.runs(FIX)

        def first(_body: Any) -> gemini.Reply:
            bench.told.notes.append("bo: look at the slice")
            return gemini.runs("true")

        await bench.work(bench.loop(first, second, gemini.done()))
        systems = [asked.system for asked in bench.server.asked]
        assert ["look at the slice" in s for s in systems] == [False, True, True]
        assert [s.count("look at the slice") for s in systems] == [0, 1, 1]
        assert "heard: bo: look at the slice" in bench.told.said

    async def test_long_output_loses_its_middle(self, bench: Bench) -> None:
        noisy = "echo START; seq 100000; echo END"
        await bench.work(bench.loop(gemini.runs(noisy), gemini.says({"summary": "stop"})))
        shown = bench.server.asked[1].texts[-1]
        assert len(shown) < 10_000
        assert "START" in shown
        assert "END" in shown
        assert "left out" in shown
