"""Keys of what is known of one project and asked of models; ``p`` is its id, the repository's."""

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


@kind("own_keys", kept="until it is removed", rebuilt="not at all: it is typed again")
def own_keys(p: int) -> str:
    """hash: vendor -> project, vendor, and its sealed key of a language model."""
    return f"{ROOT}:{p}:own-keys"


@kind("spending", kept="400 days", rebuilt="not at all: only vendors know it, too")
def spent(p: int, month: str) -> str:
    """hash: ``of|what`` -> millionths of a dollar, tokens, tokens without a price in a month
    (``2026-11``); of all of it, a run, a model."""
    return f"{ROOT}:{p}:spent:{month}"


@kind("shelf", kept="until removed; at most 200 files and 200 MB")
def files(p: int) -> str:
    """hash: digest of its content -> ShelfFile, its bytes and text are blobs; ``shelves`` ->
    Shelves, their names."""
    return f"{ROOT}:{p}:files"
