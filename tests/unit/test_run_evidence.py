"""Evidence of a command: its end, without secrets."""

from __future__ import annotations

from bot.domain.ports import Finished
from workers.fixes.steps.context import TAIL, ran


def test_evidence_holds_no_secret() -> None:
    token = "ghp_" + "a1B2" * 9
    done = Finished("env", 1, f"GITHUB_TOKEN={token}\n", f"https://ana:{token}@github.com", 0.5)
    assert token not in ran(done).tail
    assert "[redacted]" in ran(done).tail


def test_a_secret_that_the_cut_goes_through_is_still_none() -> None:
    token = "ghp_" + "a1B2" * 9
    for cut in range(1, len(token), 5):
        output = "x\n" * 50 + token + "\n" + "y" * (TAIL - cut)
        tail = ran(Finished("env", 1, output, "", 0.5)).tail
        assert token[-3:] not in tail


def test_the_end_is_kept() -> None:
    done = Finished("make test", 2, "begin\n" * 5_000, "the last line", 0.12345)
    evidence = ran(done)
    assert evidence.tail.endswith("the last line")
    assert len(evidence.tail) <= TAIL
    assert (evidence.exit_code, evidence.seconds) == (2, 0.123)
