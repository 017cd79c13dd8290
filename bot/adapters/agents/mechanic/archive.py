"""The engine as one file that any Python from 3.8 can run."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from pathlib import Path

_ENGINE = Path(__file__).parent / "engine"
_IMPORTED_AS = f"{__package__}.engine"
_PACKAGE = "mechanic_engine"  # a name that no checkout is likely to have
# A server imports what it needs alone: nothing in a zip is compiled beforehand.
_MAIN = f"""\
import sys
if sys.argv[1:] == ["serve"]:
    from {_PACKAGE}.serve import serve
    sys.exit(serve())
from {_PACKAGE}.main import main
sys.exit(main(sys.argv[1:]))
"""
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same bytes every time


@cache
def engine_archive() -> bytes:
    """The zip application ``mechanic.pyz``, byte for byte the same for the same sources."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("__main__.py", _EPOCH), _MAIN)
        for path in sorted(_ENGINE.rglob("*.py")):
            name = f"{_PACKAGE}/{path.relative_to(_ENGINE).as_posix()}"
            source = path.read_text("utf-8").replace(_IMPORTED_AS, _PACKAGE)
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), source)
    return out.getvalue()
