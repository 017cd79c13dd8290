"""What a checkout names, and neither holds nor can be fetched: tests may miss it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import urlsplit

from bot.domain.fixes.patch import Tree, text_of

_POINTER = b"version https://git-lfs.github.com/spec/v1\n"

# The kind of registry, what it has, the file that names them, what that has where there is any, and
# where they may lie beside it.
_OTHERS = (
    ("go", "Go modules", "go.sum", "h1:", "vendor/modules.txt"),
    ("crates", "crates", "Cargo.lock", "registry+", ".cargo/config.toml"),
    ("", "packages of Maven", "pom.xml", "<dependency>", ""),
    ("", "packages of Gradle", "build.gradle", "mplementation", ""),
    ("", "packages of Gradle", "build.gradle.kts", "mplementation", ""),
)


def absences(tree: Tree, fetched: Collection[str] = ()) -> Iterator[str]:
    """A line for each kind: submodules, files that Git LFS keeps, links that lead outside, and
    packages of registries that no build reaches; it reaches those of the kinds in ``fetched``."""
    modules = submodules(tree)
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
    for kind, what, file in wanted(tree):
        if kind not in fetched:
            yield f"{what} are not fetched ({file})"


def wanted(tree: Tree) -> Iterator[tuple[str, str, str]]:
    """What comes from registries of other languages than Python and Node: the kind of registry,
    what it has, and the file that names it."""
    for kind, what, file, sign, beside in _OTHERS:
        if sign in text_of(tree.get(file)) and beside not in tree:
            yield kind, what, file


def submodules(tree: Tree) -> Mapping[str, str]:
    """By folder: the URL that ``.gitmodules`` names, for those of which nothing is there.

    Folders that lead elsewhere, and those below a file, a link or another of them, are none.
    """
    found = {}
    for section in text_of(tree.get(".gitmodules")).split("[submodule ")[1:]:
        said = dict(re.findall(r"^\s*(path|url)\s*=\s*(\S+)\s*$", section, re.M))
        path = said.get("path", "")
        parts = path.split("/")
        above = {"/".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
        if not {"", ".", "..", ".git"}.intersection(parts) and not above & tree.keys():
            found[path] = said.get("url", "")
    return {
        path: url
        for path, url in found.items()
        if not any(each.startswith(f"{path}/") for each in tree)
        and not any(path.startswith(f"{each}/") for each in found)
    }


def repository_of(url: str, page: str) -> str:
    """``owner/name`` of a submodule's URL as the repository at ``page`` reads it.

    Empty for any other host, protocol or login: nothing but a name of the same host is used of it.
    """
    host, path = urlsplit(page).netloc, urlsplit(page).path.strip("/")
    if url.startswith(("./", "../")):
        there = posixpath.normpath(posixpath.join(f"/{path}", url)).strip("/")
    else:
        known = re.match(rf"(https://|(ssh://)?git@){re.escape(host)}[:/](?P<path>.+)", url)
        there = known["path"] if known else ""
    name = re.fullmatch(r"([A-Za-z0-9][\w-]*/[\w-][\w.-]*?)(\.git)?/?", there)
    return name[1] if name else ""


def _leaves(path: str, target: str) -> bool:
    there = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return f"{there}/".startswith(("/", "../"))
