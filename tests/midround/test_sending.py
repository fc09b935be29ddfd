"""Sending: every event once and in order, again while the intake has no room, at the pace of the events' own times."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from game.codec import encode
from game.events import AnyEvent, PositionSample
from midround import demo, inputs, sending
from midround.cli import app
from tests.game.cs2df_writer import members, zipped

EVENTS = list(islice(inputs.simulated(seed=2, best_of=1).events(), 400))


class Clock:
    """Time that passes only in sleep."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        self.slept.append(seconds)


class FakeIntake(ThreadingHTTPServer):
    """Answers from a list of statuses, then 202; keeps the ids that it took. It rejects the first events of a batch,
    and may say what it likes instead of an answer."""

    def __init__(self, statuses: list[int]) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.daemon_threads = True
        self.statuses = statuses
        self.taken: list[str] = []
        self.retry_after = ""
        self.rejects = 0
        self.says = b""

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
        rejected = [{"index": i, "field": "ts_event", "reason": "is late"} for i in range(server.rejects)]
        told = {"accepted": len(lines) - len(rejected), "duplicate": 0, "rejected": rejected}
        body = server.says or json.dumps(told).encode()
        self.send_response(status)
        if server.retry_after:
            self.send_header("retry-after", server.retry_after)
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
    server = FakeIntake([*statuses])
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def intake(fake: FakeIntake, clock: Clock) -> Iterator[sending.Intake]:
    intake = sending.Intake(fake.url, sleep=clock.sleep, clock=clock)
    yield intake
    intake.close()


def test_every_event_once_and_in_order(intake: sending.Intake, fake: FakeIntake) -> None:
    told: list[int] = []
    sending.play(intake, EVENTS, speed=None, told=told.append)
    assert fake.taken == [event.event_id for event in EVENTS]
    assert sum(told) == intake.take_sent().accepted == len(EVENTS)
    assert intake.take_sent().accepted == 0


@pytest.mark.parametrize("statuses", [[429, 503, 429]])
@pytest.mark.parametrize(
    ("retry_after", "pauses"),
    [("", [0.05, 0.1, 0.2]), ("2", [2.0] * 3), ("3600", [5.0] * 3), ("soon", [0.05, 0.1, 0.2])],
)
def test_no_room_is_waited_out_for_as_long_as_it_asks(
    intake: sending.Intake, fake: FakeIntake, clock: Clock, retry_after: str, pauses: list[float]
) -> None:
    fake.retry_after = retry_after
    intake.post(EVENTS[:10])
    assert fake.taken == [event.event_id for event in EVENTS[:10]]
    assert clock.slept == pauses


@pytest.mark.parametrize("statuses", [[503]])
def test_a_pause_may_be_asked_for_by_a_date(intake: sending.Intake, fake: FakeIntake, clock: Clock) -> None:
    fake.retry_after = "Fri, 31 Dec 9999 23:59:59 GMT"
    intake.post(EVENTS[:1])
    assert clock.slept == [5.0]


@pytest.mark.slow
@pytest.mark.parametrize("statuses", [[503] * 1_000])
@pytest.mark.parametrize("retry_after", ["", "1", "3"])
def test_an_intake_without_room_has_a_minute(
    intake: sending.Intake, fake: FakeIntake, clock: Clock, retry_after: str
) -> None:
    fake.retry_after = retry_after
    with pytest.raises(sending.SendError, match="503"):
        intake.post(EVENTS[:1])
    assert sending.PATIENCE_S - 3 <= clock.now_s <= sending.PATIENCE_S


@pytest.mark.parametrize("says", [b"<html>welcome</html>", b"{}", b'{"accepted":"all"}', b"\xff"])
def test_what_answers_otherwise_than_an_intake_is_named(
    intake: sending.Intake, fake: FakeIntake, says: bytes
) -> None:
    fake.says = says
    with pytest.raises(sending.SendError, match="202 of no intake"):
        intake.post(EVENTS[:3])


@pytest.mark.parametrize(("statuses", "rejects"), [([], 2), ([400], 3)])
def test_what_was_rejected_is_counted_and_told(
    intake: sending.Intake, fake: FakeIntake, statuses: list[int], rejects: int
) -> None:
    fake.statuses, fake.rejects = statuses, rejects
    sent = intake.post(EVENTS[:3])
    assert (sent.accepted, sent.rejected) == (3 - rejects, rejects)
    with pytest.raises(
        sending.SendError, match=f"{rejects} events were rejected; the first: ts_event: is late"
    ):
        sending.check(intake.take_sent())
    sending.check(intake.take_sent())


@pytest.mark.parametrize("command", [("replay", "{file}", "--speed", "max"), ("simulate", "--best-of", "1")])
def test_a_command_whose_events_were_rejected_fails(
    fake: FakeIntake, tmp_path: Path, command: tuple[str, ...]
) -> None:
    file = tmp_path / "match.ndjson"
    file.write_bytes(b"".join(encode(event) + b"\n" for event in EVENTS))
    fake.rejects = 1
    words = [word.format(file=file) for word in command]
    result = CliRunner().invoke(app, [*words, "--to", fake.url])
    assert result.exit_code == 1
    assert "rejected; the first: ts_event: is late" in result.stderr


@pytest.mark.slow
def test_a_replay_sends_to_the_intake_of_the_settings_what_the_lake_imports(
    fake: FakeIntake, tmp_path: Path
) -> None:
    path = zipped(
        tmp_path / "2026-05-01_one.zip", members(list(inputs.simulated(seed=2, best_of=1).events()), "3.0")
    )
    environ = {"MIDROUND_INTAKE__PORT": str(fake.server_address[1])}
    result = CliRunner().invoke(app, ["replay", str(path), "--speed", "max"], env=environ)
    assert result.exit_code == 0, result.stderr
    recorded = inputs.recorded([path], positions_hz=inputs.POSITIONS_HZ)
    events = [event for told in recorded for event in told.events()]
    assert any(isinstance(event, PositionSample) for event in events)
    assert fake.taken == [event.event_id for event in events]
    assert result.stdout == f"{path.name}: {len(events):,} accepted, 0 duplicate, 0 rejected\n"


def test_what_was_simulated_is_named_by_its_id_and_counted(fake: FakeIntake) -> None:
    result = CliRunner().invoke(app, ["simulate", "--seed", "2", "--best-of", "1", "--to", fake.url])
    assert result.exit_code == 0
    told = f"simulated match 2, {EVENTS[0].match_id}: {len(fake.taken):,} accepted, 0 duplicate, 0 rejected"
    assert told in result.stdout


def test_a_player_of_the_demo_says_what_was_rejected(fake: FakeIntake) -> None:
    fake.rejects = 1
    match = inputs.Match(name="rejected", events=lambda: EVENTS)
    player = demo.Player(fake.url, match, speed=None, stopping=threading.Event())
    player.run()
    assert "1 events were rejected" in str(player.failure)


@pytest.mark.parametrize("statuses", [[413]])
def test_a_refusal_is_told_with_its_status(intake: sending.Intake) -> None:
    with pytest.raises(sending.SendError, match="413"):
        intake.post(EVENTS[:3])


def test_an_intake_that_is_away_is_tried_again_and_then_named(clock: Clock) -> None:
    away = sending.Intake("http://127.0.0.1:9", sleep=clock.sleep, clock=clock)
    with pytest.raises(sending.SendError) as raised:
        away.post(EVENTS[:9])
    assert (
        str(raised.value)
        == "the intake at http://127.0.0.1:9 did not take 9 events: [Errno 111] Connection refused"
    )
    assert sending.PATIENCE_S - 1 <= clock.now_s <= sending.PATIENCE_S


def test_only_http_addresses() -> None:
    with pytest.raises(sending.SendError, match="ftp"):
        sending.Intake("ftp://somewhere")


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
