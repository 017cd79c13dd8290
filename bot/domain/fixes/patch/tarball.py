"""Tarballs to trees and back. A tarball is untrusted: it is read in memory, never unpacked."""

from __future__ import annotations

import io
import stat
import tarfile
import zlib
from collections.abc import Callable

from bot.domain.errors import BadPayload, TooLarge
from bot.domain.fixes.patch.tree import EXECUTABLE, REGULAR, SPECIAL_BITS, SYMLINK, Entry, Tree

MAX_FILES = 100_000
MAX_BYTES = 500_000_000


def tree_from_tar(
    data: bytes,
    *,
    strip: int = 0,
    skip: Callable[[str], bool] = lambda path: False,
    max_files: int = MAX_FILES,
    max_bytes: int = MAX_BYTES,
) -> dict[str, Entry]:
    """The files of a tarball, plain or gzipped, by path.

    ``strip`` drops that many leading folders (GitHub's tarballs have one). ``skip`` leaves paths
    out before anything else is asked of them. Symlinks are kept as they are and never followed.
    Raises BadPayload for absolute paths, ``..``, devices, links to nowhere and anything twice;
    TooLarge over the caps.
    """
    tree: dict[str, Entry] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(_plain(data, max_bytes)), mode="r:") as tar:
            for member in tar:
                path = _path(member.name, strip)
                if path is None or member.isdir() or skip(path):
                    continue
                if path in tree:
                    raise BadPayload(f"the tarball has {path!r} twice")
                tree[path] = _entry(tar, member, tree, strip)
                if len(tree) > max_files:
                    raise TooLarge(f"the tarball has more than {max_files} files")
    except (tarfile.TarError, EOFError, ValueError, OSError) as error:
        raise BadPayload(f"not a tarball: {error}") from error
    _refuse_files_used_as_folders(tree)
    return tree


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


def _plain(data: bytes, max_bytes: int) -> bytes:
    """``data`` without its gzip layer. A bomb stops at the cap."""
    if data[:2] == b"\x1f\x8b":
        unzip = zlib.decompressobj(wbits=31)
        try:
            data = unzip.decompress(data, max_bytes + 1)
        except zlib.error as error:
            raise BadPayload(f"not a gzip file: {error}") from error
    if len(data) > max_bytes:
        raise TooLarge(f"the tarball holds more than {max_bytes} bytes")
    return data


def _path(name: str, strip: int) -> str | None:
    """``name`` relative to the work folder; None for what ``strip`` leaves nothing of."""
    if name.startswith("/") or "\0" in name:
        raise BadPayload(f"the tarball has an unsafe path: {name!r}")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise BadPayload(f"the tarball has an unsafe path: {name!r}")
    return "/".join(parts[strip:]) or None


def _entry(tar: tarfile.TarFile, member: tarfile.TarInfo, seen: Tree, strip: int) -> Entry:
    if member.issym():
        return Entry(mode=SYMLINK, data=member.linkname.encode("utf-8", "surrogateescape"))
    if member.islnk():
        linked = seen.get(_path(member.linkname, strip) or "")
        if linked is None:
            raise BadPayload(f"the tarball links {member.name!r} to something it does not hold")
        return linked
    content = tar.extractfile(member) if member.isreg() else None
    if content is None:
        raise BadPayload(f"the tarball has a device or pipe: {member.name!r}")
    data = content.read()
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
