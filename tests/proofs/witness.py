"""Reads what the stream publishes while it publishes it, and keeps what the digests need. No tests here.

On the embedded broker it takes the loader's place: producers wait for its commits, so that nothing is forgotten unread.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import msgspec

from adapters.kafka.connection import LOADER_GROUP, BrokerError, Connection
from adapters.kafka.reading import consumer, placed
from adapters.kafka.records import DEAD_LETTERS, PREDICTIONS, PROCESSED, TOPICS, Record
from adapters.kafka.tail import Tail
from game.messages import DeadLetter, PredictionMessage, ProcessedMessage, Retraction
from tests.proofs.tally import Tally

POLL_S = 0.1
SILENCE_S = 120.0

_PROCESSED: msgspec.json.Decoder[ProcessedMessage] = msgspec.json.Decoder(ProcessedMessage)
_PREDICTED: msgspec.json.Decoder[PredictionMessage] = msgspec.json.Decoder(PredictionMessage)
_LETTER: msgspec.json.Decoder[DeadLetter] = msgspec.json.Decoder(DeadLetter)


class Witness:
    """A reader of all topics in a thread of its own, for the length of a `with`."""

    def __init__(self, broker: Connection, *, is_loader: bool = True) -> None:
        """`is_loader`: commit in the loader's place; not where a true loader runs."""
        self._is_loader = is_loader
        self.tallies: dict[str, Tally] = defaultdict(Tally)
        self.letters: list[DeadLetter] = []
        self.last_event: dict[str, str] = {}
        self.failure: Exception | None = None
        self._tail = Tail(broker, TOPICS, start="beginning")
        self._committer = consumer(broker, LOADER_GROUP)
        self._heard_s = time.monotonic()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._read, name="witness", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()
        self._committer.close()
        self._tail.close()

    def wait(self, ends: Mapping[str, str], *, step: Callable[[], None]) -> None:
        """Until the last event of every match has come, or nothing comes any more. Raises what stopped the reading."""
        self._heard_s = time.monotonic()
        while not self._has_ended(ends) and time.monotonic() - self._heard_s < SILENCE_S:
            if self.failure is not None:
                raise self.failure
            step()
            time.sleep(0.05)

    def _has_ended(self, ends: Mapping[str, str]) -> bool:
        return all(self.last_event.get(match_id) == event_id for match_id, event_id in ends.items())

    def _read(self) -> None:
        try:
            while not self._stopping.is_set():
                self._take_all()
        except (AssertionError, BrokerError, msgspec.DecodeError) as error:
            self.failure = error

    def _take_all(self) -> None:
        records = self._tail.poll(POLL_S)
        for record in records:
            self._take(record)
        assert not self._tail.take_gaps(), "the broker forgot what the witness had not read"
        if records:
            self._heard_s = time.monotonic()
        if records and self._is_loader:
            self._committer.commit(offsets=placed(self._tail.positions().items()), asynchronous=False)

    def _take(self, record: Record) -> None:
        if record.topic == PROCESSED:
            self._processed(_PROCESSED.decode(record.value))
        elif record.topic == PREDICTIONS:
            self._predicted(_PREDICTED.decode(record.value))
        elif record.topic == DEAD_LETTERS:
            self.letters.append(_LETTER.decode(record.value))

    def _processed(self, message: ProcessedMessage) -> None:
        if isinstance(message, Retraction):
            self.tallies[message.match_id].void("facts", message)
        else:
            self.tallies[message.match_id].take(message)
            self.last_event[message.match_id] = message.event_id

    def _predicted(self, message: PredictionMessage) -> None:
        if isinstance(message, Retraction):
            self.tallies[message.match_id].void("predictions", message)
        else:
            self.tallies[message.match_id].take(message)
