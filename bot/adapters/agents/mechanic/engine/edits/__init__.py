"""Repairs as typed edits of the syntax tree, written as changes of the text.

``OPERATORS`` is the roster: one function a kind, ``(site) -> edits``, asked about every node on
a suspicious line. Their priors say how common a repair is among real one-line fixes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.adapters.agents.mechanic.engine.edits import (
    calls,
    comparisons,
    conditions,
    constants,
    defaults,
    failures,
    guards,
    movement,
    names,
    offsets,
    operators,
    returns,
    updates,
    wraps,
)
from bot.adapters.agents.mechanic.engine.edits.proposal import Edit, Site

if TYPE_CHECKING:
    from bot.adapters.agents.mechanic.engine.edits.proposal import Operator

OPERATORS: tuple[Operator, ...] = (
    comparisons.operators,
    comparisons.truth,
    operators.binary,
    operators.boolean,
    operators.unary,
    operators.assignment,
    constants.literals,
    offsets.by_one,
    offsets.slices,
    offsets.ranges,
    names.variables,
    names.attributes,
    calls.swapped,
    calls.callee,
    calls.unwrapped,
    calls.fewer,
    calls.more,
    calls.broadened,
    calls.donors,
    wraps.wrapped,
    wraps.fallback,
    conditions.replaced,
    conditions.extended,
    conditions.filtered,
    guards.guards,
    updates.inserted,
    updates.progress,
    movement.deleted,
    movement.exchanged,
    movement.outdented,
    movement.indented,
    movement.branches,
    returns.values,
    returns.extended,
    returns.forgotten,
    returns.missing,
    defaults.mutable,
    defaults.shared,
    defaults.unset,
    failures.lookups,
    failures.zero_division,
    failures.none_value,
    failures.handlers,
)

__all__ = ["OPERATORS", "Edit", "Site"]
