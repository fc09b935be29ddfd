"""Sending: every event once and in order, again while the intake has no room, at the pace of the events' own times."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from game.events import AnyEvent
from midround import inputs, sending

EVENTS = list(islice(inputs.simulated(seed=2, best_of=1).events(), 400))


class FakeIntake(ThreadingHTTPServer):
    """Answers from a list of statuses, then 202; keeps the ids that it took."""

    def __init__(self, statuses: list[int]) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.daemon_threads = True
        self.statuses = statuses
        self.taken: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, FakeIntake)
        lines = self.rfile.read(int(self.headers["content-length"])).splitlines()
        status = server.statuses.pop(0) if server.statuses else 202
        if status == 202:
            server.taken += [json.loads(line)["event_id"] for line in lines]
        body = json.dumps({"accepted": len(lines), "duplicate": 0, "rejected": []}).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Silent."""


@pytest.fixture
def statuses() -> list[int]:
    return []


@pytest.fixture
def fake(statuses: list[int]) -> Iterator[FakeIntake]:
    server = FakeIntake(statuses)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def intake(fake: FakeIntake, slept: list[float]) -> Iterator[sending.Intake]:
    intake = sending.Intake(fake.url, sleep=slept.append)
    yield intake
    intake.close()


def test_every_event_once_and_in_order(intake: sending.Intake, fake: FakeIntake) -> None:
    told: list[int] = []
    sending.play(intake, EVENTS, speed=None, told=told.append)
    assert fake.taken == [event.event_id for event in EVENTS]
    assert sum(told) == intake.take_sent().accepted == len(EVENTS)
    assert intake.take_sent().accepted == 0


@pytest.mark.parametrize("statuses", [[429, 503, 429]])
def test_no_room_is_waited_out(intake: sending.Intake, fake: FakeIntake, slept: list[float]) -> None:
    intake.post(EVENTS[:10])
    assert fake.taken == [event.event_id for event in EVENTS[:10]]
    assert len(slept) == 3


@pytest.mark.parametrize("statuses", [[413]])
def test_a_refusal_is_told_with_its_status(intake: sending.Intake) -> None:
    with pytest.raises(sending.SendError, match="413"):
        intake.post(EVENTS[:3])


def test_an_intake_that_is_away_is_tried_again_and_then_named(slept: list[float]) -> None:
    away = sending.Intake("http://127.0.0.1:9", sleep=slept.append)
    with pytest.raises(sending.SendError, match="0: "):
        away.post(EVENTS[:1])
    assert len(slept) == sending.TRIES


def test_only_http_addresses() -> None:
    with pytest.raises(sending.SendError, match="ftp"):
        sending.Intake("ftp://somewhere")


class Clock:
    """Time that passes only in sleep."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


@given(speed=st.floats(0.5, 1000))
def test_the_pace_is_that_of_the_events(speed: float) -> None:
    clock = Clock()
    events: list[AnyEvent] = []
    for batch in sending.paced(EVENTS, speed, clock=clock, sleep=clock.sleep, gap_most_s=1e9):
        events += batch
    span: timedelta = EVENTS[-1].ts_event - EVENTS[0].ts_event
    assert events == EVENTS
    assert clock.now_s == pytest.approx(span.total_seconds() / speed, rel=1e-6, abs=1e-6)


def test_a_long_break_is_cut() -> None:
    clock = Clock()
    later = [EVENTS[0], *EVENTS[-1:]]
    assert sum(map(len, sending.paced(later, 1.0, clock=clock, sleep=clock.sleep, gap_most_s=2.0))) == 2
    assert clock.now_s == pytest.approx(2.0)
