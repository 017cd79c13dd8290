"""Keys of what is read from before, and of what we ask for; ``p`` is the project's id."""

from __future__ import annotations

from bot.storage.schema import Kind

# fmt: off
imports = Kind[[int]]("{p}:imports", "imports",
    "hash: the fields of the project's Import, how far GitHub's issues have been read.",
    rebuilt="by reading all again")
file_imports = Kind[[int]]("{p}:file-imports", "file_imports",
    "hash: number -> FileImport, how far a file was read and what it brought.")
brought = Kind[[int, int | str]]("{p}:brought:{number}", "file_imports",
    "set: numbers of the items that an import brought; of ``NUMBER:clusters`` that are gone "
    "through, those that they were in.",
    kept="until the import is taken back")
blob = Kind[[int, str]]("{p}:blob:{name}", "blobs",
    "hash: ``size``, and number of a piece of 256 KiB -> that, deflated, sealed as words are; or, "
    "while pieces lie in a bucket, the ``key`` that seals them, itself sealed as words are.",
    kept="an import's until it is read, at most 7 days; a shelf's until it is removed")
polls = Kind[[int]]("{p}:polls", "polls",
    "hash: subreddit -> Poll, what is asked for by ourselves.")
