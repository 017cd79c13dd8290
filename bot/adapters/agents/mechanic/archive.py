"""The engine as one file that any Python from 3.8 can run."""

from __future__ import annotations

import io
import marshal
import zipfile
from functools import cache
from importlib.util import MAGIC_NUMBER
from pathlib import Path

_ENGINE = Path(__file__).parent / "engine"
_IMPORTED_AS = f"{__package__}.engine"
_PACKAGE = "mechanic_engine"  # a name that no checkout is likely to have
_MAIN = f"""\
import sys
if sys.argv[1:] == ["serve"]:
    from {_PACKAGE}.serve import serve
    sys.exit(serve())
from {_PACKAGE}.main import main
sys.exit(main(sys.argv[1:]))
"""
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same bytes every time
# For a Python like ours it is compiled (PEP 552: no time is compared); others read the source.
_COMPILED = MAGIC_NUMBER + b"\1\0\0\0" + bytes(8)


@cache
def engine_archive() -> bytes:
    """The zip application ``mechanic.pyz``, byte for byte the same for the same sources."""
    out, files = io.BytesIO(), {"__main__.py": _MAIN.encode()}
    for path in _ENGINE.rglob("*.py"):
        name = f"{_PACKAGE}/{path.relative_to(_ENGINE).as_posix()}"
        source = path.read_text("utf-8").replace(_IMPORTED_AS, _PACKAGE)
        # Version 2: what newer ones write depends on who else holds a string.
        code = marshal.dumps(compile(source, name, "exec", dont_inherit=True), 2)
        files |= {name: source.encode(), f"{name}c": _COMPILED + code}
    with zipfile.ZipFile(out, "w") as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), files[name], zipfile.ZIP_DEFLATED)
    return out.getvalue()
