"""JSON logs, one object per line, with the match, event and seq that the line is about.

Belongs here: the format, its installation, fewer warnings during startup. Does not belong here: what is logged.
"""

import logging
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec

KEYS = ("match_id", "event_id", "seq")
"""The keys that a line carries if they are given by `extra={...}`."""
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
"""The standard fields of a log record, which are not extras; uvicorn adds a second copy of its message with terminal
colours."""

Clock = Callable[[], float]
STARTING_S = 15.0
"""Parts start together: for this long, waiting for a neighbour is not a warning."""
_OF_CONNECTIONS = ("urllib3.", "clickhouse_connect.")
"""Loggers whose warnings are about an unreachable neighbour. Midround's own loggers mark them with the `extra`
`awaits`, the neighbour's name."""


class Starting(logging.Filter):
    """For the first `STARTING_S`, logs a neighbour that is not up yet at INFO instead of WARNING."""

    def __init__(self, level: str, clock: Clock) -> None:
        super().__init__()
        self._least = logging.getLevelNamesMapping()[level]
        self._clock, self._until_s = clock, clock() + STARTING_S

    def filter(self, record: logging.LogRecord) -> bool:
        is_wait = hasattr(record, "awaits") or record.name.startswith(_OF_CONNECTIONS)
        if record.levelno != logging.WARNING or not is_wait or self._clock() >= self._until_s:
            return True
        record.levelno, record.levelname = logging.INFO, logging.getLevelName(logging.INFO)
        return self._least <= logging.INFO


class JsonFormatter(logging.Formatter):
    """Fields: ts, level, logger, message, then everything from `extra`; an exception as text in `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _PLAIN}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


def install(level: str = "INFO", stream: TextIO | None = None, *, clock: Clock = time.monotonic) -> None:
    """Send all logs of this process to `stream` (default: stderr), replacing any earlier configuration."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(Starting(level, clock))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
