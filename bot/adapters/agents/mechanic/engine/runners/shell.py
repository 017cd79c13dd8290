"""Any other command: one test, run by the shell in the private copy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from bot.adapters.agents.mechanic.engine import subprocesses
from bot.adapters.agents.mechanic.engine.report import RunReport


class Shell:
    """Runs shell commands; the Python processes they start are led and traced by that module."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self.setup = setup
        self.archive = os.path.abspath(sys.argv[0])

    def warm(self) -> None:
        """Nothing to import."""

    def run(self, targets: list[str], report: RunReport) -> int:
        """Run the command with the paths of the checkout led to the copy."""
        root, tree = self.setup["root"], self.setup["tree"]
        command = targets[0].replace(root, tree)
        with tempfile.TemporaryDirectory() as folder:
            environment = self._environment(folder, traced=report.trace is not None)

            report.begin(targets[0])
            done = subprocess.run(  # noqa: S602
                command,
                shell=True,
                cwd=self.setup["cwd"],
                env=environment,
                capture_output=True,
                check=False,
            )
            if report.trace:
                report.trace.lines.update(_lines(folder))
            if done.returncode:
                tail = (done.stdout + done.stderr).decode("utf-8", "replace")[-2000:]
                report.failure(targets[0], None, f"exit {done.returncode}: {tail}")
            report.end(targets[0], "failed" if done.returncode else "passed")
            return done.returncode

    def _environment(self, folder: str, *, traced: bool) -> dict[str, str]:
        package = __package__.split(".runners")[0]
        text = subprocesses.SITECUSTOMIZE.format(archive=self.archive, package=package)
        with open(os.path.join(folder, "sitecustomize.py"), "w", encoding="utf-8") as stream:
            stream.write(text)
        paths = [folder, *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            subprocesses.ROOT: self.setup["root"],
            subprocesses.TREE: self.setup["tree"],
            subprocesses.SKIPPED: os.pathsep.join(self.setup["tests"]),
        }
        if traced:
            environment[subprocesses.LINES] = folder
        return environment


def _lines(folder: str) -> set[tuple[str, int]]:
    found: set[tuple[str, int]] = set()
    for name in os.listdir(folder):
        if name.endswith(".json"):
            with open(os.path.join(folder, name), encoding="utf-8") as stream:
                found.update((path, line) for path, line in json.load(stream))
    return found
