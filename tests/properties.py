"""How long property tests search.

``make test`` takes the same examples every time. ``make fuzz`` takes others each time and fifty
times as many, and keeps what fails in ``.hypothesis``, to begin with it the next time. What it
finds is pinned with ``@example``.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, settings

LONGER = 50
_ALIKE: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("test", derandomize=True, database=None, **_ALIKE)
settings.register_profile("fuzz", max_examples=100 * LONGER, print_blob=True, **_ALIKE)
# A mutant is caught by the first example that fails, however long it is.
_AT_ONCE = {"phases": [Phase.explicit, Phase.generate], "report_multiple_bugs": False}
settings.register_profile("mutants", derandomize=True, database=None, **_AT_ONCE, **_ALIKE)
settings.load_profile("test")  # --hypothesis-profile takes another


def examples(count: int, **more: Any) -> settings:
    """``@examples(300)``: so many in ``make test``, more in proportion in ``make fuzz``.

    Hypothesis takes 100 where a test does not say how many. ``more`` are other settings.
    """
    fuzzed = settings.get_current_profile_name() == "fuzz"
    return settings(max_examples=count * LONGER if fuzzed else count, **more)
