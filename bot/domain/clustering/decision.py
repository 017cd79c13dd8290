"""What the engine decides, and how a project's scores are turned into decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Action = Literal["join", "suggest", "new"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An earlier item that may be the same problem.

    ``score`` is the chance in 0..1 that it is, ``similarity`` the cosine of the two texts,
    ``repeat`` whether it is the same text or stack after masking. ``parts`` say what the score is
    made of: contribution by feature, in logits, the strongest first.
    """

    item: int
    cluster: int | None
    score: float
    similarity: float
    repeat: bool
    parts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a report goes. ``join`` names a ``cluster``, or none when the item to join has none
    yet (then both open one); ``suggest`` and ``new`` open their own.

    ``candidates`` are the best earlier items, at most 20, best first. ``nearest_rejected`` is the
    best one of a cluster it was *not* put in. ``obeyed`` says which corrections decided.
    """

    action: Action
    cluster: int | None
    candidates: tuple[Candidate, ...]
    nearest_rejected: Candidate | None
    obeyed: tuple[str, ...] = ()
    joined: int | None = None

    def suggested(self, limit: int = 5) -> tuple[Candidate, ...]:
        """One candidate a cluster, best first, for "possibly the same as"."""
        best: Mapping[object, Candidate] = {}
        chosen: dict[object, Candidate] = dict(best)
        for candidate in self.candidates:
            chosen.setdefault(
                candidate.cluster if candidate.cluster is not None else ("item", candidate.item),
                candidate,
            )
        return tuple(chosen.values())[:limit]
