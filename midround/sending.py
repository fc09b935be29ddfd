"""Playing matches into an intake over HTTP: batches of envelopes in order, at a pace.

Belongs here: pacing, retries, counting. Does not belong here: where events come from (`midround.inputs`).
"""

import http.client
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import urlsplit

import msgspec

from game.codec import encode
from game.events import AnyEvent

PORT = 8081
BATCH_EVENTS = 500
TICK_S = 0.02
TRIES = 60
PAUSE_MOST_S = 1.0

Sleep = Callable[[float], None]
Clock = Callable[[], float]


class Sent(msgspec.Struct, kw_only=True):
    """What an intake said, summed up."""

    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0


class SendError(Exception):
    """The intake is away or refuses. The text has its last answer."""


class AddressError(SendError):
    """What was named is the address of no intake."""


class _Answer(msgspec.Struct):
    accepted: int
    duplicate: int
    rejected: list[msgspec.Raw]


class Intake:
    """One connection to an intake, opened anew when it broke. For one thread; close it."""

    def __init__(self, url: str, *, timeout_s: float = 30.0, sleep: Sleep = time.sleep) -> None:
        """`url` is that of the intake, such as `http://127.0.0.1:8081`. Raises AddressError for any other."""
        host, port = _address(url)
        self._connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
        self._sleep = sleep
        self.sent = Sent()

    def post(self, events: Sequence[AnyEvent]) -> Sent:
        """Send a batch in order, again while the intake has no room or is away. Raises SendError."""
        return self.post_lines([encode(event) for event in events])

    def post_lines(self, lines: Sequence[bytes]) -> Sent:
        """The same for envelopes that are bytes already."""
        body = b"\n".join(lines)
        said = ""
        for attempt in range(TRIES):
            status, content, pause_s = self._try(body)
            if status == 202 or (status == 400 and b'"rejected"' in content):
                return self._count(content, len(lines), status=status)
            said = f"{status}: {content[:300].decode(errors='replace')}"
            if status not in {0, 429, 503}:
                break
            self._sleep(min(PAUSE_MOST_S, pause_s or 0.05 * 2**attempt))
        raise SendError(f"the intake took {len(lines)} events not: {said}")

    def take_sent(self) -> Sent:
        """What was said since the last call."""
        sent, self.sent = self.sent, Sent()
        return sent

    def close(self) -> None:
        self._connection.close()

    def _try(self, body: bytes) -> tuple[int, bytes, float]:
        """Status (0: away), body, and how long it asks us to wait."""
        try:
            self._connection.request("POST", "/events", body, {"content-type": "application/x-ndjson"})
            response = self._connection.getresponse()
            content = response.read()
            return response.status, content, float(response.headers.get("retry-after") or 0) / 10
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return 0, str(error).encode(), 0.0

    def _count(self, content: bytes, count: int, *, status: int) -> Sent:
        if status == 400:
            now = Sent(rejected=count)
        else:
            answer = msgspec.json.decode(content, type=_Answer)
            now = Sent(accepted=answer.accepted, duplicate=answer.duplicate, rejected=len(answer.rejected))
        self.sent.accepted += now.accepted
        self.sent.duplicate += now.duplicate
        self.sent.rejected += now.rejected
        return now


def _address(url: str) -> tuple[str, int]:
    """Host and port. Raises AddressError."""
    try:
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname is not None:
            return parts.hostname, parts.port or PORT
    except ValueError:
        pass
    raise AddressError(f"{url} is no http:// address of an intake")


def batches(events: Iterable[AnyEvent], size: int = BATCH_EVENTS) -> Iterator[list[AnyEvent]]:
    """Events in lists of at most `size`."""
    batch: list[AnyEvent] = []
    for event in events:
        batch.append(event)
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch


def paced(
    events: Iterable[AnyEvent],
    speed: float,
    *,
    clock: Clock = time.monotonic,
    sleep: Sleep = time.sleep,
    gap_most_s: float = 5.0,
) -> Iterator[list[AnyEvent]]:
    """Events as their own times say, `speed` times as fast, in batches of what falls into `TICK_S`.

    A gap in the events longer than `gap_most_s` of playing time (a break between maps) is cut to that.
    """
    due_s, last, batch = clock(), None, list[AnyEvent]()
    for event in events:
        step_s = 0.0 if last is None else max(0.0, (event.ts_event - last).total_seconds()) / speed
        last = event.ts_event if last is None else max(last, event.ts_event)
        if batch and step_s > TICK_S / 4 and due_s + step_s > clock() + TICK_S / 4:
            yield batch
            batch = []
        due_s += min(step_s, gap_most_s)
        wait_s = due_s - clock()
        if wait_s > 0:
            sleep(wait_s)
        batch.append(event)
    if batch:
        yield batch


def play(
    intake: Intake,
    events: Iterable[AnyEvent],
    *,
    speed: float | None,
    told: Callable[[int], None],
) -> None:
    """Send all events; `speed` None as fast as the intake allows. `told` hears how many were taken."""
    for batch in batches(events) if speed is None else paced(events, speed):
        intake.post(batch)
        told(len(batch))
