"""How much of a benchmark runs: a sample of it, or all with ``FULL=1``."""

import os

FULL = os.environ.get("FULL", "") not in ("", "0")


def announce(short: str, full: str) -> None:
    """Say how long it will take on two idle cores."""
    said = f"all of it: {full}" if FULL else f"a sample: {short} (FULL=1: {full})"
    print(said, flush=True)
