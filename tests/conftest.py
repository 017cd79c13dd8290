"""Shared fixtures: no network but loopback, golden files, the shared folder."""

from __future__ import annotations

import gc
import ipaddress
import os
import socket
import sys
from pathlib import Path

import properties  # noqa: F401  # sets how long property tests search
import pytest
import structlog

# jsonschema takes it for the format "iri", which no schema here has: it builds a grammar as it is
# imported, for three seconds of a core.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
ROOT = Path(__file__).parent.parent
# As it is by default a traceback is drawn with every variable in it, which takes seconds.
structlog.configure([structlog.processors.format_exc_info, structlog.dev.ConsoleRenderer()])


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden")
    parser.addoption("--live", action="store_true", help="ask the hosted services: make live")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each folder's modules are spread over the run: what waits runs beside what computes.

    Those of processes end sooner than the others: none of their long waits is left for the end.
    """
    folders: dict[str, dict[Path, list[pytest.Item]]] = {}
    for item in items:
        of_folder = folders.setdefault(item.path.parent.name, {})
        of_folder.setdefault(item.path, []).append(item)
    placed = [
        ((number + 0.5) / len(modules) * (0.85 if folder == "e2e" else 1), found)
        for folder, modules in folders.items()
        for number, found in enumerate(modules.values())
    ]
    placed.sort(key=lambda each: each[0])
    items[:] = [item for _, found in placed for item in found]


def pytest_collection_finish() -> None:
    """What has been imported and collected stays to the end: no search for garbage goes over it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _loopback_only(request: pytest.FixtureRequest) -> None:
    """Refuse every connection that would leave this machine, but for `make live`."""
    if request.config.getoption("--live"):
        return
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0]  # type: ignore[index]
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)  # type: ignore[arg-type]

    socket.socket.connect = guarded  # type: ignore[method-assign, assignment]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real payloads and checkers; a test that needs it skips where it is absent."""
    folder = Path(os.environ.get("SOULCASTER_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no shared folder at {folder} (set SOULCASTER_SHARED)")
    return folder


@pytest.fixture
def golden(request: pytest.FixtureRequest):
    """``golden("digest.md", text)`` compares with ``tests/golden``; --update-golden rewrites."""

    def check(name: str, text: str) -> None:
        path = ROOT / "tests" / "golden" / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        assert path.exists(), f"no golden file {name}: run make golden and read it"
        assert text == path.read_text()

    return check
