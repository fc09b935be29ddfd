"""Checks whether the maps of the live path reached the lake in time, within a bound, according to the store.

Belongs here: which maps are overdue. Does not belong here: deriving them (`orchestration.sensors` requests the
runs).
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.lake.files import read_manifest
from adapters.lake.partitions import LakeError, Partition
from adapters.lake.tables import AMENDMENTS, PARITY, QUALITY, RAW_EVENTS
from orchestration.amending import AS_PUBLISHED, SILENT, WAITS
from orchestration.derivation import RECORDS
from orchestration.on_air import behind, decided, told, touched, unheard
from orchestration.partitions import by_match

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

BOUND = timedelta(minutes=10)
"""Counted from a match's last record: a minute of quiet, a run, and another one after an
amendment, on a busy machine."""
LOOKED_AT = timedelta(days=1)
"""Older matches were checked on their own day; for them only maps that were never made are reported."""
MISSING, BEHIND, OLDER, UNHEARD = (
    "has no scorecard",
    "the log has more records",
    "its chain is older than its raw events",
    "the stream told nothing of it",
)


def overdue(
    client: "Client", root: Path, *, known: Collection[str], now: datetime
) -> Iterator[tuple[str, str]]:
    """(partition or match, reason) of everything that was received but is not in the lake as the log has it:

    - decided maps, once their match has been quiet for longer than the bound;
    - other published maps, whose chain runs after a silence (`SILENT`), once the bound has passed since that;
    - matches of which the stream published nothing;
    - maps in `known` whose chain did not complete, however old their match is.
    """
    last_at = {each.match_id: each.last_at for each in touched(client, now - LOOKED_AT)}
    quiet = [match_id for match_id, at in last_at.items() if now - at > BOUND]
    silent = [match_id for match_id in quiet if now - last_at[match_id] > SILENT + BOUND]
    grown = set(behind(client, root, quiet))
    for partition in sorted({*decided(client, root, quiet), *told(client, root, silent)}):
        why = _fault(root, partition) or (BEHIND if partition.match_id in grown else "")
        if why:
            yield partition.key, why
    for match_id in unheard(client, quiet):
        yield match_id, UNHEARD
    older = (maps for match_id, maps in by_match(known).items() if match_id not in last_at)
    yield from _left(client, root, [each for maps in older for each in maps])


def _left(client: "Client", root: Path, maps: Collection[Partition]) -> Iterator[tuple[str, str]]:
    """The maps that were not made, with the reason, limited to maps that the stream published: a map that it retracted
    no longer belongs to its match, and one from files waits for a backfill."""
    faults = {each: why for each in maps if (why := _fault(root, each))}
    on_air = told(client, root, sorted({each.match_id for each in faults}))
    yield from ((each.key, faults[each]) for each in on_air if each in faults)


def _fault(root: Path, partition: Partition) -> str:
    try:
        return unmade(root, partition)
    except LakeError as error:
        return str(error)


def unmade(root: Path, partition: Partition) -> str:
    """Why a map's chain has to run although its match has no new records; empty if it does not. Raises `LakeError`."""
    raw, card = read_manifest(root, RAW_EVENTS, partition.match), read_manifest(root, QUALITY, partition)
    if raw is None or card is None:
        return MISSING
    records = str(raw.rows)
    is_of_all = card.made_from.get(RECORDS, records) == records  # absent from older scorecards
    return "" if is_of_all and card.made_from.get(RAW_EVENTS.name) == raw.content else OLDER


def unsettled(root: Path, partition: Partition) -> bool:
    """Whether a map that was made needs another look although its match has no new records: its amendment had to wait
    or was not attempted with these raw events; or nothing had to be amended, but the stored comparison is missing or
    has other facts of the stream. Raises `LakeError`."""
    raw, card = read_manifest(root, RAW_EVENTS, partition.match), read_manifest(root, QUALITY, partition)
    asked, compared = read_manifest(root, AMENDMENTS, partition.match), read_manifest(root, PARITY, partition)
    if raw is None or card is None:
        return False
    if asked is None or asked.made_from.get(RAW_EVENTS.name) != raw.content or asked.content in WAITS:
        return True
    return asked.content == AS_PUBLISHED and (compared is None or compared.content != card.content)
