"""How long a run may take: the operator and the project each have the last word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.context import Context
from bot.domain.commands.references import Duration
from bot.domain.errors import NotAllowed
from bot.repo_config import FixPart
from workers.fixes.steps.starting import allowed_seconds


@pytest.mark.parametrize("wanted", ["5200w", "36500d", "61m"])
@pytest.mark.parametrize(
    ("minutes", "operator", "whose"),
    [(60, 7_200, "fix.max_minutes"), (600, 3_600, "SOULCASTER_FIX_LONGEST")],
)
def test_nobody_holds_a_fixer_for_longer(
    ctx: Context, minutes: int, operator: int, whose: str, wanted: str
) -> None:
    changed = ctx.settings.model_copy(update={"soulcaster_fix_longest": float(operator)})
    ours, config = replace(ctx, settings=changed), FixPart(max_minutes=minutes)
    with pytest.raises(NotAllowed, match=whose):
        allowed_seconds(ours, config, Duration.read(wanted))
    assert allowed_seconds(ours, config, Duration.read("60m")) == 3_600
    assert allowed_seconds(ours, config, None) <= 3_600
