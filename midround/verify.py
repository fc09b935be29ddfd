"""Verifies that the published results follow from the received events: the store's facts and receipts against a fold of
its raw log.

Belongs here: the comparison. Does not belong here: the fold (`models.fold`), the check of a single receipt
(`models.receipt`), printing.

`cs2_events_raw` gives the events, which go through the same fold; `game_events` gives the published facts;
`cs2_predictions` gives every prediction, byte for byte. The tables are read one after the other, so for a running match
both sides are compared as of the last seq that both have.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from adapters.clickhouse.client import query_rows
from game.codec import DecodeError
from game.facts import SeriesDecided
from game.messages import Message, Prediction, Processed
from midround.rawlog import raw_records
from models.digest import facts_digest, valid
from models.fold import MatchFold
from models.lineup import Lineup
from models.receipt import verify
from models.shelf import Models
from orchestration.parity import Published, ever_published
from streaming.steps import translated

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

PROBLEMS_MOST = 20
STILL = timedelta(seconds=10)
NOTHING = "nothing received and nothing published of it"
PREDICTIONS = """
SELECT message FROM cs2_predictions FINAL
WHERE match_id = {match_id:String} ORDER BY seq
"""
_PREDICTION: msgspec.json.Decoder[Prediction] = msgspec.json.Decoder(Prediction)


class Verdict(Struct, frozen=True, kw_only=True):
    """The result for one match. `problems` is empty if it holds; the digests cover the facts still valid.
    `not_compared` counts the events that arrived, or were retracted, after the last seq that both sides have."""

    match_id: str
    events: int
    not_compared: int
    dead_letters: int
    predictions: int
    stream_digest: str
    batch_digest: str
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.problems

    @property
    def holds_whole(self) -> bool:
        """Whether it holds and every event was compared."""
        return self.holds and not self.not_compared


class Compared(Struct, frozen=True, kw_only=True):
    """Both sides as of the last seq that both have, and the seqs of either side that were not compared."""

    told: list[Message]
    facts: list[Processed]
    left: frozenset[int]


def verified(client: "Client", match_id: str, lineup: Lineup, *, now: datetime) -> Verdict:
    """Return the verdict on one match. `lineup` holds the models that may have predicted, and determines the one that
    the match started with; later switches are in the raw log."""
    predictions = [_PREDICTION.decode(row["message"]) for row in _rows(client, PREDICTIONS, match_id)]
    told, refused, last_at = _batch(client, match_id, lineup)
    facts = ever_published(client, match_id)
    both = _compared(told, facts, predictions)
    batch_digest, stream_digest = facts_digest(both.told), facts_digest(both.facts)
    problems = [] if told or refused or facts or predictions else [NOTHING]
    problems += [] if batch_digest == stream_digest else [_difference(both.told, both.facts)]
    problems += receipt_problems(predictions, lineup)
    problems += _absent(predictions, both.told)
    if both.left:
        problems += _left(both, told, facts, is_still=now - last_at > STILL)
    return Verdict(
        match_id=match_id,
        events=sum(isinstance(m, Processed) for m in both.told),
        not_compared=len(both.left),
        dead_letters=refused,
        predictions=len(predictions),
        stream_digest=stream_digest,
        batch_digest=batch_digest,
        problems=tuple(problems[:PROBLEMS_MOST]),
    )


def receipt_problems(predictions: Sequence[Prediction], models: Models) -> list[str]:
    """Return the predictions that do not follow from their receipts, and the breaks in the chain of receipts."""
    problems: list[str] = []
    known = {p.receipt.digest for p in predictions}
    for prediction in predictions:
        receipt = prediction.receipt
        where = f"prediction at seq {prediction.seq}"
        predictor = models.find(receipt.model_hash)
        if predictor is None:
            problems.append(f"{where}: model {receipt.model_hash[:12]} is not known here")
            continue
        problems += [f"{where}: {text}" for text in verify(prediction, predictor, None)]
        if receipt.previous not in known and prediction.prev_seq != 0:
            problems.append(f"{where}: the receipt before it is missing")
    return problems


def _batch(client: "Client", match_id: str, lineup: Lineup) -> tuple[list[Message], int, datetime]:
    """Fold the raw log: the messages, the number of rejected records, and the time of the last record."""
    fold: MatchFold | None = None
    told, refused, last_at = list[Message](), 0, datetime.fromtimestamp(0, UTC)
    for record in raw_records(client, match_id):
        last_at = record.appended_at
        event = translated(record).result
        if isinstance(event, DecodeError):
            refused += 1
        elif event.match_id == match_id:
            fold = fold or MatchFold(match_id, lineup.starting(record.appended_at), models=lineup)
            told += fold.step(event)
    return told, refused, last_at


def _compared(
    told: Sequence[Message], facts: Sequence[Published], predictions: Sequence[Prediction]
) -> Compared:
    here, there = max((m.seq for m in told), default=0), max((f.message.seq for f in facts), default=0)
    last = min(here, there)
    predicted = max((p.seq for p in predictions), default=last)
    standing, left = list[Message](), set(range(last + 1, max(here, there) + 1))
    for message in valid([m for m in told if m.seq <= last]):
        if isinstance(message, Prediction) and message.seq > predicted:
            left.add(message.seq)
        else:
            standing.append(message)
    kept = [f for f in facts if f.message.seq <= last and (f.withdrawn_seq is None or f.withdrawn_seq > last)]
    left |= {f.message.seq for f in kept if f.withdrawn_seq is not None}
    return Compared(told=standing, facts=[f.message for f in kept], left=frozenset(left))


def _left(
    both: Compared, told: Sequence[Message], facts: Sequence[Published], *, is_still: bool
) -> Iterator[str]:
    """Yield the problems with uncompared events. It is one if none could be compared, or if any remain of a finished
    match after the loader had time to catch up."""
    ends = [*valid(told), *(f.message for f in facts if f.withdrawn_seq is None)]
    if not both.told and not both.facts:
        why = "nothing is published of them" if told else "nothing was received of them"
        yield f"none of {len(both.left)} events can be compared: {why}"
    elif is_still and any(
        isinstance(m, Processed) and any(isinstance(f, SeriesDecided) for f in m.facts) for m in ends
    ):
        yield f"the match is over, and {len(both.left)} of its events are not compared"


def _absent(predictions: Sequence[Prediction], told: Sequence[Message]) -> Iterator[str]:
    """Yield the predictions of the batch fold that were not published with the same receipt."""
    known = {p.receipt.digest for p in predictions}
    for message in told:
        if isinstance(message, Prediction) and message.receipt.digest not in known:
            yield f"prediction at seq {message.seq}: not published as the fold has it"


def _difference(told: Sequence[Message], facts: Sequence[Processed]) -> str:
    """Describe how the facts differ, naming the first event whose facts do."""
    here = {m.event_id: m.facts for m in told if isinstance(m, Processed)}
    there = {m.event_id: m.facts for m in facts}
    wrong = [event_id for event_id in {**here, **there} if here.get(event_id) != there.get(event_id)]
    first = f"; first: {wrong[0]}" if wrong else "; the places of facts differ"
    return f"facts differ: {len(here)} events folded, {len(there)} published, {len(wrong)} unequal{first}"


def _rows(client: "Client", sql: str, match_id: str) -> list[dict[str, Any]]:
    return query_rows(client, sql, {"match_id": match_id})
