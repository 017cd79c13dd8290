"""The data folder is ours alone: 0700 and 0600, whatever umask it was made under."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from bot.domain.errors import ConfigError

_OTHERS = 0o077


def keep_private(folder: Path, *, leave: frozenset[str] = frozenset()) -> None:
    """Make ``folder`` where it is not there, and take it from all other users with what it holds.
    What is inside the folders named in ``leave`` is left as it is: nobody gets there any more.
    Raises ConfigError where others can read on, or nothing can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigError(
            f"Nothing can be written to {folder} ({error.strerror}): mend that, or set "
            "SOULCASTER_DATA_DIR to another folder."
        ) from error
    try:
        if folder.stat().st_mode & stat.S_ISVTX:
            raise ConfigError(
                f"SOULCASTER_DATA_DIR is {folder}, which everybody uses: name a folder of its own."
            )
        _take(folder)
        for here, folders, files in os.walk(folder):
            for name in (*folders, *files):
                # Files come and go while others work here.
                with suppress(FileNotFoundError):
                    _take(Path(here, name))
            folders[:] = [name for name in folders if name not in leave]
    except OSError as error:
        raise ConfigError(
            f"Other users can read {error.filename}, and that cannot be changed "
            f"({error.strerror}): chown it, or set SOULCASTER_DATA_DIR to a folder of your own."
        ) from error


def _take(path: Path) -> None:
    mode = path.lstat().st_mode
    if mode & _OTHERS and not stat.S_ISLNK(mode):
        path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
