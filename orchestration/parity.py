"""Does batch say what the stream said? Digests of published facts, map by map, beside those of the lake.

Belongs here: what was published, and the comparison of digests; no import of the lake, so that `midround verify` needs
none. Does not belong here: the search for the first difference (`midround verify`).
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
    from collections.abc import Mapping

    from clickhouse_connect.driver.client import Client

    from orchestration.derivation import Derived

FACTS = """
SELECT map_id, round_no, seq, ts_event, event_id, match_tag, facts, if(is_retracted, version, NULL) AS withdrawn_seq
FROM game_events FINAL WHERE match_id = {match_id:String} ORDER BY seq
"""
_FACTS: msgspec.json.Decoder[tuple[AnyFact, ...]] = msgspec.json.Decoder(tuple[AnyFact, ...])


class Published(Struct, frozen=True, kw_only=True):
    """One event as far as a digest covers it. `withdrawn_seq` is that of the retraction, null where it stands."""

    message: Processed
    withdrawn_seq: int | None


class Parity(Struct, frozen=True, kw_only=True):
    """One map. `stream_digest` is null where the stream never told it: a match that was imported from files."""

    partition: str
    batch_digest: str
    stream_digest: str | None
    batch_events: int
    stream_events: int

    @property
    def holds(self) -> bool:
        """Whether both agree, or there is nothing to agree with."""
        return self.stream_digest in {None, self.batch_digest}


def published(client: "Client", match_id: str) -> list[Processed]:
    """What the stream published of a match and did not take back, as far as a digest covers it."""
    return [each.message for each in ever_published(client, match_id) if each.withdrawn_seq is None]


def ever_published(client: "Client", match_id: str) -> list[Published]:
    """What the stream published of a match, also what it took back, by seq."""
    return [
        Published(message=_processed(match_id, row), withdrawn_seq=row["withdrawn_seq"])
        for row in query_rows(client, FACTS, {"match_id": match_id})
    ]


def compared(client: "Client", match_id: str, maps: "list[Derived]") -> list[Parity]:
    """The maps of one match, as the lake has them, beside what was published."""
    by_map: dict[str | None, list[Processed]] = {}
    for message in published(client, match_id):
        by_map.setdefault(message.map_id, []).append(message)
    return [_parity(each, by_map.get(each.card.map_id, [])) for each in maps]


def unpublished(maps: "list[Derived]") -> list[Parity]:
    """The maps beside no stream at all."""
    return [_parity(each, []) for each in maps]


def _parity(map_: "Derived", told: list[Processed]) -> Parity:
    return Parity(
        partition=map_.partition.key,
        batch_digest=map_.card.facts_digest,
        stream_digest=facts_digest(told) if told else None,
        batch_events=map_.card.events,
        stream_events=len(told),
    )


def _processed(match_id: str, row: "Mapping[str, Any]") -> Processed:
    """The message again, as far as the digest covers it."""
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
