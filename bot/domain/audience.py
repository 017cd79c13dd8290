"""Who may read a text, and who reads what is said in a place.

**Invariant:** what is made from several texts may be read only by those who may read each of them.
"""

from enum import StrEnum


class Audience(StrEnum):
    """Readers, from everybody to one person; each is part of the one before."""

    PUBLIC = "public"  # everybody
    PROJECT = "project"  # who can read the repository, which of a public one is everybody
    TEAM = "team"  # who works on it: what a private source says
    PERSON = "person"  # the one who asked


_ORDER = tuple(Audience)


def combined(first: Audience, *others: Audience) -> Audience:
    """Who may read what is made from texts for these."""
    return max(first, *others, key=_ORDER.index) if others else first


def may_read(readers: Audience, text: Audience) -> bool:
    """Whether a text for ``text`` may be said where ``readers`` read."""
    return _ORDER.index(text) <= _ORDER.index(readers)
