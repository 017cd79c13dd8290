"""The text of a PDF, page by page, drawn out in a process that is ended where it takes too much.
Who wrote the file may have meant harm: a page of a few bytes can unfold to gigabytes."""

import json
import os
import subprocess
import sys
from pathlib import Path

from bot.domain.errors import NotUnderstood
from bot.domain.memory.shelf import DRAWN

SECONDS, MEMORY_MB = 30, 1024
_PROGRAM = Path(__file__).with_name("drawing.py")


def pages(name: str, data: bytes) -> tuple[list[str], bool]:
    """The text of each page, and whether there is more. Waits for the process. Raises NotUnderstood
    for one that is encrypted or broken, or takes too much to read."""
    command = [sys.executable, "-P", str(_PROGRAM), *map(str, (SECONDS, MEMORY_MB, DRAWN))]
    # Of our environment it gets nothing: keys are in it.
    env = {"PYTHONPATH": os.pathsep.join(sys.path)}
    try:
        ran = subprocess.run(
            command, input=data, capture_output=True, check=False, env=env, timeout=SECONDS + 5
        )
        told = json.loads(ran.stdout) if ran.returncode == 0 else {}
    except subprocess.TimeoutExpired:
        told = {}
    if not told:
        most = f"{SECONDS} s or {MEMORY_MB} MB"
        raise NotUnderstood(f"{name} takes more than {most} to read: split it, or give its text.")
    if why := told.get("wrong", ""):
        raise NotUnderstood(f"{name} cannot be read: {why}.")
    return told["pages"], told["cut"]
