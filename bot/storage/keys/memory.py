"""Keys of what is known of one project; ``p`` is its id, GitHub's own of the repository."""

from __future__ import annotations

from bot.storage.schema import ROOT, kind


@kind("memory", kept="until forgotten, expired, or its source says otherwise; the newest 1,000")
def facts(p: int) -> str:
    """hash: number -> Fact."""
    return f"{ROOT}:{p}:facts"


@kind("memory", kept="the newest 200")
def conversations(p: int) -> str:
    """hash: number -> Conversation, what somebody asked."""
    return f"{ROOT}:{p}:conversations"


@kind("memory", rebuilt="by `profile refresh`")
def profile(p: int) -> str:
    """string: Profile, what the project is in five sections."""
    return f"{ROOT}:{p}:profile"
