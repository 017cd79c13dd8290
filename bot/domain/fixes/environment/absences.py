"""What a checkout names, and neither holds nor can be fetched: tests may miss it."""

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import urlsplit

from bot.domain.fixes.patch import Tree, text_of
from bot.domain.fixes.patch.tarball import MAX_PATH

# No \s: what runs over line ends is tried from each of them.
_SAYS = re.compile(r"^[ \t]*(path|url)[ \t]*=[ \t]*(\S+)[ \t\r]*$", re.MULTILINE)
_POINTER = b"version https://git-lfs.github.com/spec/v1\n"

# The kind of registry, what it has, the file that names them, what that has where there is any, and
# where they may lie beside it.
_OTHERS = (
    ("go", "Go modules", "go.sum", "h1:", "vendor/modules.txt"),
    ("crates", "crates", "Cargo.lock", "registry+", ".cargo/config.toml"),
    ("maven", "packages of Maven", "pom.xml", "<", ""),
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
    """By folder: the URL that ``.gitmodules`` names, for those of which nothing is there. Folders
    that lead elsewhere, and those below a file, a link or another of them, are none."""
    found = {}
    for section in text_of(tree.get(".gitmodules")).split("[submodule ")[1:]:
        said = dict(_SAYS.findall(section))
        path = said.get("path", "")
        parts = path.split("/")
        if len(path) > MAX_PATH or {"", ".", "..", ".git"}.intersection(parts):
            continue
        if not {path, *_above(path)} & tree.keys():
            found[path] = said.get("url", "")
    full = {folder for path in tree for folder in _above(path)} if found else set()
    return {
        path: url
        for path, url in found.items()
        if path not in full and not found.keys() & set(_above(path))
    }


def _above(path: str) -> Iterator[str]:
    """The folders that it lies in."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def repository_of(url: str, page: str) -> str:
    """``owner/name`` of a submodule's URL as the repository at ``page`` reads it. Empty for any
    other host, protocol or login: nothing but a name of the same host is used of it."""
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
