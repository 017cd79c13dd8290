"""Keys of what is read from before, and of what we ask for; ``p`` is the project's id."""

from __future__ import annotations

from bot.storage.schema import ROOT, kind


@kind("imports", rebuilt="by reading all again")
def imports(p: int) -> str:
    """hash: the fields of the project's Import, how far GitHub's issues have been read."""
    return f"{ROOT}:{p}:imports"


@kind("file_imports")
def file_imports(p: int) -> str:
    """hash: number -> FileImport, how far a file was read and what it brought."""
    return f"{ROOT}:{p}:file-imports"


@kind("file_imports", kept="until the import is taken back")
def brought(p: int, number: int | str) -> str:
    """set: numbers of the items that an import brought; of ``NUMBER:clusters`` that are gone
    through, those that they were in."""
    return f"{ROOT}:{p}:brought:{number}"


@kind("blobs", kept="an import's until it is read, at most 7 days; a shelf's until it is removed")
def blob(p: int, name: str) -> str:
    """hash: ``size``, and number of a piece of 256 KiB -> that, deflated, sealed as words are; or,
    while pieces lie in a bucket, the ``key`` that seals them, itself sealed as words are."""
    return f"{ROOT}:{p}:blob:{name}"


@kind("polls")
def polls(p: int) -> str:
    """hash: subreddit -> Poll, what is asked for by ourselves."""
    return f"{ROOT}:{p}:polls"
