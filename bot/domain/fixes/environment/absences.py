"""What a checkout names, and neither holds nor can be fetched: tests may miss it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from bot.domain.fixes.patch import Tree, text_of

_POINTER = b"version https://git-lfs.github.com/spec/v1\n"

# By the file that names them: what it has where there is any, and where they may lie beside it.
_OTHERS = (
    ("Go modules", "go.sum", "h1:", "vendor/modules.txt"),
    ("crates", "Cargo.lock", "registry+", ".cargo/config.toml"),
    ("packages of Maven", "pom.xml", "<dependency>", ""),
    ("packages of Gradle", "build.gradle", "mplementation", ""),
    ("packages of Gradle", "build.gradle.kts", "mplementation", ""),
)


def absences(tree: Tree) -> Iterator[str]:
    """A line for each kind: submodules, files that Git LFS keeps, links that lead outside, and
    packages of registries that no build reaches."""
    paths = re.findall(r"^\s*path\s*=\s*(\S+)\s*$", text_of(tree.get(".gitmodules")), re.M)
    modules = [path for path in paths if not any(each.startswith(f"{path}/") for each in tree)]
    pointers = [path for path, entry in tree.items() if entry.data.startswith(_POINTER)]
    outside = [path for path, entry in tree.items() if entry.target and _leaves(path, entry.target)]
    for what, found in (
        ("submodules that are not fetched", modules),
        ("pointers of Git LFS", pointers),
        ("links out of the checkout", outside),
    ):
        if found:
            more = f" and {len(found) - 3} more" * (len(found) > 3)
            yield f"{what}: {', '.join(sorted(found)[:3])}{more}"
    for what, file, sign, beside in _OTHERS:
        if sign in text_of(tree.get(file)) and beside not in tree:
            yield f"{what} are not fetched ({file})"


def _leaves(path: str, target: str) -> bool:
    there = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return f"{there}/".startswith(("/", "../"))
