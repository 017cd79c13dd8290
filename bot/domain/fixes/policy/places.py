"""What a fix may touch: paths that mean the same everywhere, and files that lie among their own
kind and steer nothing. The rest needs the project's word: what is known to steer, and what is not
known at all."""

import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator

from bot.domain.fixes.patch import Change, Patch, Tree
from bot.domain.fixes.policy.rules import Finding, Rules, refuse
from bot.domain.fixes.policy.steering import folded, steers
from bot.domain.fixes.testfiles import is_test_file

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|.{1,6}~\d+)(\..*)?", re.IGNORECASE)
_GIT_FOLDER = re.compile(r"\.git|git~\d", re.IGNORECASE)
MAX_PATH = 400  # bytes


def unsafe(patch: Patch, tree: Tree) -> Iterator[Finding]:
    """Paths that mean another file on some machine."""
    for change in patch.changes:
        reason = _unsafe(change.path)
        if reason and change.after is not None:
            message = f"the path {change.path!a} {reason}"
            yield Finding(rule="path", path=change.path, message=message)
    yield from _collisions(patch, tree)


def _unsafe(path: str) -> str:
    parts = path.split("/")
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return "is absolute"
    if ".." in parts or "." in parts or "" in parts:
        return "leaves its folder"
    if any(folded(char) != char and set("./\\:~") & set(folded(char)) for char in path):
        return "holds a look-alike of a dot or slash"
    if "\\" in path:
        return "holds a backslash"
    if any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in path):
        return "holds invisible characters"
    if any(_GIT_FOLDER.fullmatch(part.rstrip(". ")) for part in parts):
        return "reaches into .git"
    if any(part != part.strip(" ") or part.endswith(".") for part in parts):
        return "ends in a space or dot"
    if ":" in path or any(_RESERVED.fullmatch(part) for part in parts):
        return "has another meaning on Windows"
    return "is too long" if len(path.encode()) > MAX_PATH else ""


def _collisions(patch: Patch, tree: Tree) -> Iterator[Finding]:
    """New paths that some file system can't tell from another, or that are file and folder."""
    deleted = {change.path for change in patch.changes if change.after is None}
    added = [change.path for change in patch.changes if change.before is None]
    kept = tree.keys() - deleted
    known: dict[str, str] = {}
    for whole in sorted({*kept, *_folders(kept)}):
        known.setdefault(folded(whole), whole)
    folders = {folded(folder) for folder in _folders([*kept, *added])}
    for path in sorted(added):
        for whole in (path, *_folders([path])):
            other = known.setdefault(folded(whole), whole)
            if other != whole:
                yield refuse("path", path, f"and {other} are one file where case does not count")
                break
        if folded(path) in folders:
            yield refuse("path", path, "is also the name of a folder")


def _folders(paths: Iterable[str]) -> set[str]:
    """Every folder above one of ``paths``, without the top one."""
    found: set[str] = set()
    for path in paths:
        while (path := path.rpartition("/")[0]) and path not in found:
            found.add(path)
    return found


# Files of one language live beside each other, whatever their endings.
_LANGUAGES = {
    ending: language
    for language, endings in {
        "Python": "py pyi pyx",
        "JavaScript": "js mjs cjs jsx ts mts cts tsx vue svelte",
        "C": "c h cc cpp cxx hh hpp hxx m mm",
        "JVM": "java kt scala groovy",
        ".NET": "cs fs vb",
        "Elixir": "ex exs",
        "Perl": "pl pm",
        "shell": "sh bash",
        "style": "scss sass less",
        "page": "html htm jinja j2 erb hbs ejs",
        "Go": "go",
        "Rust": "rs",
        "Ruby": "rb",
        "PHP": "php",
        "Swift": "swift",
        "Dart": "dart",
        "Lua": "lua",
        "R": "r",
        "Julia": "jl",
        "Haskell": "hs",
        "Clojure": "clj",
        "Zig": "zig",
        "SQL": "sql",
    }.items()
    for ending in endings.split()
}
_IDLE = frozenset({"css", "po", "pot"})  # do nothing until a source names them
_TEXT = frozenset({"md", "rst", "adoc", "txt"})
_DATA = frozenset({"json", "csv", "tsv"})
_DATA_OF_TESTS = _DATA | _TEXT | {"yaml", "yml", "xml", "snap"}
_SOURCE, _PACKAGE = "any source", "a package"
_USUAL = re.compile(r"(readme|changelog|changes|history|news)\.(md|rst|adoc|txt)")


def out_of_place(
    patch: Patch, rules: Rules, tree: Tree, chosen: Collection[str]
) -> Iterator[Finding]:
    """Files that need the project's word; ``chosen`` ones may be the first of their language."""
    homes = {home for path in tree for home in _homes(path)}
    for change in patch.changes:
        path = change.path
        shown = path if path.isprintable() else ascii(path)
        why = "" if rules.allows(path) else _why(change, homes, path in chosen)
        if why:
            pattern = json.dumps(re.sub(r"([\\*?\[\]!#])", r"\\\1", path))
            message = (
                f"{shown} is protected ({why}); to let fixes change it, add {pattern} "
                "to fix.allow in .github/soulcaster.yml"
            )
            yield Finding(rule="protected", path=path, message=message)


def _split(path: str) -> tuple[str, str, str]:
    """Folder ("" is the top one), name and ending of a path."""
    folder, _, name = path.rpartition("/")
    return folder, name.lower(), name.lower().rpartition(".")[2] if "." in name else ""


def _homes(path: str) -> Iterator[tuple[str, str]]:
    """What the folder of a file is known for by it."""
    folder, _, ending = _split(path)
    if (what := "packages" if ending == "toml" else steers(path)) in ("packages", "build"):
        yield folder, _PACKAGE
    elif not what:
        yield folder, ending
        if ending in _LANGUAGES:
            yield from ((folder, _LANGUAGES[ending]), (folder, _SOURCE))


def _why(change: Change, homes: Collection[tuple[str, str]], is_chosen: bool) -> str:
    """Why a file needs the project's word; empty where it does not."""
    folder, name, ending = _split(change.path)
    if name == "conftest.py" and change.before:
        return ""  # judged like the tests it serves
    if what := steers(change.path):
        return what
    if language := _LANGUAGES.get(ending):
        above = [folder[:end] for end, char in enumerate(f"{folder}/") if char == "/"]
        at_home = is_chosen or any((each, language) in homes for each in ("", *above))
        return "" if at_home else f"no {language} source lives there"
    if ending in _IDLE or (ending in _TEXT and (change.before or _USUAL.fullmatch(name))):
        return ""
    is_test = is_test_file(change.path)
    kinds = _DATA_OF_TESTS if is_test else _DATA | _TEXT
    beside = (ending,) if is_test or ending in _TEXT else (ending, _SOURCE)
    is_beside = any((folder, each) in homes for each in beside)
    # At the top of a package tools look for their configuration.
    is_top = not folder or (folder, _PACKAGE) in homes
    if ending in kinds and is_beside and not is_top:
        return ""
    return "no source, text or data of a kind that lies there"
