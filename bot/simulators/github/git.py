"""One bare git repository, through git's own plumbing commands.

**Invariant:** nobody else writes here. Objects never change, so what was read once by its SHA is
kept; refs are read again after each change of ours.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import tempfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.simulators.github.commits import Commit, Signed, commit_text, parse_commit

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
NOTHING = "0" * 40
_SHA = re.compile(r"[0-9a-f]{4,40}")


class GitError(Exception):
    """Git refused: its own words."""


class NoSuchObject(GitError):
    """Nothing goes by this name here."""


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One entry of a tree; ``size`` is in bytes, None for what is not a blob."""

    path: str
    mode: str
    type: str
    sha: str
    size: int | None = None


class GitRepository:
    """A bare repository at ``path``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._commits: dict[str, Commit] = {}
        self._trees: dict[tuple[str, bool], list[TreeEntry]] = {}
        self._refs: dict[str, str] | None = None
        self._moves = 0
        self._kinds: dict[str, str] = {}
        self._fixed: dict[tuple[str, ...], tuple[int, bytes]] = {}
        self._environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "GIT_DIR": str(path),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "LC_ALL": "C.UTF-8",
        }

    async def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        index: Path | None = None,
        accept: Sequence[int] = (0,),
    ) -> tuple[int, bytes]:
        """Run git here; its exit code and output. Raises GitError for a code not accepted."""
        environment = self._environment | ({"GIT_INDEX_FILE": str(index)} if index else {})
        process = await asyncio.create_subprocess_exec(
            "git",
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
        )
        output, errors = await process.communicate(stdin)
        if process.returncode not in accept:
            raise GitError(errors.decode(errors="replace").strip())
        return process.returncode or 0, output

    async def fixed(self, *arguments: str, accept: Sequence[int] = (0,)) -> tuple[int, bytes]:
        """``run`` for a command that names objects by full SHA only: its outcome is kept."""
        if arguments not in self._fixed:
            self._fixed[arguments] = await self.run(*arguments, accept=accept)
        return self._fixed[arguments]

    async def _text(self, *arguments: str, stdin: bytes = b"", index: Path | None = None) -> str:
        _, output = await self.run(*arguments, stdin=stdin, index=index)
        return output.decode(errors="replace").strip()

    async def create(self, default_branch: str) -> None:
        """Make the repository, empty."""
        self.path.mkdir(parents=True, exist_ok=True)
        await self.run("init", "--quiet", "--bare", f"--initial-branch={default_branch}")

    # --- objects

    async def kind(self, sha: str) -> str | None:
        """``blob``, ``tree``, ``commit``, ``tag``, or None where there is no such object."""
        if not _SHA.fullmatch(sha):
            return None
        if sha in self._kinds:
            return self._kinds[sha]
        code, output = await self.run("cat-file", "-t", sha, accept=(0, 1, 128))
        if code:
            return None
        return self._known(sha, output.decode().strip())

    def _known(self, sha: str, kind: str) -> str:
        """Remember what an object is; an abbreviation may come to mean another one."""
        if len(sha) == len(NOTHING):
            self._kinds[sha] = kind
        return kind

    async def write_blob(self, content: bytes) -> str:
        """Store a blob; its SHA. Without a process, for a push writes many: a loose object of
        https://git-scm.com/book/en/v2/Git-Internals-Git-Objects"""
        stored = b"blob %d\0%b" % (len(content), content)
        sha = hashlib.sha1(stored, usedforsecurity=False).hexdigest()
        self._store(self.path / "objects" / sha[:2] / sha[2:], stored)
        self._known(sha, "blob")
        return sha

    def _store(self, file: Path, content: bytes) -> None:
        if not file.exists():
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(zlib.compress(content))

    async def blob(self, sha: str) -> bytes:
        """A blob's bytes. Raises NoSuchObject."""
        if await self.kind(sha) != "blob":
            raise NoSuchObject(sha)
        return (await self.run("cat-file", "blob", sha))[1]

    async def tree(self, sha: str, *, recursive: bool = False) -> list[TreeEntry]:
        """The entries of a tree (or of a commit's tree). Raises NoSuchObject."""
        if (sha, recursive) not in self._trees:
            if await self.kind(sha) not in ("tree", "commit"):
                raise NoSuchObject(sha)
            options = ["-r", "-t"] if recursive else []
            _, output = await self.run("ls-tree", "-z", "-l", *options, sha)
            rows = output.decode(errors="surrogateescape").split("\0")
            self._trees[sha, recursive] = [_entry(row) for row in rows if row]
        return self._trees[sha, recursive]

    async def write_tree(self, entries: Iterable[TreeEntry], *, base: str | None = None) -> str:
        """Store a tree: ``base`` with these blobs changed; an empty ``sha`` removes the path.

        Raises GitError for an object that does not exist and a path that git refuses.
        """
        with tempfile.TemporaryDirectory(dir=self.path) as folder:
            index = Path(folder) / "index"
            await self.run("read-tree", base or EMPTY_TREE, index=index)
            lines = "".join(
                f"{entry.mode if entry.sha else '0'} {entry.sha or NOTHING}\t{entry.path}\0"
                for entry in entries
            )
            await self.run("update-index", "-z", "--index-info", stdin=lines.encode(), index=index)
            sha = await self._text("write-tree", index=index)
        self._known(sha, "tree")
        return sha

    async def write_commit(
        self,
        *,
        tree: str,
        parents: Sequence[str],
        message: str,
        author: Signed,
        committer: Signed,
        by_github: bool,
    ) -> str:
        """Store a commit; ``by_github`` gives it GitHub's own signature."""
        text = commit_text(tree, parents, author, committer, message, by_github=by_github)
        sha = await self._text("hash-object", "-t", "commit", "-w", "--stdin", stdin=text)
        self._commits[sha] = parse_commit(sha, text)
        self._known(sha, "commit")
        return sha

    async def commit(self, sha: str) -> Commit:
        """A commit by its full SHA. Raises NoSuchObject."""
        if sha not in self._commits:
            if await self.kind(sha) != "commit":
                raise NoSuchObject(sha)
            _, output = await self.run("cat-file", "commit", sha)
            self._commits[sha] = parse_commit(sha, output)
        return self._commits[sha]

    # --- names

    async def resolve(self, name: str) -> str:
        """The commit that a branch, a tag, a full ref or a SHA names. Raises NoSuchObject."""
        references = await self.references()
        for ref in (f"refs/heads/{name}", f"refs/tags/{name}", f"refs/{name}", name):
            if ref in references:
                return references[ref]
        if await self.kind(name) != "commit":
            raise NoSuchObject(name)
        return name if len(name) == len(NOTHING) else await self._text("rev-parse", name)

    async def references(self, prefix: str = "refs/") -> dict[str, str]:
        """Full ref names that start with ``prefix``, sorted, with the SHA each points to."""
        found = self._refs
        if found is None:
            asked_at = self._moves
            listing = await self._text("for-each-ref", "--format=%(objectname) %(refname)")
            found = {name: sha for sha, name in map(str.split, listing.splitlines())}
            if asked_at == self._moves:  # else a ref moved while git was reading
                self._refs = found
        return {name: sha for name, sha in found.items() if name.startswith(prefix)}

    async def branches(self) -> dict[str, str]:
        """Branch names with the SHA each points to."""
        heads = await self.references("refs/heads/")
        return {name.removeprefix("refs/heads/"): sha for name, sha in heads.items()}

    async def valid_name(self, ref: str) -> bool:
        """Whether git accepts this full ref name."""
        code, _ = await self.run("check-ref-format", ref, accept=(0, 1))
        return code == 0

    async def move(self, ref: str, sha: str, *, expected: str | None = None) -> None:
        """Point ``ref`` at ``sha``, atomically; ``expected`` is what it must point at before
        (``NOTHING``: it must not exist). Raises GitError when it does not."""
        await self._update_ref(ref, sha, *([expected] if expected else []))

    async def remove(self, ref: str) -> None:
        """Delete a ref."""
        await self._update_ref("-d", ref)

    async def _update_ref(self, *arguments: str) -> None:
        self._refs, self._moves = None, self._moves + 1
        await self.run("update-ref", *arguments)
        self._refs, self._moves = None, self._moves + 1

    # --- history

    async def is_ancestor(self, old: str, new: str) -> bool:
        """Whether ``new`` can be reached from ``old`` by going forward only; full SHAs."""
        code, _ = await self.fixed("merge-base", "--is-ancestor", old, new, accept=(0, 1))
        return code == 0

    async def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor of two full SHAs, or None."""
        code, output = await self.fixed("merge-base", one, other, accept=(0, 1))
        return output.decode().strip() if code == 0 else None

    async def log(self, *names: str, paths: Sequence[str] = ()) -> list[str]:
        """SHAs of the commits, newest first, that ``git rev-list`` finds by full SHAs and paths."""
        _, output = await self.fixed("rev-list", "--topo-order", *names, "--", *paths)
        return output.decode().split()

    async def merge_tree(self, base: str, head: str) -> str | None:
        """The tree of merging two commits, by full SHA, or None where they conflict."""
        code, output = await self.fixed(
            "merge-tree", "--write-tree", "--no-messages", base, head, accept=(0, 1)
        )
        return output.decode().split("\n", 1)[0].strip() if code == 0 else None

    async def archive(self, sha: str, prefix: str) -> bytes:
        """A gzipped tar of a commit, everything below the folder ``prefix``."""
        return (await self.run("archive", "--format=tar.gz", f"--prefix={prefix}/", sha))[1]

    async def commit_files(
        self,
        branch: str,
        files: Mapping[str, bytes | None],
        *,
        message: str,
        author: Signed,
        executable: Iterable[str] = (),
    ) -> tuple[str | None, str]:
        """Commit changed files (None deletes one) to a branch; its SHA before and after."""
        ref = f"refs/heads/{branch}"
        before = (await self.references(ref)).get(ref)
        modes = dict.fromkeys(executable, "100755")
        entries = [
            TreeEntry(
                path,
                modes.get(path, "100644"),
                "blob",
                "" if content is None else await self.write_blob(content),
            )
            for path, content in files.items()
        ]
        after = await self.write_commit(
            tree=await self.write_tree(entries, base=before),
            parents=[before] if before else [],
            message=message,
            author=author,
            committer=author,
            by_github=False,
        )
        await self.move(ref, after, expected=before or NOTHING)
        return before, after


def _entry(row: str) -> TreeEntry:
    facts, path = row.split("\t", 1)
    mode, kind, sha, size = facts.split()
    return TreeEntry(path, mode, kind, sha, int(size) if size != "-" else None)
