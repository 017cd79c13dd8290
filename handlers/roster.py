"""Every module that has jobs: importing one puts its jobs on the roster."""

from __future__ import annotations

from importlib import import_module

MODULES = (
    "handlers.commands",
    "handlers.github",
    "handlers.slack.hear",
    "workers.cluster",
    "workers.digest",
    "workers.fix",
    "workers.intake",
    "workers.judge",
    "workers.reembed",
    "workers.refresh",
    "workers.revise",
    "workers.suggestions",
    "workers.summarize",
    "workers.sweep",
    "workers.sync",
    "workers.watch",
)


def load() -> None:
    """Import them all, before a worker listens."""
    for module in MODULES:
        import_module(module)
