"""From reports to a failing test, without a model; ``written`` has what a model may do.

**Invariant:** a report is data. What a test takes from it are parsed expressions, checked node by
node against what the checkout defines and printed again; never its text, and nothing is run here.
"""

from bot.domain.fixes.reproduction.candidates import Attempts, attempts, confirmed
from bot.domain.fixes.reproduction.neutral import neutral
from bot.domain.fixes.reproduction.reasons import graded
from bot.domain.fixes.reproduction.records import BugReport, Grade, Reason, Reproduction
