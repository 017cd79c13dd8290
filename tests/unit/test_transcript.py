"""What a model is shown of the steps so far."""

from bot.adapters.agents.loop import AgentStep, within, without_middle


def test_the_middle_goes() -> None:
    assert without_middle("abc", 3) == "abc"
    cut = without_middle("a" * 50 + "b" * 50, 30)
    assert cut == f"{'a' * 10}\n[... 70 characters left out ...]\n{'b' * 20}"


def test_old_steps_become_lines() -> None:
    steps = [AgentStep(f"t{n}", f"c{n}", f"exit code 0\n{'x' * 100}") for n in range(1, 6)]
    shown = within(steps, 360)
    assert "Step 1: c1 -> exit code 0" in shown
    assert shown.count("x" * 100) == 2
    assert shown.endswith("x" * 100)


def test_the_newest_is_always_whole() -> None:
    assert within([AgentStep("t", "c", "y" * 500)], 10).endswith("y" * 500)
    assert within([], 10) == ""


def test_the_oldest_lines_go_too() -> None:
    steps = [AgentStep("t", f"command {n}", "z" * 300) for n in range(300)]
    assert len(within(steps, 2_000)) < 2_600
    assert "earlier steps left out" in within(steps, 2_000)
