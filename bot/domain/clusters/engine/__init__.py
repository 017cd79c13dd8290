"""Which reports are one problem: evidence, decisions with reasons, corrections, operations.

**Invariant:** everything in here is pure and deterministic; the same items with the same vectors
in the same order give the same clusters.
"""

from bot.domain.clusters.engine.calibration import Calibration, Thresholds, calibration_for
from bot.domain.clusters.engine.deciding import Eagerness, Engine, in_order
from bot.domain.clusters.engine.decision import Action, Candidate, Decision
from bot.domain.clusters.engine.links import Links, Pair
from bot.domain.clusters.engine.report import Kind, Reading, Report, read_report

__all__ = [
    "Action",
    "Calibration",
    "Candidate",
    "Decision",
    "Eagerness",
    "Engine",
    "Kind",
    "Links",
    "Pair",
    "Reading",
    "Report",
    "Thresholds",
    "calibration_for",
    "in_order",
    "read_report",
]
