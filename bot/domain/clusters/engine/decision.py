"""What the engine decides, and how a project's scores are turned into decisions."""

from dataclasses import dataclass
from typing import Literal

from bot.domain.clusters.evidence import Near

Action = Literal["join", "suggest", "new"]


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a report goes. ``join`` names a ``cluster``, or none when the item to join has none yet
    (then both open one); ``suggest`` and ``new`` open their own. ``candidates`` are the best
    earlier items, at most 20, best first. ``nearest_rejected`` is the best one of a cluster it was
    *not* put in. ``obeyed`` says which corrections decided."""

    action: Action
    cluster: int | None
    candidates: tuple[Near, ...]
    nearest_rejected: Near | None
    obeyed: tuple[str, ...] = ()
    joined: int | None = None

    @property
    def best(self) -> float | None:
        """The best candidate's score; None without a candidate and for a repeat."""
        if not self.candidates or self.candidates[0].repeat:
            return None
        return self.candidates[0].score

    def suggested(self, limit: int = 5) -> tuple[Near, ...]:
        """The best candidate of each cluster, best first, for "possibly the same as"."""
        chosen: dict[object, Near] = {}
        for candidate in self.candidates:
            alone = ("item", candidate.item)
            chosen.setdefault(alone if candidate.cluster is None else candidate.cluster, candidate)
        return tuple(chosen.values())[:limit]
