"""What the engine decides, and how a project's scores are turned into decisions."""

from __future__ import annotations

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

    @property
    def best(self) -> float | None:
        """The best candidate's score; None without a candidate and for a repeat."""
        if not self.candidates or self.candidates[0].repeat:
            return None
        return self.candidates[0].score

    def suggested(self, limit: int = 5) -> tuple[Candidate, ...]:
        """The best candidate of each cluster, best first, for "possibly the same as"."""
        chosen: dict[object, Candidate] = {}
        for candidate in self.candidates:
            alone = ("item", candidate.item)
            chosen.setdefault(alone if candidate.cluster is None else candidate.cluster, candidate)
        return tuple(chosen.values())[:limit]
