"""What is to be installed, and the commands that do it."""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic import Field

from bot.domain.fixes.patch import Tree, text_of
from bot.domain.models import Record

_ALWAYS = ("pytest",)
_LISTS = ("extras", "groups", "files", "packages", "others", "prepare", "why", "left_out")
# Where a build puts the versions of a lock, below the package's folder.
CONSTRAINTS = ".soulcaster/constraints.txt"
# How it is built; another one builds anew what was kept.
_RECIPE = 7
_READ = re.compile(
    r"pyproject\.toml|setup\.(py|cfg)|[\w./-]*requirements[\w./-]*|tox\.ini|noxfile\.py|Pipfile"
    r"|(uv|poetry|pdm)\.lock|package(-lock)?\.json|pnpm-lock\.yaml|yarn\.lock|go\.(mod|sum)|Cargo\.(toml|lock)|([\w./-]+/)?pom\.xml|\.mvn/.*|.*/_version\.py|PKG-INFO"
)


class Needs(Record):
    """Found in the files of a checkout.

    ``root`` is the package's folder, empty for the checkout's own. ``setup`` are the project's
    own commands, which stand for all that follows: ``project`` (install itself), ``extras``,
    ``groups``, ``files`` (of requirements) and ``packages`` for Python, ``node`` for Node,
    ``others`` for other languages, ``prepare`` and ``variables`` what CI makes and sets then.
    ``lock`` is the file whose versions are kept to, ``pins`` those versions where they are plain.
    ``imports`` are modules that tests import, and what may install each. ``why`` names the file
    each came from; ``left_out`` is what a build can't do."""

    root: str = ""
    setup: tuple[str, ...] = ()
    project: bool = False
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    node: str = ""
    others: tuple[str, ...] = ()
    prepare: tuple[str, ...] = ()
    variables: dict[str, str] = Field(default_factory=dict)
    lock: str = ""
    pins: tuple[str, ...] = ()
    version: str = ""
    imports: dict[str, str] = Field(default_factory=dict)
    why: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def python(self) -> bool:
        """Whether Python packages are needed."""
        return bool(self.project or self.extras or self.groups or self.files or self.packages)

    @property
    def nothing(self) -> bool:
        """Whether tests run as they are."""
        return not (self.setup or self.python or self.node or self.others or self.prepare)

    @property
    def whole(self) -> str:
        """Installs all at once, so that versions fit each other and the lock."""
        locked = [f"-c {CONSTRAINTS}"] if self.lock else []
        return install([*_ALWAYS, *locked, *self._each()])

    @property
    def parts(self) -> tuple[str, ...]:
        """Installs one after the other, for where not all fit: itself first."""
        itself = [f"-e {shlex.quote(f'.[{extra}]')}" for extra in self.extras if self.project]
        rest = [part for part in self._each() if not part.startswith("-e ")]
        each = [*(["-e ."] if self.project else []), *itself, *rest, *_ALWAYS]
        return tuple(install([part]) for part in each)

    @property
    def commands(self) -> tuple[str, ...]:
        """What a build runs, in this order, where all goes well."""
        python = [self.whole] if self.python else []
        return (*self.setup, *python, *filter(None, [self.node]), *self.others, *self.prepare)

    @property
    def sources(self) -> str:
        """The files that say so."""
        return ", ".join((*self.why, *filter(None, (self.lock,))))

    def _each(self) -> Iterator[str]:
        if self.project:
            extras = f"[{','.join(self.extras)}]" if self.extras else ""
            yield f"-e {shlex.quote('.' + extras)}"
        yield from (f"-r {shlex.quote(path)}" for path in self.files)
        yield from (f"--group {shlex.quote(name)}" for name in self.groups)
        if self.packages:
            yield " ".join(shlex.quote(each) for each in self.packages)

    def key(self, tree: Tree, *also: str) -> str:
        """Names the environment: equal for checkouts that need the same, built by ``also``."""
        digest = hashlib.sha256(f"{_RECIPE}{self.model_dump_json()}".encode())
        for part in also:
            digest.update(b"\0" + part.encode())
        for path in sorted(tree):  # what CI makes may come of any
            if self.prepare or _READ.fullmatch(path.removeprefix(f"{self.root}/")):
                digest.update(f"\0{path}\0".encode() + tree[path].data)
        return digest.hexdigest()[:40]

    def merged(self, others: Iterable[Needs]) -> Needs:
        """All of several; the first word of each stands."""
        found = self
        for other in others:
            found = found.model_copy(
                update={
                    name: tuple(dict.fromkeys((*getattr(found, name), *getattr(other, name))))
                    for name in _LISTS
                }
                | {"project": found.project or other.project, "node": found.node or other.node}
                | {"variables": {**other.variables, **found.variables}}
            )
        return found


def install(parts: Sequence[str]) -> str:
    """Installs ``parts``, which are quoted."""
    return f"uv pip install {' '.join(parts)}"


def version_of(tree: Tree, root: str) -> str:
    """What a version taken from tags would be: a checkout without history has none."""
    info = text_of(tree.get(posixpath.join(root, "PKG-INFO")))
    if found := re.search(r"^Version: (\S+)", info, re.M):
        return found[1]
    for path in sorted(tree):
        folder, _, name = path.rpartition("/")
        if (
            folder in (root, posixpath.join(root, "docs"))
            and re.match(r"(CHANGES|CHANGELOG|HISTORY|NEWS|RELEASES?)\b", name, re.I)
            and (found := re.search(r"\bv?(\d+\.\d+(\.\d+)?)\b", text_of(tree[path])))
        ):
            return found[1]
    return "0.0.1"


# The newest that writes each format: https://github.com/pnpm/spec/tree/master/lockfile
_PNPM = {"5": "7", "6": "8", "9": "9"}
# A manager that the sandbox does not have is kept beside what it installs: scripts may name it.
_MANAGER = 'npm install --global --prefix "$VIRTUAL_ENV" {}'

# The first yarn asks the very hosts that its lock names, and there is a way to one alone.
_HOSTS = (
    '{ [ -z "$npm_config_registry" ] || sed -Ei '
    '"s#https?://[^/]+/((@[^/]+/)?[^/]+/-/)#$npm_config_registry\\1#" yarn.lock; }'
)


def package_json(tree: Tree) -> dict[str, Any]:
    """The file; empty where there is none, or none that can be read."""
    try:
        package = json.loads(text_of(tree.get("package.json")) or "{}")
    except ValueError:
        return {}
    return package if isinstance(package, dict) else {}


def node_manager(tree: Tree) -> str:
    """npm, pnpm, yarn, or berry: yarn from version 2 on."""
    if "pnpm-lock.yaml" in tree:
        return "pnpm"
    lock = text_of(tree.get("yarn.lock"))
    return "berry" if "__metadata:" in lock else "yarn" if "yarn.lock" in tree else "npm"


def node_needs(tree: Tree) -> Needs:
    """Nothing where ``package.json`` names nothing. A lock is kept to, whatever is newer."""
    package = package_json(tree)
    if not any(package.get(name) for name in ("dependencies", "devDependencies", "workspaces")):
        return Needs()
    said = re.match(r"(pnpm|yarn)@(\d+\.\d+\.\d+)", str(package.get("packageManager", "")))
    manager = node_manager(tree)
    written = re.search(r"^lockfileVersion: '?(\d+)", text_of(tree.get("pnpm-lock.yaml")), re.M)
    pnpm, frozen = _PNPM.get(written[1] if written else "", "9"), "install --frozen-lockfile"
    lock, version, install = {
        "pnpm": ("pnpm-lock.yaml", pnpm, f"pnpm {frozen}"),
        "yarn": ("yarn.lock", "1", f"{_HOSTS} && yarn {frozen}"),
        "berry": ("yarn.lock", "4", "yarn install --immutable"),
        "npm": ("package-lock.json", "", "npm ci"),
    }[manager]  # fmt: skip
    if lock not in tree:
        return Needs(node="npm install --no-package-lock", why=("package.json",))
    if manager != "npm":
        name = "@yarnpkg/cli-dist" if manager == "berry" else manager
        install = f"{_MANAGER.format(f'{name}@{said[2] if said else version}')} && {install}"
    return Needs(node=install, why=(lock,))
