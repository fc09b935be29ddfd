"""Partitions: one a map, with its date, so that one match or a season can be rebuilt.

Belongs here: Dagster's view of the lake's partitions. Does not belong here: their names (`adapters.lake.partitions`).
"""

from collections.abc import Iterable
from contextlib import suppress

import dagster as dg

from adapters.lake.partitions import LakeError, Partition, parsed

MAPS = dg.DynamicPartitionsDefinition(name="maps")
MANY = dg.BackfillPolicy.multi_run(max_partitions_per_run=100)
"""A run costs some ten seconds of imports whatever it does; a map costs two. A hundred maps a run keep that below a
tenth, and what is lost with a killed run below four minutes."""


def matches_of(keys: Iterable[str]) -> dict[Partition, list[Partition]]:
    """The maps of the keys by their match, both in order: a match is folded once, whatever is asked of it.

    Raises `adapters.lake.partitions.LakeError` for a key that is none.
    """
    found: dict[Partition, list[Partition]] = {}
    for partition in sorted(map(parsed, keys)):
        found.setdefault(partition.match, []).append(partition)
    return found


def by_match(keys: Iterable[str]) -> dict[str, list[Partition]]:
    """The maps of the keys by match id. A key that somebody added by hand and that names no map is passed over."""
    found: dict[str, list[Partition]] = {}
    for key in sorted(keys):
        with suppress(LakeError):
            each = parsed(key)
            if each.map_id is not None:
                found.setdefault(each.match_id, []).append(each)
    return found
