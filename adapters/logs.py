"""Logs as JSON, one object a line, with the match, event and seq that a line speaks of.

Belongs here: the format and its installation. Does not belong here: what is worth a line.
"""

import logging
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec

KEYS = ("match_id", "event_id", "seq")
"""What a line carries when it is given by `extra={...}`."""
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
"""What of a record is no extra; uvicorn has its message a second time, with the colours of a terminal."""


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


def install(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send every log of this process to `stream` (default: stderr), replacing what was installed before."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
