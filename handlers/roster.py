"""Every module that has jobs: importing one puts its jobs on the roster."""

from __future__ import annotations

from importlib import import_module

MODULES = (
    "workers.clusters.judge",
    "workers.clusters.placing",
    "workers.clusters.reembed",
    "workers.clusters.refresh",
    "workers.clusters.suggestions",
    "workers.clusters.summarize",
    "workers.commands.obey",
    "workers.digests.posting",
    "workers.fixes.revise",
    "workers.fixes.run",
    "workers.fixes.watch",
    "workers.hearing.github.deliveries",
    "workers.hearing.slack",
    "workers.intake.items",
    "workers.intake.sync",
    "workers.upkeep.sweep",
)


def load() -> None:
    """Import them all, before a worker listens."""
    for module in MODULES:
        import_module(module)
