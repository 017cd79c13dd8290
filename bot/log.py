"""Logs: one event a line, with the secrets taken out."""

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, Literal

import structlog

from bot.domain.secrets import redact


def _redact_event(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = redact(value)
        elif isinstance(value, Exception):
            event[name] = redact(f"{type(value).__name__}: {value}")
    return event


class _Redacting(logging.Formatter):
    """What libraries say, with the secrets taken out as well."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def configure(style: Literal["text", "json"] = "text", level: int = logging.INFO) -> None:
    """Set up structlog for this process, on standard error."""
    libraries = logging.StreamHandler(sys.stderr)
    libraries.setFormatter(_Redacting("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[libraries], level=max(level, logging.WARNING), force=True)
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redact_event,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


log = structlog.get_logger()


@contextmanager
def logged(
    what: str, *errors: type[Exception], quietly: bool = False, **of: object
) -> Iterator[None]:
    """One of these errors in the block comes to a line in the log, and no more."""
    try:
        yield
    except errors as error:
        (log.info if quietly else log.warning)(what, why=str(error), **of)
