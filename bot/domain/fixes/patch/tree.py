"""A checkout as a value: paths to entries, with the modes git knows."""

import hashlib
from collections.abc import Mapping

from pydantic import ConfigDict

from bot.domain.models import Record

REGULAR = 0o100644
EXECUTABLE = 0o100755
SYMLINK = 0o120000
SUBMODULE = 0o160000
SPECIAL_BITS = 0o7000  # setuid, setgid, sticky: git drops them, the policy refuses them


class Entry(Record):
    """One file. ``data`` is its bytes; of a symlink it is the target, as git stores it.

    ``mode`` is one of git's four, plus setuid, setgid or sticky where a tarball had them."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64"
    )

    mode: int = REGULAR
    data: bytes = b""

    @property
    def git_mode(self) -> int:
        """The mode as git records it."""
        return self.mode & ~SPECIAL_BITS

    @property
    def is_symlink(self) -> bool:
        """Whether ``data`` is a target and not a content."""
        return self.git_mode == SYMLINK

    @property
    def target(self) -> str | None:
        """Where a symlink points; None of anything else."""
        return self.data.decode("utf-8", "surrogateescape") if self.is_symlink else None

    @property
    def is_binary(self) -> bool:
        """Git's own rule: a NUL in the first 8000 bytes."""
        return b"\0" in self.data[:8000]

    @property
    def text(self) -> str | None:
        """The content as UTF-8, None where it is not text."""
        if self.is_binary or self.git_mode not in (REGULAR, EXECUTABLE):
            return None
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            return None

    @property
    def object_id(self) -> str:
        """The id git gives this blob (SHA-1, https://git-scm.com/book/en/v2/Git-Internals)."""
        header = b"blob %d\0" % len(self.data)
        return hashlib.sha1(header + self.data, usedforsecurity=False).hexdigest()


Tree = Mapping[str, Entry]


def text_of(entry: Entry | None) -> str:
    """The text of a file; empty where there is none."""
    return (entry.text or "") if entry else ""
