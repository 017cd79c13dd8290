"""What is logged, by us and by libraries."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
import structlog

from bot.log import configure, log


@contextmanager
def configured(style: Literal["text", "json"]) -> Iterator[None]:
    handlers, before = logging.root.handlers[:], structlog.get_config()
    configure(style)
    try:
        yield
    finally:
        logging.root.handlers[:] = handlers
        structlog.configure(**before)


def test_what_libraries_say_is_redacted(capsys: pytest.CaptureFixture[str]) -> None:
    with configured("text"):
        logging.getLogger("aiohttp.server").error("got %s", "/hooks/x?secret=abcdefgh")
    assert "got /hooks/x?secret=[redacted]" in capsys.readouterr().err


@pytest.mark.parametrize("style", ["text", "json"])
def test_who_is_quoted_makes_no_line_of_the_log(
    capsys: pytest.CaptureFixture[str], style: Literal["text", "json"]
) -> None:
    """Neither a second line, nor a colour or a title of the terminal that shows it."""
    said = "fix\n2026-11-28T00:00:00Z [info ] all is well\r\x1b[31mRED\x1b]0;title\x07"
    with configured(style):
        log.error("a command broke", line=said)
    told = capsys.readouterr().err
    assert "all is well" in told
    assert told.count("\n") == 1
    assert not {"\r", "\x1b", "\x07"} & set(told)
