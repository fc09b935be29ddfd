"""Plays matches into an intake over HTTP: batches of envelopes, in order, at a given pace.

Belongs here: pacing, retries, counting. Does not belong here: where events come from (`midround.inputs`).
"""

import http.client
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec

from adapters.ports import address
from game.codec import encode
from game.events import AnyEvent
from midround.waiting import asked_s

PORT = 8081
BATCH_EVENTS = 500
TICK_S = 0.02
PATIENCE_S = 60.0
"""How long a batch is retried: parts that fall are restarted sooner."""
PAUSE_FIRST_S, PAUSE_MOST_S, ASKED_MOST_S = 0.05, 1.0, 5.0
"""Pauses between retries: doubled each time, or as long as the intake's `retry-after` asks (up to `ASKED_MOST_S`)."""
AGAIN = frozenset({0, 429, 503})

Sleep = Callable[[float], None]
Clock = Callable[[], float]


class Sent(msgspec.Struct, kw_only=True):
    """Totals of the intake's answers, and the reason for the first rejected event."""

    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    reason: str = ""

    def plus(self, more: "Sent") -> "Sent":
        return Sent(
            accepted=self.accepted + more.accepted,
            duplicate=self.duplicate + more.duplicate,
            rejected=self.rejected + more.rejected,
            reason=self.reason or more.reason,
        )


class SendError(Exception):
    """The intake is unreachable or refuses; the message holds its last answer."""


class AddressError(SendError):
    """The given URL is not the address of an intake."""


class _Rejected(msgspec.Struct):
    field: str
    reason: str


class _Answer(msgspec.Struct):
    """The counts for a batch, or the problem that rejected it as a whole."""

    rejected: list[_Rejected]
    accepted: int = 0
    duplicate: int = 0


class Intake:
    """One connection to an intake, reopened if it breaks. For one thread; close it after use."""

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float = 30.0,
        sleep: Sleep = time.sleep,
        clock: Clock = time.monotonic,
    ) -> None:
        """`url` is the intake's, such as `http://127.0.0.1:8081`. Raises AddressError if it is not usable."""
        host, port = _address(url)
        self._url = f"http://{address(host, port)}"
        self._connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
        self._sleep, self._clock = sleep, clock
        self.sent = Sent()

    def post(self, events: Sequence[AnyEvent]) -> Sent:
        """Send a batch in order; retry while the intake is full or unreachable. Raises SendError."""
        return self.post_lines([encode(event) for event in events])

    def post_lines(self, lines: Sequence[bytes]) -> Sent:
        """The same for events that are encoded already."""
        body, own_s = b"\n".join(lines), PAUSE_FIRST_S
        patient_until_s = self._clock() + PATIENCE_S
        while True:
            status, content, asked = self._try(body)
            answer = _answer(content) if status in {202, 400} else None
            if answer is not None:
                return self._count(answer)
            pause_s = min(ASKED_MOST_S, asked or own_s)
            if status not in AGAIN or self._clock() + pause_s > patient_until_s:
                said = content[:300].decode(errors="replace")
                code = f"{status}{' of no intake' if status == 202 else ''}: " if status else ""
                raise SendError(f"the intake at {self._url} did not take {len(lines)} events: {code}{said}")
            self._sleep(pause_s)
            own_s = min(PAUSE_MOST_S, 2 * own_s)

    def take_sent(self) -> Sent:
        """Return the totals since the last call, and reset them."""
        sent, self.sent = self.sent, Sent()
        return sent

    def close(self) -> None:
        self._connection.close()

    def _try(self, body: bytes) -> tuple[int, bytes, float]:
        """Return status (0: unreachable), body, and the seconds that the intake asks to wait."""
        try:
            self._connection.request("POST", "/events", body, {"content-type": "application/x-ndjson"})
            response = self._connection.getresponse()
            content = response.read()
            asked = asked_s(response.headers.get("retry-after"), datetime.now(UTC))
            return response.status, content, asked
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return 0, str(error).encode(), 0.0

    def _count(self, answer: _Answer) -> Sent:
        reason = next((f"{each.field}: {each.reason}" for each in answer.rejected), "")
        now = Sent(
            accepted=answer.accepted,
            duplicate=answer.duplicate,
            rejected=len(answer.rejected),
            reason=reason,
        )
        self.sent = self.sent.plus(now)
        return now


def check(sent: Sent) -> None:
    """Raises SendError if any event was rejected."""
    if sent.rejected:
        raise SendError(f"{sent.rejected:,} events were rejected; the first: {sent.reason}")


def _answer(content: bytes) -> _Answer | None:
    try:
        return msgspec.json.decode(content, type=_Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _address(url: str) -> tuple[str, int]:
    """Return host and port of the URL. Raises AddressError."""
    try:
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname is not None:
            return parts.hostname, parts.port or PORT
    except ValueError:
        pass
    raise AddressError(f"{url} is no http:// address of an intake")


def batches(events: Iterable[AnyEvent], size: int = BATCH_EVENTS) -> Iterator[list[AnyEvent]]:
    """Yield the events in lists of at most `size`."""
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
    """Yield the events at the pace of their timestamps, `speed` times as fast, in batches of about `TICK_S`.

    A wait longer than `gap_most_s` (a break between maps) is cut to that.
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
    """Send all events, at `speed`, or as fast as the intake allows if it is None. `told` gets the size of each batch
    sent."""
    for batch in batches(events) if speed is None else paced(events, speed):
        intake.post(batch)
        told(len(batch))
