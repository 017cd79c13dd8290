"""Which reports are one problem: evidence, decisions with reasons, corrections, operations.

**Invariant:** everything in here is pure and deterministic; the same items with the same vectors
in the same order give the same clusters."""

from bot.domain.clusters.engine.calibration import calibration_for
from bot.domain.clusters.engine.deciding import Eagerness, Engine
from bot.domain.clusters.engine.decision import Decision
from bot.domain.clusters.engine.fitting import fitted
from bot.domain.clusters.engine.learning import answers, learn
from bot.domain.clusters.engine.links import Links
from bot.domain.clusters.engine.report import Kind, Reading, Report, in_order
