"""Size of a patch; links, modes, submodules and binaries in it."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.fixes.patch import EXECUTABLE, SUBMODULE, Change, Patch
from bot.domain.fixes.patch.tree import SPECIAL_BITS
from bot.domain.fixes.policy.rules import Finding, Rules


def size(patch: Patch, rules: Rules) -> Iterator[Finding]:
    """Caps on files, lines and bytes."""
    stats = patch.stats
    for counted, cap, what in (
        (stats.files, rules.max_files, "files"),
        (stats.added + stats.removed, rules.max_lines, "changed lines"),
        (stats.bytes, rules.max_bytes, "added bytes"),
    ):
        if counted > cap:
            message = f"the patch has {counted:,} {what}; this project allows {cap:,}"
            yield Finding(rule="size", path="", message=message)


def kind(change: Change, rules: Rules) -> Iterator[Finding]:
    """What a file is: only plain text files pass unasked."""
    path, before, after = change.path, change.before, change.after
    if after and after.is_symlink:
        message = f"{path} is a symbolic link to {after.target!r}"
        yield Finding(rule="symlink", path=path, message=message)
    elif before and before.is_symlink:
        message = f"the symbolic link {path} is {'replaced by a file' if after else 'deleted'}"
        yield Finding(rule="symlink", path=path, message=message)
    if any(side and side.git_mode == SUBMODULE for side in (before, after)):
        yield Finding(rule="submodule", path=path, message=f"{path} changes a submodule")
    if after and after.mode & SPECIAL_BITS:
        message = f"{path} has the setuid, setgid or sticky bit"
        yield Finding(rule="mode", path=path, message=message)
    if rules.allows(path):
        return
    was, now = (side is not None and side.git_mode == EXECUTABLE for side in (before, after))
    if now and not was:
        yield Finding(rule="mode", path=path, message=f"{path} becomes executable")
    elif was and after and not now:
        message = f"{path} is no longer executable"
        yield Finding(rule="mode", path=path, message=message, severity="flag")
    if change.is_binary:
        yield Finding(rule="binary", path=path, message=f"{path} is a binary file")
