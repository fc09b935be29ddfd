"""How long a server asks a client to wait before a retry.

Belongs here: parsing `retry-after`. Does not belong here: who waits, and how patiently (`sending`, `client.live`).
"""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def asked_s(header: str | None, now: datetime) -> float:
    """Return the seconds from `now` that a `retry-after` header asks for, as seconds or as a date; 0 if absent or
    invalid."""
    text = (header or "").strip()
    try:
        seconds = float(text)
    except ValueError:
        seconds = _until(text, now)
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0


def _until(text: str, now: datetime) -> float:
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return (then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds()
