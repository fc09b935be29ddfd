"""Partitions: one per map, with its date, so that one match or a whole season can be rebuilt.

Belongs here: Dagster's view of the lake's partitions. Does not belong here: their names
(`adapters.lake.partitions`).
"""

from collections.abc import Iterable
from contextlib import suppress

import dagster as dg

from adapters.lake.partitions import LakeError, Partition, parsed

MAPS = dg.DynamicPartitionsDefinition(name="maps")
MANY = dg.BackfillPolicy.multi_run(max_partitions_per_run=100)
"""A run takes some ten seconds of imports, and two seconds per map. With a hundred maps per run the imports are below a
tenth of the time, and a killed run loses less than four minutes."""


def matches_of(keys: Iterable[str]) -> dict[Partition, list[Partition]]:
    """The maps of the keys by match, both sorted, since a match is folded once for all its maps.

    Raises `adapters.lake.partitions.LakeError` for an invalid key.
    """
    found: dict[Partition, list[Partition]] = {}
    for partition in sorted(map(parsed, keys)):
        found.setdefault(partition.match, []).append(partition)
    return found


def by_match(keys: Iterable[str]) -> dict[str, list[Partition]]:
    """The maps of the keys by match id. Keys that name no map, for example ones added by hand, are skipped."""
    found: dict[str, list[Partition]] = {}
    for key in sorted(keys):
        with suppress(LakeError):
            each = parsed(key)
            if each.map_id is not None:
                found.setdefault(each.match_id, []).append(each)
    return found
