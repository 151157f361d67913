"""Structured logs without personal data.

Nobody logs a name, a number, an address or a text; should one slip in, the last step masks what looks like one.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_NUMBER = re.compile(r"(?<![\w-])\+?\d[\d ()]{8,14}\d(?![\w-])")
_MAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"']+")
_QUIET = ("twilio", "aiokafka", "httpx", "httpcore", "mail.log", "faststream", "asyncio")


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; give it ids, counts and reasons only."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def masked(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask numbers and addresses in every text of a log line."""
    for key, value in event.items():
        if isinstance(value, str) and key not in {"timestamp", "level", "logger"}:
            event[key] = _MAIL.sub("[address]", _NUMBER.sub("[number]", value))
    return event


def configure(service: str, *, level: str, form: str) -> None:
    """Send everything, the libraries' own lines too, through one pipe to standard output."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        masked,
    ]
    # The console's own traceback shows local variables, and with them whatever they hold.
    console = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    renderer: Any = structlog.processors.JSONRenderer() if form == "json" else console
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service)
