"""Parity of batch and stream: compares digests of published facts, map by map, with those of the lake.

Belongs here: what was published, and the comparison of digests. It does not import the lake, so that `midround verify`
works without one. Does not belong here: the search for the first difference (`midround verify`).
"""

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from adapters.clickhouse.client import query_rows
from game.events import Unknown
from game.facts import AnyFact
from game.messages import Processed
from models.digest import facts_digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clickhouse_connect.driver.client import Client

    from adapters.lake.partitions import Partition
    from orchestration.derivation import Derived

FACTS = """
SELECT map_id, round_no, seq, ts_event, event_id, match_tag, facts, if(is_retracted, version, NULL) AS withdrawn_seq
FROM game_events FINAL WHERE match_id = {match_id:String} ORDER BY seq
"""
_FACTS: msgspec.json.Decoder[tuple[AnyFact, ...]] = msgspec.json.Decoder(tuple[AnyFact, ...])


HOLDS, DIFFERS, UNTOLD = "holds", "differs", "not told by the stream"
FROM_FILES, UNKNOWN = "came from files", "unknown: no store answers"
UNCOMPARED = "unknown: was not compared"
"""Verdict for a map whose comparison failed."""
AGREED = frozenset({HOLDS, FROM_FILES})
"""Verdicts of agreement, or of nothing to compare with."""


class Published(Struct, frozen=True, kw_only=True):
    """One published event with the fields that a digest covers. `withdrawn_seq` is the
    retraction's seq; null if it stands."""

    message: Processed
    withdrawn_seq: int | None


class Parity(Struct, frozen=True, kw_only=True):
    """The comparison of one map. `verdict` is one of the constants above; `stream_digest` is null if nothing of the map
    was published, or no store answered."""

    partition: "Partition"
    verdict: str
    batch_digest: str
    stream_digest: str | None
    batch_events: int
    stream_events: int

    @property
    def holds(self) -> bool:
        """Whether both agree, or there is nothing to compare with."""
        return self.verdict in AGREED

    def told(self) -> "Mapping[str, str | int]":
        """The comparison as Dagster's metadata."""
        return {
            "verdict": self.verdict,
            "batch_digest": self.batch_digest,
            "stream_digest": self.stream_digest or "none",
            "batch_events": self.batch_events,
            "stream_events": self.stream_events,
        }


def published(client: "Client", match_id: str) -> list[Processed]:
    """The messages that the stream published of a match and did not retract, with the fields that a digest covers."""
    return [each.message for each in ever_published(client, match_id) if each.withdrawn_seq is None]


def ever_published(client: "Client", match_id: str) -> list[Published]:
    """All messages that the stream published of a match, including retracted ones, by seq."""
    return [
        Published(message=_processed(match_id, row), withdrawn_seq=row["withdrawn_seq"])
        for row in query_rows(client, FACTS, {"match_id": match_id})
    ]


def compared(client: "Client", match_id: str, maps: "Sequence[Derived]", *, is_of_log: bool) -> list[Parity]:
    """Compares the maps of one match, as in the lake, with what was published. If the log has the match, the stream
    must have published it."""
    by_map: dict[str | None, list[Processed]] = {}
    for message in published(client, match_id):
        by_map.setdefault(message.map_id, []).append(message)
    untold = UNTOLD if is_of_log else FROM_FILES
    return [_parity(each, by_map.get(each.card.map_id, []), untold=untold) for each in maps]


def uncompared(maps: "Sequence[Derived]", *, is_of_log: bool) -> list[Parity]:
    """The maps' verdicts if no store answers."""
    return [_parity(each, [], untold=UNKNOWN if is_of_log else FROM_FILES) for each in maps]


def _parity(map_: "Derived", told: list[Processed], *, untold: str) -> Parity:
    stream, batch = facts_digest(told) if told else None, map_.card.facts_digest
    return Parity(
        partition=map_.partition,
        verdict=untold if stream is None else HOLDS if stream == batch else DIFFERS,
        batch_digest=batch,
        stream_digest=stream,
        batch_events=map_.card.events,
        stream_events=len(told),
    )


def _processed(match_id: str, row: "Mapping[str, Any]") -> Processed:
    """The message restored from the store, with the fields that a digest covers."""
    event = Unknown(
        event_id=row["event_id"], match_id=match_id, ts_event=row["ts_event"], source="", original_type=""
    )
    return Processed(
        match_id=match_id,
        seq=row["seq"],
        prev_seq=row["seq"] - 1,
        event_id=row["event_id"],
        map_id=row["map_id"] or None,
        round_no=row["round_no"],
        ts_event=row["ts_event"],
        type="",
        source="",
        match_tag=row["match_tag"],
        is_post_round=False,
        event=event,
        facts=_FACTS.decode(row["facts"]),
    )
