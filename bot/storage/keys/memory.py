"""Keys of what is known of one project and asked of models; ``p`` is its id, the repository's."""

from __future__ import annotations

from bot.storage.schema import Kind

# fmt: off
facts = Kind[[int]]("{p}:facts", "memory",
    "hash: number -> Fact.",
    kept="until forgotten, expired, or its source says otherwise; the newest 1,000")
conversations = Kind[[int]]("{p}:conversations", "memory",
    "hash: number -> Conversation, what somebody asked.",
    kept="the newest 200")
profile = Kind[[int]]("{p}:profile", "memory",
    "string: Profile, what the project is in five sections.",
    rebuilt="by `profile refresh`")
own_keys = Kind[[int]]("{p}:own-keys", "own_keys",
    "hash: vendor -> project, vendor, and its sealed key of a language model.",
    kept="until it is removed", rebuilt="not at all: it is typed again")
spent = Kind[[int, str]]("{p}:spent:{month}", "spending",
    "hash: ``of|what`` -> millionths of a dollar, tokens, tokens without a price in a month "
    "(``2026-11``); of all of it, a run, a model.",
    kept="400 days", rebuilt="not at all: only vendors know it, too")
files = Kind[[int]]("{p}:files", "shelf",
    "hash: digest of its content -> ShelfFile, its bytes and text are blobs; ``shelves`` -> "
    "Shelves, their names.",
    kept="until removed; at most 200 files and 200 MB")
