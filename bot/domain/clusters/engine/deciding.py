"""One project's evidence in memory, and the decision where a new report belongs. Pure and
deterministic: no clock, no I/O. The state is rebuilt by adding the same readings in the same
order."""

from collections.abc import Iterator, KeysView
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bot.domain.clusters.engine.calibration import YOUNG, Calibration
from bot.domain.clusters.engine.decision import Action, Decision
from bot.domain.clusters.engine.dense import Dense, Rows
from bot.domain.clusters.engine.distribution import Distribution
from bot.domain.clusters.engine.features import NAMES, Floats, Measured, compare
from bot.domain.clusters.engine.learning import Lesson
from bot.domain.clusters.engine.lexical import Lexical
from bot.domain.clusters.engine.links import Links, Pair
from bot.domain.clusters.engine.opposites import WIDTH
from bot.domain.clusters.engine.report import Kind, Reading, Report, Terms, read_report
from bot.domain.clusters.engine.taught import Swap, told_apart, words_of
from bot.domain.clusters.evidence import Near
from bot.domain.ports import Vector
from bot.domain.text import CommonLines

Eagerness = Literal["ask", "sure", "eager"]

CANDIDATES = 20
NEIGHBOURS = 60  # by meaning and by words, each
FIELD_WEIGHTS = (1.6, 1.0, 0.6, 1.1, 1.1, 1.1)
NO_CLUSTER = -1
SUPPORT = 1.0  # logits for each further member that is like it for sure
_OPPOSED = NAMES.index("opposed")
COMPARED = {
    "created": "f8",
    "component": "u4",
    "series": "u4",
    "numbers": "u4",
    "wording": "u4",
    "rest": "u4",
    "bag": "u4",
    "negated": "?",
}
SAID = ("sides", "platforms")  # of the questions in opposites
COLUMNS = [
    *(("item", "i8"), ("cluster", "i8"), ("source", "u4"), ("gone", "?"), *COMPARED.items()),
    *((name, "u8", (WIDTH,)) for name in SAID),
]


class Engine:
    """Remembers items and decides about new ones. ``read`` a report, embed ``reading.text``,
    ``decide``, then ``add``. ``repeat_of`` answers without a vector. ``join`` says how sure a join
    unasked must be; with ``ask`` only the same text or stack joins. ``lesson`` and ``teach`` are
    what the project's people taught."""

    def __init__(
        self, calibration: Calibration, dimensions: int, *, join: Eagerness = "sure"
    ) -> None:
        self.calibration, self.join = calibration, join
        self.lesson = Lesson()
        self.common = CommonLines()
        self._dense = Dense(dimensions)
        self._lexical = Lexical()
        self._scores = {kind: Distribution() for kind in Kind}
        self._row: dict[int, int] = {}
        self._keys: dict[str, int] = {}
        self._table = np.zeros(1_024, dtype=COLUMNS)
        self._lacking: set[int] = set()
        self.words: dict[Swap, Pair] = {}
        self._sources: set[int] = set()

    def __len__(self) -> int:
        return len(self._row)

    def __contains__(self, item: int) -> bool:
        return item in self._row

    @property
    def items(self) -> KeysView[int]:
        """The remembered items, by number."""
        return self._row.keys()

    def cluster_of(self, item: int) -> int | None:
        """The cluster of a remembered item. Raises KeyError for an unknown one."""
        cluster = int(self._table["cluster"][self._row[item]])
        return None if cluster == NO_CLUSTER else cluster

    def read(self, report: Report) -> Reading:
        """Take a report apart; changes nothing."""
        return read_report(report, self.common)

    def repeat_of(self, reading: Reading) -> int | None:
        """The earlier item of the same text or stack after masking, in constant time."""
        for key in reading.keys:
            row = self._keys.get(key)
            if row is None or self._table["gone"][row]:
                continue
            item = int(self._table["item"][row])
            if item != reading.id:
                return item
        return None

    def add(
        self,
        reading: Reading,
        vector: Vector | None,
        cluster: int | None,
        best: float | None = None,
    ) -> None:
        """Remember an item; ``cluster`` None means that it has none yet. Without a vector it is
        known by its words and stack only, until ``fill``. ``best`` is its decision's best score,
        from which the project's own distribution is learnt. Harmless when repeated."""
        if reading.id in self._row:
            self.move(reading.id, cluster)
            return
        row = self._dense.append(vector)
        self._lexical.append(reading)
        if row == len(self._table):
            self._table.resize(row * 2, refcheck=False)
        self._row[reading.id] = row
        if vector is None:
            self._lacking.add(reading.id)
        known = (getattr(reading, name) for name in (*COMPARED, *SAID))
        self._table[row] = (reading.id, NO_CLUSTER, reading.origin, False, *known)
        self.move(reading.id, cluster)
        self._sources.add(reading.origin)
        for key in reading.keys:
            if self._table["gone"][self._keys.setdefault(key, row)]:
                self._keys[key] = row
        self.common.learn(reading.lines)
        if best is not None:
            self._scores[reading.kind].learn(best)

    def fill(self, item: int, vector: Vector) -> None:
        """The vector of an item that was added without; ignored for every other."""
        if item in self._lacking:
            self._lacking.remove(item)
            self._dense.fill(self._row[item], vector)

    @property
    def lacking(self) -> list[int]:
        """Items without a vector, by number."""
        return sorted(self._lacking)

    def lacking_near(self, reading: Reading, top_k: int) -> list[int]:
        """Which of the ``top_k`` items that share the most words with it have no vector."""
        if not self._lacking:
            return []
        rows, _ = self._lexical.find(reading, FIELD_WEIGHTS, top_k=top_k)
        return [item for item in self._table["item"][rows].tolist() if item in self._lacking]

    def search(self, reading: Reading, vector: Vector, top_k: int) -> list[int]:
        """Items about it, best first: by meaning and by words, each ranking counting alike
        (Cormack, Clarke, Büttcher, 2009, https://doi.org/10.1145/1571941.1572114)."""
        self._lexical.young = self._young
        near, _ = self._dense.nearest(vector, self._dense.centred(vector), top_k=top_k)
        sharing, _ = self._lexical.find(reading, FIELD_WEIGHTS, top_k=top_k)
        worth = np.zeros(len(self._table))
        for ranked in (near, sharing):
            worth[ranked] += 1 / (60 + np.arange(len(ranked)))
        worth[self._table["gone"]] = 0
        best = np.argsort(-worth, kind="stable")[:top_k]
        return list(self._table["item"][best[worth[best] > 0]].tolist())

    def having(self, words: Terms) -> list[int]:
        """Items that have each of these words, oldest first."""
        rows = self._lexical.having(words)
        return list(self._table["item"][rows[~self._table["gone"][rows]]].tolist())

    def move(self, item: int, cluster: int | None) -> None:
        """A remembered item is in another cluster from now on."""
        self._table["cluster"][self._row[item]] = NO_CLUSTER if cluster is None else cluster

    def forget(self, item: int) -> None:
        """Never name this item again; unknown ones are ignored."""
        self._lacking.discard(item)
        row = self._row.pop(item, None)
        if row is not None:
            self._table["gone"][row] = True

    def teach(self, links: Links) -> None:
        """Learn from these corrections, and from no others, which words are two things here."""
        spoken = [i for i in {i for two in links.cannot | links.must for i in two} if i in self]
        titles = self._lexical.titles(self._row[item] for item in spoken)
        self.words = words_of(links, dict(zip(spoken, titles, strict=True)))

    def decide(self, reading: Reading, vector: Vector, links: Links | None = None) -> Decision:
        """Where ``reading`` belongs among the items remembered so far; changes nothing."""
        links = links or Links()
        candidates = self._candidates(reading, vector)
        barred_items = links.apart(reading.id)
        barred_clusters = {self.cluster_of(i) for i in barred_items if i in self._row} - {None}
        allowed = [
            c for c in candidates if c.item not in barred_items and c.cluster not in barred_clusters
        ]
        obeyed = [
            f"I-{c.item} is not the same: somebody said so"
            for c in candidates
            if c.item in barred_items
            and c.score >= self.calibration.joining(reading.kind, mixed=c.mixed).suggest
        ]
        for mate in sorted(i for i in links.together(reading.id) - {reading.id} if i in self._row):
            if mate in barred_items or self.cluster_of(mate) in barred_clusters:
                obeyed.append(f"I-{mate} is said to be the same, and its cluster not to be")
                continue
            obeyed.append(f"I-{mate} is the same: somebody said so")
            return self._decision("join", mate, candidates, allowed, obeyed)
        best = allowed[0] if allowed else None
        action = self._action(best, reading)
        joined = best.item if best is not None and action == "join" else None
        return self._decision(action, joined, candidates, allowed, obeyed)

    def _decision(
        self,
        action: Action,
        joined: int | None,
        candidates: list[Near],
        allowed: list[Near],
        obeyed: list[str],
    ) -> Decision:
        cluster = self.cluster_of(joined) if joined is not None else None
        none = NO_CLUSTER
        elsewhere = (c for c in candidates if c.item != joined and (c.cluster or none) != cluster)
        return Decision(
            action=action,
            cluster=cluster,
            joined=joined,
            candidates=tuple(allowed[:CANDIDATES]),
            nearest_rejected=next(elsewhere, None),
            obeyed=tuple(obeyed),
        )

    @property
    def _young(self) -> bool:
        """Whether it is a small project that hears from several sources."""
        return len(self._row) < YOUNG and len(self._sources) > 1

    def _action(self, best: Near | None, reading: Reading) -> Action:
        if best is None:
            return "new"
        if best.repeat:
            return "join"
        thresholds = self.calibration.joining(reading.kind, mixed=best.mixed)
        join = thresholds.eager if self.join == "eager" else thresholds.sure
        joins = self.join != "ask" and not best.opposed
        if joins and best.score >= join.threshold(self._scores[reading.kind]):
            return "join"
        return "suggest" if best.score >= thresholds.suggest else "new"

    def features(self, reading: Reading, vector: Vector) -> tuple[Rows, Floats, Floats]:
        """Rows of the earlier items worth a look, their features and their plain cosines."""
        self._lexical.young = self._young
        whitened = self._dense.whitened(vector)
        centred = self._dense.centred(vector)
        wanted = centred if reading.kind is Kind.FEEDBACK else whitened
        near, nearness = self._dense.nearest(vector, wanted, top_k=NEIGHBOURS)
        crowd = float(nearness[1:11].mean()) if len(nearness) > 1 else 0.0
        sharing, words = self._lexical.find(reading, FIELD_WEIGHTS, top_k=NEIGHBOURS)
        repeat = self.repeat_of(reading)
        first = [] if repeat is None else [self._row[repeat]]
        rows = np.unique(np.concatenate([near, sharing, first]).astype(np.intp))
        rows = rows[~self._table["gone"][rows] & (rows != self._row.get(reading.id, -1))]
        plain = self._dense.cosine(vector)
        meaning, cosine, seen = self._dense.measure(rows, whitened, plain, centred)
        measured = Measured(meaning, cosine, seen, words[rows], self._table[rows], crowd)
        return rows, compare(reading, self._lexical, rows, measured), measured.cosine

    def _candidates(self, reading: Reading, vector: Vector) -> list[Near]:
        """The best earlier items, best first."""
        rows, values, cosines = self.features(reading, vector)
        repeat = self.repeat_of(reading)
        scale, mixed = self.calibration.scales[reading.kind], self.calibration.mixed
        own = (self._table["source"][rows] == reading.origin) & (not self._young)
        logits = scale.logits(values)
        if not own.all():
            logits = np.where(own, logits, mixed.logits(values))
            logits = np.where(own, logits, self._supported(rows, logits))
        learnt = self.lesson.apply(logits) - logits
        logits += learnt
        apart = self._told_apart(reading, rows)
        opposed = self._opposed(rows, (values[:, _OPPOSED] > 0) | np.isin(rows, [*apart]))
        repeated: NDArray[np.bool_] = rows == (-1 if repeat is None else self._row[repeat])
        order = np.lexsort((rows, -logits, ~repeated))[:CANDIDATES]
        items = self._table["item"][rows[order]].tolist()
        parts = zip(scale.parts(values[order]), mixed.parts(values[order]), strict=True)
        # They are of the right types by themselves.
        return [
            Near.model_construct(
                item=item,
                cluster=self.cluster_of(item),
                score=1.0 if repeated[i] else float(1 / (1 + np.exp(-logits[i]))),
                similarity=float(cosines[i]),
                repeat=bool(repeated[i]),
                opposed=bool(opposed[i]),
                taught=apart.get(rows[i]),
                mixed=not own[i],
                parts=(
                    *([("learnt", float(learnt[i]))] if learnt[i] else []),
                    *(here if own[i] else across),
                ),
            )
            for i, item, (here, across) in zip(order, items, parts, strict=True)
        ]

    def _told_apart(self, reading: Reading, rows: Rows) -> dict[int, Pair]:
        """The rows that people taught are another thing, and the two items they taught it by."""
        if not self.words:
            return {}
        found = told_apart(reading.title, self._lexical.titles(rows), self.words)
        return {int(rows[place]): said for place, said in found.items()}

    def _supported(self, rows: Rows, logits: Floats) -> Floats:
        """A report that is like several members of a cluster belongs there the likelier: what the
        best of a cluster is worth with the next two."""
        supported = logits.copy()
        for members in self._by_cluster(rows):
            best, *others = members[np.argsort(-logits[members], kind="stable")][:3].tolist()
            supported[best] += SUPPORT * float((1 / (1 + np.exp(-logits[others]))).sum())
        return supported

    def _opposed(self, rows: Rows, opposed: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Who is opposed to one of a cluster's reports joins none of it unasked."""
        whole = opposed.copy()
        for members in self._by_cluster(rows) if opposed.any() else ():
            whole[members] |= opposed[members].any()
        return whole

    def _by_cluster(self, rows: Rows) -> Iterator[NDArray[np.intp]]:
        """Positions in ``rows`` of each cluster with several of them."""
        clusters = self._table["cluster"][rows]
        for cluster, count in zip(*np.unique(clusters, return_counts=True), strict=True):
            if count > 1 and cluster != NO_CLUSTER:
                yield np.flatnonzero(clusters == cluster)
