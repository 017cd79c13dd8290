"""What a fix changes: trees of files, the patch between two of them, its text as git prints it.

**Invariant:** a patch is computed by us from two trees, never parsed from what an agent says."""

from bot.domain.fixes.patch.diff import Change, Patch, apply, diff
from bot.domain.fixes.patch.ignored import DROPPING_FOLDERS, matcher, unwanted
from bot.domain.fixes.patch.tarball import tar_from_tree, tree_from_tar
from bot.domain.fixes.patch.tree import (
    EXECUTABLE,
    REGULAR,
    SUBMODULE,
    SYMLINK,
    Entry,
    Tree,
    text_of,
)
