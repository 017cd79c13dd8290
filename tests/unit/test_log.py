"""What is logged, by us and by libraries."""

import logging

import pytest
import structlog

from bot.log import configure


def test_what_libraries_say_is_redacted(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.root.handlers[:]
    configure("text")
    try:
        logging.getLogger("aiohttp.server").error("got %s", "/hooks/x?secret=abcdefgh")
    finally:
        logging.root.handlers[:] = before
        structlog.reset_defaults()
    assert "got /hooks/x?secret=[redacted]" in capsys.readouterr().err
