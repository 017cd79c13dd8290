"""What Soulcaster knows: the shared kernel.

**Invariant:** nothing in here imports ``workers`` or ``handlers``; inside, the folders never
import the roof files (``settings``, ``context``, ``jobs``, ``say``). import-linter holds both."""

import os
from pathlib import Path

# Before numpy comes in. OpenBLAS's threads spin while they wait for each other, so that on a
# machine that does anything else a clustering decision can take several times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# What is read as it stands in the repository: both manifests, the pages about sources.
SHIPPED = Path(__file__).parent / "shipped"
