"""Whether a match of the log is to be told anew, and the amendment into the log.

Belongs here: when a match may be amended, what was published beside what is true, sending. Does not belong here: the
better telling (`models.telling`), what the stream makes of an amendment (`models.fold`).

Nothing is amended while it may still mend itself: the match has to be over, or silent for a while, and what was
published has to end with the event that a stream tells last which has read just the log that the lake holds.
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
"""A match that is not over and says nothing for so long sleeps in the stream, too."""
AS_PUBLISHED, NO_STORE = "as published", "no store answers"
NOT_OF_THE_LOG = "came from files: nobody published it"
GOES_ON = "goes on"
BEHIND = "stream or loader have not told all of it"
UNDECIDED = "no map of it is decided"
KNOWN = "told already: not published yet, or by a stream of other code"
AMENDED = "amended"
WAITS = frozenset({GOES_ON, BEHIND, KNOWN})
"""Outcomes that another look may find otherwise though the match says nothing more."""

Append = Callable[[Sequence[Outgoing]], None]


class Amended(Struct, frozen=True, kw_only=True):
    """What became of a match. `changed` are the maps whose facts differ from those that were published."""

    outcome: str
    reason: str = ""
    changed: tuple[str, ...] = ()
    sent: int = 0

    def told(self) -> Mapping[str, str | int]:
        """As Dagster shows it."""
        return {
            "outcome": self.outcome,
            "reason": self.reason or "none",
            "changed": ", ".join(self.changed) or "none",
            "sent": self.sent,
        }


def amend(
    root: Path, match: Partition, *, client: "Client", models: Lineup, append: Append, now: datetime
) -> Amended:
    """Appends what a match lacks, once. Raises `adapters.lake.partitions.LakeError`, the store's errors and what
    `append` raises."""
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
    """Whether it is worth folding the match again: it lacks events, a source took some back, or batch and stream do not
    agree."""
    maps = known_maps(root, match)
    if any(each.card.stale for each in maps):
        return True
    if "retraction" in files.read(root, RAW_EVENTS, match, columns=("type",)).column("type").to_pylist():
        return True
    return not all(parity.holds for parity in compared(client, match.match_id, maps, is_of_log=True))


def _wait(found: Heard | None, told: Sequence[Processed], *, is_silent: bool) -> str:
    """Why a match is not to be amended now; empty where it may be."""
    if found is None:
        return NOT_OF_THE_LOG
    if not told or told[-1].event_id != found.last_told:
        return BEHIND
    if not found.is_over and not is_silent:
        return GOES_ON
    is_decided = found.is_over or any(isinstance(fact, MapDecided) for m in told for fact in m.facts)
    return "" if is_decided else UNDECIDED
