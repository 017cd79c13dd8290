"""The ports of large files: what the rest sees, and where their pieces may lie."""

from typing import Protocol


class Blobs(Protocol):
    """Large files of projects, for every machine, as long as they are worked on."""

    async def append(self, project: int, name: str, offset: int, data: bytes) -> int:
        """Add to the end, which has to be at ``offset``, 0 of a new file; the new size. Raises
        Rejected where it ends elsewhere, TooLarge where there is no room for it."""

    async def size(self, project: int, name: str) -> int:
        """Its bytes so far; 0 where there is none."""

    async def read(self, project: int, name: str, offset: int, most: int) -> bytes:
        """Up to ``most`` bytes from ``offset`` on; none at its end. Raises Unreadable where there
        was more."""

    async def keep(self, project: int, name: str) -> None:
        """Keep it until it is dropped."""

    async def drop(self, project: int, name: str) -> None:
        """Forget it."""

    async def erase(self, project: int) -> int:
        """Forget all of a project's; how many pieces or files were found."""


class Objects(Protocol):
    """Where blobs' pieces lie outside Redis. Raises Unavailable, and ConfigError where the store is
    not there or is not ours."""

    async def put(self, name: str, data: bytes) -> None:
        """Write it, over what was there."""

    async def get(self, name: str) -> bytes | None:
        """What was put there; None where nothing is."""

    async def drop(self, folder: str) -> int:
        """Forget all whose names begin with ``folder`` and a slash; how many that were."""

    async def folders(self) -> list[str]:
        """The first parts of all names, up to a slash."""
