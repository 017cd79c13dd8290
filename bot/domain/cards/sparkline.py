"""A row of counts as one word of eighth blocks."""

from __future__ import annotations

from collections.abc import Sequence

_EIGHTHS = "▁▂▃▄▅▆▇█"


def sparkline(counts: Sequence[float]) -> str:
    """``counts``, oldest first, as one character each: ``▁▁▃█``.

    The lowest bar means none at all; anything above zero stands at least one eighth higher, so
    that a single report among thousands is still seen. Negative counts read as zero.
    """
    most = max(counts, default=0)
    if most <= 0:
        return _EIGHTHS[0] * len(counts)
    top = len(_EIGHTHS) - 1
    return "".join(
        _EIGHTHS[0] if count <= 0 else _EIGHTHS[max(1, round(count / most * top))]
        for count in counts
    )
