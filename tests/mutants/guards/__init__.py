"""The guards that must never fall without a test that says so: ``make mutants`` breaks each.

A guard is a file, what stands there, what it is broken to, and the tests that must notice: the
fastest there are. Choose a ``before`` that is short and says what it guards.
"""

from . import fixes, limits, patches, people, sandboxes, shown, stored, tenants, ways_in
from .guard import Guard

__all__ = ["GUARDS", "Guard"]

GUARDS: tuple[Guard, ...] = (
    *ways_in.GUARDS,
    *stored.GUARDS,
    *people.GUARDS,
    *tenants.GUARDS,
    *shown.GUARDS,
    *fixes.GUARDS,
    *patches.GUARDS,
    *sandboxes.GUARDS,
    *limits.GUARDS,
)
