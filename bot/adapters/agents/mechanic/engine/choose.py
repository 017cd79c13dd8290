"""Among several repairs that pass every test: the one a careful person would have written."""

from __future__ import annotations

from bot.adapters.agents.mechanic.engine.candidates import EditCandidate
from bot.adapters.agents.mechanic.engine.search import Trial

# Repairs that pass tests by doing less, or by naming a case, are less likely to be right.
_DOUBTFUL = {
    "delete": 0.35,
    "drop if": 0.5,
    "drop condition": 0.7,
    "drop operand": 0.8,
    "drop argument": 0.6,
    "drop method": 0.7,
    "unwrap call": 0.7,
    "guard": 0.7,
    "other condition": 0.7,
    "constant": 0.8,
    "string": 0.8,
    "except": 0.8,
}


def ranked(plausible: list[Trial]) -> list[EditCandidate]:
    """Best first: score, less for doubtful kinds and for more than one edit."""
    return [
        trial.candidate
        for trial in sorted(plausible, key=lambda trial: (-worth(trial.candidate), trial.index))
    ]


def worth(candidate: EditCandidate) -> float:
    """The score of a repair that is known to pass."""
    value = candidate.score
    for edit in candidate.edits:
        value *= _DOUBTFUL.get(edit.kind, 1.0)
    return value
