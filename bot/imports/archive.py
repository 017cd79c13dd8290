"""Members of a zip as streams: their names are names and never paths, and bombs are refused.
https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT"""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from bot.domain.errors import BadPayload

# The list of members is read whole.
_DIRECTORY = 16 * 1024 * 1024
_UNPACKED = 8 * 1024**3
# No export of words is packed closer, but a small one may be.
_RATIO, _SMALL = 250, 10 * 1024 * 1024
ZIP = b"PK\x03\x04"
_END, _LOCATOR, _TAIL = b"PK\x05\x06", b"PK\x06\x07", 76 + 22 + 65_535
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others may ask for gigabytes for a byte


def members(file: BinaryIO, of: str) -> zipfile.ZipFile:
    """The zip, looked at before it is opened. Raises BadPayload, saying that it is no ``of``."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    tail = file.read()
    end = tail.rfind(_END)
    if end < 0:
        raise BadPayload(f"This is no {of}: it is no zip.")
    directory = int.from_bytes(tail[end + 12 : end + 16], "little")
    if tail[max(0, end - 20) : end].startswith(_LOCATOR):  # what stands before it counts instead
        directory = max(directory, int.from_bytes(tail[end - 36 : end - 28], "little"))
    if directory > _DIRECTORY:
        raise BadPayload("This zip has too many members.")
    try:
        found = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise BadPayload(f"This zip is broken: {error}.") from None
    if any(one.compress_type not in _PACKED for one in found.infolist()):
        raise BadPayload("This zip is packed in another way than deflate: pack it anew.")
    unpacked = sum(one.file_size for one in found.infolist())
    # Members may lie one over the other: no more is packed than is there.
    packed = max(1, min(size, sum(one.compress_size for one in found.infolist())))
    if unpacked > _UNPACKED or (unpacked > _SMALL and unpacked / packed > _RATIO):
        raise BadPayload(
            f"This zip would be {unpacked / 1024**2:,.0f} MB, {unpacked / packed:,.0f} times what "
            "it is: that is refused."
        )
    return found


@contextmanager
def member(found: zipfile.ZipFile, name: str) -> Iterator[BinaryIO]:
    """One member, as it is unpacked. Raises BadPayload where that fails on the way."""
    try:
        with found.open(name) as file:
            yield cast(BinaryIO, file)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
        raise BadPayload(f"{name[:80]!r} of the zip is broken: {error}.") from None
