"""Decides whether a match in the log needs an amendment, and appends it to the log.

Belongs here: when a match may be amended, the comparison of published and correct facts, sending. Does not belong here:
the better telling (`models.telling`), how the stream applies an amendment (`models.fold`).

A match that may still correct itself is not amended: it must be over, or silent for a while. What was published must
also end with the event that a stream would publish last after reading exactly the log that the lake holds.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from adapters.kafka.appending import raw_record
from adapters.kafka.records import Outgoing
from adapters.lake import files, raw
from adapters.lake.partitions import Partition
from adapters.lake.tables import RAW_EVENTS
from game.facts import MapDecided
from game.messages import Processed
from models.lineup import Lineup
from models.telling import Heard, by_map, heard, proposed
from orchestration.derivation import begun_with, known_maps
from orchestration.parity import compared, published

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

SILENT = timedelta(minutes=10)
"""A match that is not over and silent for this long is put to sleep by the stream, too."""
AS_PUBLISHED, NO_STORE = "as published", "no store answers"
NOT_OF_THE_LOG = "came from files: nobody published it"
GOES_ON = "goes on"
BEHIND = "stream or loader have not told all of it"
UNDECIDED = "no map of it is decided"
KNOWN = "told already: not published yet, or by a stream of other code"
AMENDED = "amended"
WAITS = frozenset({GOES_ON, BEHIND, KNOWN})
"""Outcomes that a later attempt may change even without new events of the match."""

Append = Callable[[Sequence[Outgoing]], None]


class Amended(Struct, frozen=True, kw_only=True):
    """The outcome for one match. `changed` are the maps whose facts differ from the published ones."""

    outcome: str
    reason: str = ""
    changed: tuple[str, ...] = ()
    sent: int = 0

    def told(self) -> Mapping[str, str | int]:
        """The outcome as Dagster's metadata."""
        return {
            "outcome": self.outcome,
            "reason": self.reason or "none",
            "changed": ", ".join(self.changed) or "none",
            "sent": self.sent,
        }


def amend(
    root: Path, match: Partition, *, client: "Client", models: Lineup, append: Append, now: datetime
) -> Amended:
    """Appends the amendment that a match needs, once. Raises `adapters.lake.partitions.LakeError`, the store's errors
    and those of `append`."""
    if not raw.manifest_of(root, match).is_of_log:
        return Amended(outcome=NOT_OF_THE_LOG)
    if not _is_suspect(root, match, client):
        return Amended(outcome=AS_PUBLISHED)
    records = raw.raw_events(root, match)
    if any(record.place is None for record in records):
        return Amended(outcome=NOT_OF_THE_LOG)
    predictor = begun_with(root, match, models)
    found = heard(match.match_id, (record.event for record in records), predictor, models=models)
    last_at = max((record.published_at for record in records if record.published_at), default=now)
    told = published(client, match.match_id)
    wait = _wait(found, told, is_silent=now - last_at >= SILENT)
    if found is None or wait:
        return Amended(outcome=wait or AS_PUBLISHED)
    proposal = proposed(found, by_map(told), predictor, models=models)
    if proposal is None:
        return Amended(outcome=AS_PUBLISHED)
    append([raw_record(part, now) for part in proposal.missing])
    return Amended(
        outcome=AMENDED if proposal.missing else KNOWN,
        reason=proposal.reason,
        changed=proposal.changed,
        sent=len(proposal.missing),
    )


def _is_suspect(root: Path, match: Partition, client: "Client") -> bool:
    """Whether refolding the match is worthwhile: it has stale events, a source retracted some,
    or batch and stream disagree."""
    maps = known_maps(root, match)
    if any(each.card.stale for each in maps):
        return True
    if "retraction" in files.read(root, RAW_EVENTS, match, columns=("type",)).column("type").to_pylist():
        return True
    return not all(parity.holds for parity in compared(client, match.match_id, maps, is_of_log=True))


def _wait(found: Heard | None, told: Sequence[Processed], *, is_silent: bool) -> str:
    """Why a match must not be amended now; empty if it may be."""
    if found is None:
        return NOT_OF_THE_LOG
    if not told or told[-1].event_id != found.last_told:
        return BEHIND
    if not found.is_over and not is_silent:
        return GOES_ON
    is_decided = found.is_over or any(isinstance(fact, MapDecided) for m in told for fact in m.facts)
    return "" if is_decided else UNDECIDED
