"""Keys of what is remembered of one project; ``p`` is its id, GitHub's own of the repository."""

from __future__ import annotations

from bot.storage.schema import ROOT, kind


@kind("memory", kept="until forgotten or expired, the newest 1,000")
def facts(p: int) -> str:
    """hash: number -> Fact."""
    return f"{ROOT}:{p}:facts"
