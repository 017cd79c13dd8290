"""``python mechanic.pyz task.json``; ``serve`` is for the engine's own children."""

from __future__ import annotations

import sys

from bot.adapters.agents.mechanic.engine.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
