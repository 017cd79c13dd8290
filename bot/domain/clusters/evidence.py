"""Why an item went where it went, as it is stored and shown by ``why``."""

from typing import Literal

from bot.domain.clusters.labels import Likely
from bot.domain.models import Record

# The least chance that is kept as a sign that two clusters are one problem: weak ones add up.
WEAK = 0.03


class Near(Record):
    """An earlier item that may be the same problem.

    ``score`` is the chance in 0..1 that it is, ``similarity`` the cosine of the two texts,
    ``repeat`` whether it is the same text or stack after masking, ``opposed`` whether one says the
    opposite of the other (then nobody joins them unasked); ``taught`` are the two items by which
    people taught that. ``mixed`` says whether the score is on the scale for several sources.
    ``parts`` say what it is made of: contribution by feature, in logits, the strongest first."""

    item: int
    cluster: int | None
    score: float
    similarity: float
    repeat: bool = False
    opposed: bool = False
    taught: tuple[int, int] | None = None
    mixed: bool = False
    parts: tuple[tuple[str, float], ...] = ()


class Because(Record):
    """The decision about one item; ``labels`` are those that people would give it."""

    action: Literal["join", "suggest", "new"]
    joined: int | None = None
    candidates: tuple[Near, ...] = ()
    rejected: Near | None = None
    obeyed: tuple[str, ...] = ()
    labels: tuple[Likely, ...] = ()

    def alike(self, item: int) -> dict[str, float]:
        """What ``item`` may be the same as and was not joined to: ``a,b``, and the chance."""
        near = (c for c in self.candidates if c.score >= WEAK and not c.opposed)
        return {f"{item},{c.item}": c.score for c in near if c.item != self.joined}
