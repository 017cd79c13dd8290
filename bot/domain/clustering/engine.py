"""One project's evidence in memory, and the decision where a new report belongs.

Pure and deterministic: no clock, no I/O. The state is rebuilt by adding the same readings in the
same order.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from bot.domain.clustering.calibration import Calibration, Thresholds
from bot.domain.clustering.decision import Action, Candidate, Decision
from bot.domain.clustering.dense import Dense
from bot.domain.clustering.features import compare
from bot.domain.clustering.lexical import Lexical
from bot.domain.clustering.links import Links
from bot.domain.clustering.report import Reading, Report, read_report
from bot.domain.ports import Vector
from bot.domain.text import CommonLines

CANDIDATES = 20
NEIGHBOURS = 40  # by meaning and by words, each
FIELD_WEIGHTS = (2.0, 1.0, 0.7, 1.2, 1.2)
NO_CLUSTER = -1


class Engine:
    """Remembers items and decides about new ones.

    ``read`` a report, embed ``reading.text``, ``decide``, then ``add``. ``repeat_of`` answers
    without a vector.
    """

    def __init__(self, calibration: Calibration, dimensions: int) -> None:
        self.calibration = calibration
        self.common = CommonLines()
        self._dense = Dense(dimensions)
        self._lexical = Lexical()
        self._row: dict[int, int] = {}
        self._item = np.zeros(1_024, dtype=np.int64)
        self._cluster = np.full(1_024, NO_CLUSTER, dtype=np.int64)
        self._created = np.zeros(1_024, dtype=np.float64)
        self._gone = np.zeros(1_024, dtype=bool)
        self._keys: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._row)

    def __contains__(self, item: int) -> bool:
        return item in self._row

    def cluster_of(self, item: int) -> int | None:
        """The cluster of a remembered item. Raises KeyError for an unknown one."""
        cluster = int(self._cluster[self._row[item]])
        return None if cluster == NO_CLUSTER else cluster

    def read(self, report: Report) -> Reading:
        """Take a report apart; changes nothing."""
        return read_report(report, self.common)

    def repeat_of(self, reading: Reading, links: Links | None = None) -> int | None:
        """The earlier item of the same text or stack after masking, in constant time."""
        apart = (links or Links()).apart(reading.id)
        for key in reading.keys:
            row = self._keys.get(key)
            if row is not None and not self._gone[row] and int(self._item[row]) not in apart:
                return int(self._item[row])
        return None

    def add(self, reading: Reading, vector: Vector, cluster: int | None) -> None:
        """Remember an item; ``cluster`` None means that it has none yet. Harmless when repeated."""
        if reading.id in self._row:
            self.move(reading.id, cluster)
            return
        row = self._dense.append(vector)
        self._lexical.append(reading)
        if row == len(self._item):
            for column in (self._item, self._cluster, self._created, self._gone):
                column.resize(row * 2, refcheck=False)
        self._row[reading.id] = row
        self._item[row] = reading.id
        self._cluster[row] = NO_CLUSTER if cluster is None else cluster
        self._created[row] = reading.created
        for key in reading.keys:
            self._keys.setdefault(key, row)
        self.common.learn(reading.lines)

    def move(self, item: int, cluster: int | None) -> None:
        """A remembered item is in another cluster from now on."""
        self._cluster[self._row[item]] = NO_CLUSTER if cluster is None else cluster

    def forget(self, item: int) -> None:
        """Never name this item again; unknown ones are ignored."""
        row = self._row.pop(item, None)
        if row is not None:
            self._gone[row] = True

    def decide(self, reading: Reading, vector: Vector, links: Links | None = None) -> Decision:
        """Where ``reading`` belongs among the items remembered so far; changes nothing."""
        links = links or Links()
        candidates = self._candidates(reading, vector)
        thresholds = self.calibration.thresholds[reading.kind]
        barred_items = links.apart(reading.id)
        barred_clusters = {self.cluster_of(i) for i in barred_items if i in self._row} - {None}
        allowed = [
            c for c in candidates if c.item not in barred_items and c.cluster not in barred_clusters
        ]
        obeyed = [
            f"I-{c.item} is not the same: somebody said so"
            for c in candidates
            if c.item in barred_items and c.score >= thresholds.suggest
        ]
        mates = sorted(i for i in links.together(reading.id) - {reading.id} if i in self._row)
        for mate in mates:
            if self.cluster_of(mate) in barred_clusters:
                obeyed.append(f"I-{mate} is said to be the same, and its cluster not to be")
                continue
            obeyed.append(f"I-{mate} is the same: somebody said so")
            return self._decision("join", mate, candidates, allowed, obeyed)
        best = allowed[0] if allowed else None
        action = _action(best, thresholds)
        joined = best.item if best is not None and action == "join" else None
        return self._decision(action, joined, candidates, allowed, obeyed)

    def _decision(
        self,
        action: Action,
        joined: int | None,
        candidates: list[Candidate],
        allowed: list[Candidate],
        obeyed: list[str],
    ) -> Decision:
        cluster = self.cluster_of(joined) if joined is not None else None
        elsewhere = (c for c in candidates if c.item != joined and _apart(c.cluster, cluster))
        rejected = next(elsewhere, None)
        return Decision(
            action, cluster, tuple(allowed[:CANDIDATES]), rejected, tuple(obeyed), joined
        )

    def _candidates(self, reading: Reading, vector: Vector) -> list[Candidate]:
        """The best earlier items, best first."""
        repeat = self.repeat_of(reading)
        near = self._dense.nearest(vector, top_k=NEIGHBOURS)
        shared, _ = self._lexical.find(reading, FIELD_WEIGHTS, top_k=NEIGHBOURS)
        rows = np.union1d(near, shared)
        if repeat is not None:
            rows = np.union1d(rows, [self._row[repeat]])
        own = self._row.get(reading.id, -1)
        rows = rows[~self._gone[rows] & (rows != own)].astype(np.intp)
        if not len(rows):
            return []
        cosines = self._dense.similarity(vector, rows)
        pairs = compare(reading, self._lexical, rows, cosines, self._created[rows])
        scale = self.calibration.scales[reading.kind]
        logits = scale.logits(pairs.values)
        is_repeat = rows == (self._row[repeat] if repeat is not None else -1)
        order = np.lexsort((rows, -logits, ~is_repeat))[:CANDIDATES]
        return [
            Candidate(
                item=int(self._item[rows[i]]),
                cluster=self.cluster_of(int(self._item[rows[i]])),
                score=1.0 if is_repeat[i] else float(1 / (1 + np.exp(-logits[i]))),
                similarity=float(cosines[i]),
                repeat=bool(is_repeat[i]),
                parts=scale.parts(pairs.values[i]),
            )
            for i in order
        ]


def _apart(a: int | None, b: int | None) -> bool:
    """Whether two clusters differ; an item without a cluster is apart from everything."""
    return a is None or a != b


def _action(best: Candidate | None, thresholds: Thresholds) -> Action:
    if best is None or best.score < thresholds.suggest:
        return "new"
    return "join" if best.score >= thresholds.join else "suggest"


def in_order(reports: Iterable[Report]) -> list[Report]:
    """A batch as the engine must meet it, whatever order it came in: by time, then by number."""
    return sorted(reports, key=lambda report: (report.created_at, report.id))
