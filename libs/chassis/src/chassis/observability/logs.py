"""Structured logs without personal data.

No code logs a name, a number, an address or a text; the last step masks what looks like one all the same.
"""

import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import structlog

_PLUS, _AT, _GAP = r"(?:\+|%(?:25)*2[Bb])", r"(?:@|%(?:25)*40)", r"(?:[ ()+]|%(?:25)*2[089])"
_NUMBER = re.compile(
    rf"""
    {_PLUS}\d(?:(?:{_GAP}|[-.])?\d){{8,14}}(?!\d)  # a plus begins nothing but a number
    | (?:(?<![\w-])|(?<=%[0-9A-Fa-f]{{2}}))\d(?:{_GAP}{{0,2}}\d){{9,15}}(?![\w-])  # digits may be part of an id
""",
    re.VERBOSE,
)
_PART = rf"(?:(?!{_AT})[^\s<>\"'\\/?&=:;,|()\[\]{{}}])"
_DOT = r"(?:\.|%(?:25)*2[Ee])"
_MAIL = re.compile(rf"""(?:\\?"[^"@\n]{{1,64}}"|{_PART}{{1,64}}){_AT}{_PART}{{0,255}}?{_DOT}{_PART}{{1,63}}""")
_LOWEST_NUMBER = 10**9
_OURS = frozenset({"timestamp", "level", "logger", "_record", "_from_structlog"})
"""What the pipe itself adds to a line."""
_SECONDS, _MOST = 10.0, 1000
"""A library's line is said once in so many seconds; so many different ones are remembered."""
_QUIET = ("twilio", "aiokafka", "httpx", "httpcore", "mail.log", "faststream", "asyncio")


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; give it ids, counts and reasons only."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def error_fields(error: Exception) -> dict[str, str]:
    """What may be logged of an error whose text may hold values, as a database's does: kind, state, place."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    return {"error": type(error).__name__, "sqlstate": state, "at": place}


def masked(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask numbers and addresses in every text of a log line, percent-encoded or nested as they may be."""
    for key, value in event.items():
        if key not in _OURS:
            event[key] = _masked(value)
    return event


def _masked(value: Any) -> Any:
    """Containers stay what they are; what is neither plain nor a container is rendered here, so that it is masked."""
    match value:
        case None | bool() | float():
            return value
        case int():
            return value if abs(value) < _LOWEST_NUMBER else _masked(str(value))
        case str():
            return _MAIL.sub("[address]", _NUMBER.sub("[number]", value))
        case bytes() | bytearray():
            return _masked(value.decode(errors="replace"))
        case Mapping():
            return {_masked(key): _masked(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_masked(item) for item in value]
        case _:
            return _masked(str(value))


class RateLimitFilter(logging.Filter):
    """Lets a library's line through once in ten seconds, with the number of equal lines that were left out: while a
    broker is away there are hundreds a second. Our own lines, and those with a traceback, all pass."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Alike are lines of one logger with one template, whatever is put into it."""
        if not isinstance(record.msg, str) or record.exc_info:  # structlog's own come as a dict
            return True
        alike = (record.name, record.msg)
        since, left_out = self._said.get(alike, (-_SECONDS, 0))
        if record.created - since < _SECONDS:
            self._said[alike] = (since, left_out + 1)
            return False
        if len(self._said) >= _MOST:
            self._said.clear()
        self._said[alike] = (record.created, 0)
        if left_out:
            record.msg = f"{record.msg} [{left_out} more like this were left out]"
        return True


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
    handler.addFilter(RateLimitFilter())
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service)
