"""What a child of the fork server does. It imports this, so here is little else."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path


def become(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    out: Path,
    errors: Path | None = None,
    said: Path = Path(os.devnull),
    folder: Path | None = None,
) -> None:
    """Be ``soulcaster <arguments>`` as if just executed, in ``folder``, with ``said`` to read."""
    os.setsid()
    with out.open("ab") as file, (errors or out).open("ab") as other, said.open("rb") as read:
        for stream, opened in enumerate((read, file, other)):
            os.dup2(opened.fileno(), stream)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    if folder:
        os.chdir(folder)
    os.umask(0o022)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["soulcaster", *arguments]
    gc.freeze()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # It looks at the environment as it is imported: how wide the terminal is.
    sys.modules.pop("handlers.cli")
    from handlers.cli import main

    main()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
