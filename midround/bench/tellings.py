"""Simulated matches as the records that the reading side follows, to feed its board with.

Belongs here: which record is fed when, and its timestamp. Does not belong here: processes, clients.

A record's result time is the moment when it is fed, so any receiver knows its latency.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import cycle, islice

from msgspec import Struct
from msgspec.structs import replace

from adapters.kafka.channels import topics_of
from adapters.kafka.records import PREDICTIONS, STATE, Record
from game.codec import encode
from game.messages import Message
from midround import inputs
from models.fold import MatchFold, Times
from models.predictor import load_champion

Topics = tuple[str, ...]
SEEDS = 3
BEGUN = 120
"""Updates until a match is in live play of its first round."""
MARK = datetime(2001, 2, 3, 4, 5, 6, 789012, UTC)
_MARK = b"2001-02-03T04:05:06.789012Z"
SHOWN: Topics = (STATE, PREDICTIONS)
"""Topics whose records are each one frame of the live feed, an update."""


class Telling(Struct, frozen=True, kw_only=True):
    """One match: the records that introduce it, and those that are fed afterwards."""

    match_id: str
    begun: tuple[Record, ...]
    then: tuple[Record, ...]


class Turn(Struct, frozen=True, kw_only=True):
    """Records fed together: an update, preceded by records that are no updates."""

    match_id: str
    records: tuple[Record, ...]


def tellings(ids: Sequence[str], *, updates: int, of: Topics = SHOWN) -> list[Telling]:
    """Return each match with `updates` updates (records of the topics `of`) after its beginning. Raises ValueError if
    the simulated match is too short."""
    return [
        _telling(match_id, _played(number % SEEDS, BEGUN + updates, of), of)
        for number, match_id in enumerate(ids)
    ]


def turns(told: Sequence[Telling], *, of: Topics = SHOWN) -> Iterator[Turn]:
    """Yield the updates of all matches in rotation."""
    for feed in cycle([_turns(each, of) for each in told]):
        turn = next(feed, None)
        if turn is None:
            return
        yield turn


async def paced(told: Iterator[Turn], *, rate: float, seconds: float) -> AsyncIterator[Turn]:
    """Yield the next turns at `rate` per second, stamped as they go; late turns follow at once."""
    begun_s = time.perf_counter()
    for number, turn in zip(range(round(seconds * rate)), told, strict=False):
        await asyncio.sleep(max(0.0, begun_s + number / rate - time.perf_counter()))
        yield Turn(match_id=turn.match_id, records=tuple(map(stamped, turn.records)))


def stamped(record: Record) -> Record:
    """Return the record as if the stream had produced it now."""
    now = datetime.now(UTC)
    value = record.value.replace(_MARK, now.isoformat().replace("+00:00", "Z").encode())
    return replace(record, value=value, timestamp_ms=int(now.timestamp() * 1000))


def _turns(told: Telling, of: Topics) -> Iterator[Turn]:
    waiting: list[Record] = []
    for record in told.then:
        waiting.append(record)
        if record.topic in of:
            yield Turn(match_id=told.match_id, records=tuple(waiting))
            waiting = []


@cache
def _played(seed: int, updates: int, of: Topics) -> tuple[Record, ...]:
    """Return the first records of a simulated match, up to and including the given number of updates."""
    found: list[Record] = []
    left = updates
    for record in simulated(seed):
        found.append(record)
        left -= record.topic in of
        if not left:
            return tuple(found)
    raise ValueError(f"the simulated match {seed} has {updates - left} updates, not {updates}")


def simulated(seed: int, events: int | None = None) -> Iterator[Record]:
    """Yield all records that the stream publishes for a simulated match, or for its first `events` events; their times
    are `MARK`."""
    fold: MatchFold | None = None
    predictor = load_champion()
    for event in islice(inputs.simulated(seed=seed).events(), events):
        fold = fold or MatchFold(event.match_id, predictor)
        for message in fold.step(event, Times(received_at=MARK, processed_at=MARK)):
            yield from _of(message)


def _of(message: Message) -> Iterator[Record]:
    """The message as records, one for each of its topics."""
    key, value = message.match_id.encode(), encode(message)
    for topic in topics_of(message):
        yield Record(topic=topic, partition=0, offset=0, key=key, value=value, headers={}, timestamp_ms=0)


def _telling(match_id: str, records: Sequence[Record], of: Topics) -> Telling:
    """Return the match under another id, split after its beginning."""
    own, name = records[0].key, match_id.encode()
    told = [replace(each, key=name, value=each.value.replace(own, name)) for each in records]
    shown = [place for place, each in enumerate(told) if each.topic in of]
    first = shown[BEGUN - 1] + 1
    return Telling(match_id=match_id, begun=tuple(told[:first]), then=tuple(told[first:]))
