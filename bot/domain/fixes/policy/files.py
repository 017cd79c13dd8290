"""Size of a patch; links, modes, submodules and binaries in it."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.fixes.patch import EXECUTABLE, SUBMODULE, Change, Patch
from bot.domain.fixes.patch.tree import SPECIAL_BITS
from bot.domain.fixes.policy.rules import Finding, Rules, flag, refuse


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
        yield refuse("symlink", path, f"is a symbolic link to {after.target!r}")
    elif before and before.is_symlink:
        message = f"the symbolic link {path} is {'replaced by a file' if after else 'deleted'}"
        yield Finding(rule="symlink", path=path, message=message)
    if any(side and side.git_mode == SUBMODULE for side in (before, after)):
        yield refuse("submodule", path, "changes a submodule")
    if after and after.mode & SPECIAL_BITS:
        yield refuse("mode", path, "has the setuid, setgid or sticky bit")
    if rules.allows(path):
        return
    was, now = (side is not None and side.git_mode == EXECUTABLE for side in (before, after))
    if now and not was:
        yield refuse("mode", path, "becomes executable")
    elif was and after and not now:
        yield flag("mode", path, "is no longer executable")
    if change.is_binary:
        yield refuse("binary", path, "is a binary file")
