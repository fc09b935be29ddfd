"""Simulated matches as the records that the reading side follows: what its board is fed with.

Belongs here: which record is told when, and the time that it carries. Does not belong here: processes, clients.

A record carries the moment of its telling as the time of the stream's result, so who gets it knows how long it took.
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
"""Topics of which each record is a frame of the live feed: an update."""


class Telling(Struct, frozen=True, kw_only=True):
    """One match: the records that make it known, and those that are told afterwards."""

    match_id: str
    begun: tuple[Record, ...]
    then: tuple[Record, ...]


class Turn(Struct, frozen=True, kw_only=True):
    """What is told at once: an update, after the records that are told without being one."""

    match_id: str
    records: tuple[Record, ...]


def tellings(ids: Sequence[str], *, updates: int, of: Topics = SHOWN) -> list[Telling]:
    """A telling of each match with so many updates, records of the topics `of`, after its beginning. Raises ValueError
    where the game is shorter."""
    return [
        _telling(match_id, _played(number % SEEDS, BEGUN + updates, of), of)
        for number, match_id in enumerate(ids)
    ]


def turns(told: Sequence[Telling], *, of: Topics = SHOWN) -> Iterator[Turn]:
    """The updates of all matches, each match in its turn."""
    for feed in cycle([_turns(each, of) for each in told]):
        turn = next(feed, None)
        if turn is None:
            return
        yield turn


async def paced(told: Iterator[Turn], *, rate: float, seconds: float) -> AsyncIterator[Turn]:
    """The next turns, `rate` a second, stamped as they go; what is late goes at once."""
    begun_s = time.perf_counter()
    for number, turn in zip(range(round(seconds * rate)), told, strict=False):
        await asyncio.sleep(max(0.0, begun_s + number / rate - time.perf_counter()))
        yield Turn(match_id=turn.match_id, records=tuple(map(stamped, turn.records)))


def stamped(record: Record) -> Record:
    """The record as if the stream had made it now."""
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
    """The first records of a simulated match, up to its update of that number."""
    found: list[Record] = []
    left = updates
    for record in simulated(seed):
        found.append(record)
        left -= record.topic in of
        if not left:
            return tuple(found)
    raise ValueError(f"the simulated match {seed} has {updates - left} updates, not {updates}")


def simulated(seed: int, events: int | None = None) -> Iterator[Record]:
    """All that the stream says of a simulated match, or of its first `events`; their times are `MARK`."""
    fold: MatchFold | None = None
    predictor = load_champion()
    for event in islice(inputs.simulated(seed=seed).events(), events):
        fold = fold or MatchFold(event.match_id, predictor)
        for message in fold.step(event, Times(received_at=MARK, processed_at=MARK)):
            yield from _of(message)


def _of(message: Message) -> Iterator[Record]:
    """As it stands on the topics."""
    key, value = message.match_id.encode(), encode(message)
    for topic in topics_of(message):
        yield Record(topic=topic, partition=0, offset=0, key=key, value=value, headers={}, timestamp_ms=0)


def _telling(match_id: str, records: Sequence[Record], of: Topics) -> Telling:
    """The match under another id."""
    own, name = records[0].key, match_id.encode()
    told = [replace(each, key=name, value=each.value.replace(own, name)) for each in records]
    shown = [place for place, each in enumerate(told) if each.topic in of]
    first = shown[BEGUN - 1] + 1
    return Telling(match_id=match_id, begun=tuple(told[:first]), then=tuple(told[first:]))
