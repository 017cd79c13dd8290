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


def become(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
    """Be ``soulcaster <arguments>`` as if just executed."""
    os.setsid()
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["soulcaster", *arguments]
    gc.freeze()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from handlers.cli import main

    main()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
