"""Logs as JSON, one object a line, with the match, event and seq that a line speaks of.

Belongs here: the format, its installation, the calm of a start. Does not belong here: what is worth a line.
"""

import logging
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec

KEYS = ("match_id", "event_id", "seq")
"""What a line carries when it is given by `extra={...}`."""
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
"""What of a record is no extra; uvicorn has its message a second time, with the colours of a terminal."""

Clock = Callable[[], float]
STARTING_S = 15.0
"""Parts start together: so long one waits for another without alarm."""
_OF_CONNECTIONS = ("urllib3.", "clickhouse_connect.")
"""Whose warnings are of a neighbour that is away. Ours say so by `extra`: `awaits`, the neighbour's name."""


class Starting(logging.Filter):
    """For the first `STARTING_S`: a neighbour that is not there yet is a line at INFO and no warning."""

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
    """ts, level, logger, message, then whatever came by `extra`; an exception as text in `exception`."""

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
    """Send every log of this process to `stream` (default: stderr), replacing what was installed before."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(Starting(level, clock))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
