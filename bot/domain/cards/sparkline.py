"""A row of counts as one word of eighth blocks, or as a picture that GitHub draws."""

import json
from collections.abc import Sequence

_EIGHTHS = "▁▂▃▄▅▆▇█"


def sparkline(counts: Sequence[float]) -> str:
    """``counts``, oldest first, as one character each: ``▁▁▃█``. The lowest bar means none at all;
    anything above zero stands at least one eighth higher, so that a single report among thousands
    is still seen. Negative counts read as zero."""
    most = max(counts, default=0)
    if most <= 0:
        return _EIGHTHS[0] * len(counts)
    top = len(_EIGHTHS) - 1
    return "".join(
        _EIGHTHS[0] if count <= 0 else _EIGHTHS[max(1, round(count / most * top))]
        for count in counts
    )


def chart(names: Sequence[str], counts: Sequence[int], of: str) -> str:
    """The same as a bar chart in mermaid's words: no address to fetch, so it is as private as the
    text it stands in. ``names`` are ours, and each another; ``of`` says what is counted.

    https://mermaid.js.org/syntax/xyChart.html"""
    blue = '"themeVariables": {"xyChart": {"plotColorPalette": "#0969da"}}'
    bars = ", ".join(f"{max(0, count)}" for count in counts)
    return "\n".join(
        (
            f'%%{{init: {{"xyChart": {{"height": 200}}, {blue}}}}}%%',
            "xychart-beta",
            f"    x-axis [{', '.join(map(json.dumps, names))}]",
            f"    y-axis {json.dumps(of)} 0 --> {max(1, *counts)}",
            f"    bar [{bars}]",
        )
    )
