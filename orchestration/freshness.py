"""Whether the maps of the live path came to the lake in time: a bound for each, told by the store.

Belongs here: what is overdue. Does not belong here: making it (`orchestration.sensors` asks for runs).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.lake.files import read_manifest
from adapters.lake.partitions import Partition
from adapters.lake.tables import QUALITY, RAW_EVENTS
from orchestration.on_air import behind, decided, touched

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

BOUND = timedelta(minutes=10)
"""From a match's last record: a minute of quiet, a run, and another one after an amendment, on a busy machine."""
LOOKED_AT = timedelta(days=1)
"""Older matches were looked at on their own day."""
MISSING, BEHIND, OLDER = (
    "has no scorecard",
    "the log has more records",
    "its chain is older than its raw events",
)


def overdue(client: "Client", root: Path, *, now: datetime) -> Iterator[tuple[str, str]]:
    """(partition, why) of the decided maps whose match has been quiet for longer than the bound, and which are not in
    the lake as the log has them. Raises `adapters.lake.partitions.LakeError`."""
    quiet = [each.match_id for each in touched(client, now - LOOKED_AT) if now - each.last_at > BOUND]
    grown = set(behind(client, root, quiet))
    for partition in decided(client, root, quiet):
        why = _why(root, partition, is_behind=partition.match_id in grown)
        if why:
            yield partition.key, why


def _why(root: Path, partition: Partition, *, is_behind: bool) -> str:
    raw = read_manifest(root, RAW_EVENTS, partition.match)
    card = read_manifest(root, QUALITY, partition)
    if raw is None or card is None:
        return MISSING
    if is_behind:
        return BEHIND
    return "" if card.made_from.get(RAW_EVENTS.name) == raw.content else OLDER
