"""Tarballs to trees and back. A tarball is untrusted: it is read in memory, never unpacked."""

import gzip
import io
import stat
import tarfile
import zlib
from collections.abc import Callable
from typing import IO, cast

from bot.domain.errors import BadPayload, TooLarge
from bot.domain.fixes.patch.tree import EXECUTABLE, REGULAR, SPECIAL_BITS, SYMLINK, Entry, Tree

MAX_FILES = 100_000  # files, links and folders
MAX_BYTES = 500_000_000
MAX_PATH, MAX_DEPTH = 1_024, 100  # characters, and folders
_HEADER_BYTES = 64_000  # of one extended header: a path, and what we have no use for
# Source text shrinks to a tenth: what shrinks further is no large amount of it.
_SHRINKS, _FREE_BYTES = 25, 48_000_000


def tree_from_tar(
    data: bytes,
    *,
    strip: int = 0,
    skip: Callable[[str], bool] = lambda path: False,
    max_files: int = MAX_FILES,
    max_bytes: int = MAX_BYTES,
) -> dict[str, Entry]:
    """The files of a tarball, plain or gzipped, by path. ``strip`` drops that many leading folders
    (GitHub's tarballs have one). ``skip`` leaves paths out before anything else is asked of them.
    Symlinks are kept as they are and never followed. Sizes are held to the caps as the headers have
    them, before a member is read; what is gzipped may hold 25 times its bytes, or 48 MB. Raises
    BadPayload for absolute paths, ``..``, devices, hard links, files with holes and anything twice;
    TooLarge over the caps."""
    tree: dict[str, Entry] = {}
    stream: IO[bytes] = io.BytesIO(data)
    if data[:2] == b"\x1f\x8b":
        # tarfile's own "r|gz" copies all that it has inflated for each header that it reads.
        stream = cast(IO[bytes], gzip.GzipFile(fileobj=stream))
    members, left = 0, min(max_bytes, max(_FREE_BYTES, _SHRINKS * len(data)))
    try:
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Member) as tar:
            for member in tar:
                tar.members.clear()  # type: ignore[attr-defined]
                members, left = members + 1, left - member.size
                if member.size < 0:
                    raise BadPayload(f"the tarball has a size below zero: {member.name[:100]!r}")
                if left < 0:
                    raise TooLarge("the tarball holds more bytes than we take")
                if members > max_files:
                    raise TooLarge(f"the tarball has more than {max_files} files")
                path = _path(member.name, strip)
                if path is None or member.isdir() or skip(path):
                    continue
                if len(path) > MAX_PATH or path.count("/") > MAX_DEPTH:
                    raise TooLarge(f"the tarball has a longer path than we take: {path[:100]}...")
                if path in tree:
                    raise BadPayload(f"the tarball has {path!r} twice")
                tree[path] = _entry(tar, member)
    except (tarfile.TarError, EOFError, ValueError, OSError, zlib.error) as error:
        raise BadPayload(f"not a tarball: {error}") from error
    _refuse_files_used_as_folders(tree)
    return tree


class _Member(tarfile.TarInfo):
    """A member whose header is looked at before anything else of it is read."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        """Called for each header: the hook that tarfile has for subclasses."""
        if self.type in _EXTENDED and self.size > _HEADER_BYTES:
            raise TooLarge(f"a header of the tarball is larger than {_HEADER_BYTES} bytes")
        if self.type == tarfile.GNUTYPE_SPARSE:
            self._refuse()
        found: tarfile.TarInfo = super()._proc_member(tar)  # type: ignore[misc]
        return found

    def _refuse(self, *_: object) -> None:
        raise BadPayload("the tarball has a file with holes")

    _proc_gnusparse_00 = _proc_gnusparse_01 = _proc_gnusparse_10 = _refuse


_EXTENDED = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)


def tar_from_tree(tree: Tree) -> bytes:
    """An uncompressed tarball of ``tree``; the same tree gives the same bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(tree):
            entry = tree[path]
            info = tarfile.TarInfo(path)
            if entry.is_symlink:
                info.type, info.linkname, info.mode = tarfile.SYMTYPE, entry.target or "", 0o777
                tar.addfile(info)
            elif entry.git_mode in (REGULAR, EXECUTABLE):
                info.mode, info.size = entry.mode & 0o7777, len(entry.data)
                tar.addfile(info, io.BytesIO(entry.data))
    return buffer.getvalue()


def _path(name: str, strip: int) -> str | None:
    """``name`` relative to the work folder; None for what ``strip`` leaves nothing of."""
    if name.startswith("/") or "\0" in name:
        raise BadPayload(f"the tarball has an unsafe path: {name!r}")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise BadPayload(f"the tarball has an unsafe path: {name!r}")
    return "/".join(parts[strip:]) or None


def _entry(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Entry:
    if member.issym():
        if len(member.linkname) > MAX_PATH:
            raise TooLarge(f"the tarball has a longer link than we take: {member.name[:100]}")
        return Entry(mode=SYMLINK, data=member.linkname.encode("utf-8", "surrogateescape"))
    if member.islnk():
        raise BadPayload(f"the tarball has a hard link: {member.name!r}")
    content = tar.fileobj if member.isreg() else None
    if content is None:
        raise BadPayload(f"the tarball has a device or pipe: {member.name!r}")
    content.seek(member.offset_data)  # extractfile wraps each file three times
    data = content.read(member.size)
    if len(data) != member.size:
        raise BadPayload(f"the tarball ends inside {member.name!r}")
    kind = EXECUTABLE if member.mode & stat.S_IXUSR else REGULAR
    return Entry(mode=kind | (member.mode & SPECIAL_BITS), data=data)


def _refuse_files_used_as_folders(tree: Tree) -> None:
    """A path below a symlink is how a tarball writes outside its folder."""
    for path in tree:
        parent = path
        while "/" in parent:
            parent = parent.rpartition("/")[0]
            if parent in tree:
                raise BadPayload(f"the tarball uses the file {parent!r} as a folder")
