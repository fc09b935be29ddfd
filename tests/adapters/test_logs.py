"""What a line of the log promises: JSON, one object a line, with what the caller gave."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import logs


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    yield logger
    logging.captureWarnings(capture=False)
    logger.handlers[:] = handlers
    logger.setLevel(level)


def test_a_line_carries_match_event_and_seq(root: logging.Logger) -> None:
    stream = io.StringIO()
    logs.install("INFO", stream)
    logging.getLogger("midround.test").info("took %d", 3, extra={"match_id": "m", "event_id": "e", "seq": 7})
    (line,) = lines(stream)
    assert line | {"ts": ""} == {
        "ts": "",
        "level": "INFO",
        "logger": "midround.test",
        "message": "took 3",
        "match_id": "m",
        "event_id": "e",
        "seq": 7,
    }


def test_an_exception_stays_on_its_line(root: logging.Logger) -> None:
    stream = io.StringIO()
    logs.install("INFO", stream)
    try:
        raise ValueError("no")
    except ValueError:
        logging.getLogger("midround.test").exception("failed", extra={"object": object()})
    (line,) = lines(stream)
    assert line["exception"].endswith("ValueError: no")


def test_a_message_is_not_said_again_in_colours(root: logging.Logger) -> None:
    stream = io.StringIO()
    logs.install("INFO", stream)
    logging.getLogger("uvicorn.error").error("started", extra={"color_message": "\x1b[36mstarted\x1b[0m"})
    (line,) = lines(stream)
    assert set(line) == {"ts", "level", "logger", "message"}


@given(st.text())
def test_any_message_is_one_line_of_json(message: str) -> None:
    record = logging.makeLogRecord({"msg": message, "levelname": "INFO", "name": "x"})
    text = logs.JsonFormatter().format(record)
    assert len(text.split("\n")) == 1
    assert json.loads(text)["message"] == message


@pytest.mark.parametrize(
    ("level", "at_s", "due"),
    [
        ("INFO", 14.9, ["INFO", "INFO", "WARNING", "ERROR"]),
        ("WARNING", 14.9, ["WARNING", "ERROR"]),
        ("INFO", 15.0, ["WARNING", "WARNING", "WARNING", "ERROR"]),
    ],
)
def test_a_neighbour_that_is_not_there_yet_alarms_nobody(
    root: logging.Logger, level: str, *, at_s: float, due: list[str]
) -> None:
    stream, moments = io.StringIO(), iter([100.0, *[100.0 + at_s] * 4])
    logs.install(level, stream, clock=lambda: next(moments))
    logging.getLogger("clickhouse_connect.driver.http").warning("Unexpected Http Driver Exception")
    logging.getLogger("midround.test").warning("waiting", extra={"awaits": "store"})
    logging.getLogger("midround.test").warning("refused")
    logging.getLogger("urllib3.connectionpool").error("broken")
    assert [line["level"] for line in lines(stream)] == due
