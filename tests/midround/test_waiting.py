"""How long a server asks to wait: seconds, a date, or nothing that can be read."""

from datetime import UTC, datetime

import pytest

from midround.waiting import asked_s

NOW = datetime(2026, 1, 18, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0.0),
        ("", 0.0),
        ("3", 3.0),
        (" 0.5 ", 0.5),
        ("-2", 0.0),
        ("nan", 0.0),
        ("inf", 0.0),
        ("soon", 0.0),
        ("Sun, 18 Jan 2026 12:00:05 GMT", 5.0),
        ("Sun, 18 Jan 2026 12:00:05", 5.0),
        ("Sun, 18 Jan 2026 11:00:00 GMT", 0.0),
        ("Sun, 99 Jan 2026 11:00:00 GMT", 0.0),
    ],
)
def test_what_a_header_asks_for(header: str | None, seconds: float) -> None:
    assert asked_s(header, NOW) == seconds
