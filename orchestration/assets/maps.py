"""Assets of each map: what was received, and everything that follows from it by the one reducer.

Belongs here: thin bodies that call `orchestration.gathering`, `derivation`, `parity` and `amending`, and what Dagster
shows of them. Does not belong here: checks (`orchestration.checks`), training.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from adapters.lake import files
from adapters.lake.partitions import LakeError, Partition
from adapters.lake.tables import (
    DERIVED,
    FACTS,
    QUALITY,
    RAW_EVENTS,
    LakeTable,
)
from orchestration import gathering
from orchestration.amending import NO_STORE, Amended, amend
from orchestration.checks import ON_FACTS, verdicts
from orchestration.derivation import Derived, begun_with, derive, known_maps
from orchestration.parity import Parity, compared, unpublished
from orchestration.partitions import MANY, MAPS, matches_of
from orchestration.resources import CHAMPION, BrokerResource, LakeResource, ModelsResource, StoreResource
from orchestration.scorecards import publish_quality

OWNERS = ["team:operations"]
DERIVATION_POOL = "derivation"
SERVING_POOL = "serving"
"""A publication counts its versions: one at a time."""


class Derivation(dg.Config):
    """`model` is the champion or a bundle's name; `is_forced` makes again what is there already."""

    model: str = CHAMPION
    is_forced: bool = False


@dg.asset(
    partitions_def=MAPS,
    backfill_policy=MANY,
    group_name="lake",
    kinds={"parquet"},
    owners=OWNERS,
    description=RAW_EVENTS.about
    + " A match that the log holds is gathered; one from files must have been imported.",
)
def raw_events(context: dg.AssetExecutionContext, lake: LakeResource, store: StoreResource) -> None:
    """The raw events of each match of the partitions."""
    is_there = store.is_there()
    known = {each.match_id for each in gathering.logged(store.client())} if is_there else set()
    for match, maps in matches_of(context.partition_keys).items():
        begun_s = time.monotonic()
        if match.match_id in known:
            added = gathering.gather(store.client(), lake.root, match.match_id)
            context.log.info("%s: %d of %d events were new", match.key, added.rows, added.total)
        seconds = time.monotonic() - begun_s
        told = _of_table(lake, RAW_EVENTS, match)
        for each in maps:
            _tell(context, RAW_EVENTS, each, metadata={**told, "seconds": seconds})


def _specs() -> list[dg.AssetSpec]:
    return [
        dg.AssetSpec(
            table.name,
            deps=[RAW_EVENTS.name],
            description=table.about,
            group_name="lake",
            kinds={"parquet"},
            owners=OWNERS,
            metadata={"dagster/column_schema": column_schema(table)},
        )
        for table in DERIVED
    ]


def column_schema(table: LakeTable) -> dg.TableSchema:
    """The columns as Dagster shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                c.name,
                type=str(c.type),
                description=f"{c.about} [{c.unit}]" if c.unit else c.about,
                constraints=dg.TableColumnConstraints(nullable=c.is_nullable),
            )
            for c in table.columns
        ]
    )


@dg.multi_asset(
    specs=_specs(), check_specs=ON_FACTS, partitions_def=MAPS, backfill_policy=MANY, pool=DERIVATION_POOL
)
def derived(  # noqa: PLR0917 - resources as Dagster passes them
    context: dg.AssetExecutionContext,
    config: Derivation,
    lake: LakeResource,
    models: ModelsResource,
    store: StoreResource,
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """All that follows from the raw events of each match, folded once."""
    lineup = models.lineup()
    chosen = None if config.model == CHAMPION else models.predictor(config.model)
    asked, found, compared_ = matches_of(context.partition_keys), list[Derived](), list[Parity]()
    for match, maps in asked.items():
        begun_s = time.monotonic()
        predictor = chosen or begun_with(lake.root, match, lineup)
        of_match = derive(lake.root, match, predictor, models=lineup, is_forced=config.is_forced)
        told = _asked(context, of_match, maps)
        seconds = time.monotonic() - begun_s
        for each in told:
            for table in DERIVED:
                _tell(
                    context,
                    table,
                    each.partition,
                    metadata={**_of_table(lake, table, each.partition), "seconds": seconds},
                )
        found += told
        compared_ += parity_of(store, match, told)
    if not found:
        raise LakeError(f"{', '.join(context.partition_keys)}: nothing of it in the raw events of its match")
    yield from (dg.MaterializeResult(asset_key=table.name) for table in DERIVED)
    yield from verdicts(found, compared_)


def _asked(
    context: dg.AssetExecutionContext, told: Sequence[Derived], maps: Sequence[Partition]
) -> list[Derived]:
    """Those of the partitions. A map that the match does not have, or has no longer, is told to the log: it stops none
    of the others that are asked for with it."""
    known = {each.partition: each for each in told}
    for each in maps:
        if each not in known:
            context.log.warning("%s: nothing of it in the raw events of its match", each.key)
    return [known[each] for each in maps if each in known]


@dg.asset(
    deps=[FACTS.name, QUALITY.name],
    partitions_def=MAPS,
    backfill_policy=MANY,
    group_name="reports",
    kinds={"clickhouse"},
    owners=OWNERS,
    description="Digests of the facts by batch beside those that the stream published, map by map.",
)
def parity_report(context: dg.AssetExecutionContext, lake: LakeResource, store: StoreResource) -> None:
    """Stream against batch."""
    for match, maps in matches_of(context.partition_keys).items():
        known = _asked(context, known_maps(lake.root, match), maps)
        for parity in parity_of(store, match, known):
            context.add_asset_metadata(
                {
                    "holds": parity.holds,
                    "batch_digest": parity.batch_digest,
                    "stream_digest": parity.stream_digest or "the stream never told it",
                    "batch_events": parity.batch_events,
                    "stream_events": parity.stream_events,
                },
                partition_key=parity.partition,
            )


@dg.asset(
    deps=[QUALITY.name],
    partitions_def=MAPS,
    backfill_policy=MANY,
    pool=DERIVATION_POOL,
    group_name="lake",
    kinds={"kafka"},
    owners=OWNERS,
    description="Finished matches of the log whose facts are others than those that were published: told anew by an "
    "amendment in the log. They come back through the stream, and the map's chain runs again.",
)
def amendments(  # noqa: PLR0917 - resources as Dagster passes them
    context: dg.AssetExecutionContext,
    lake: LakeResource,
    models: ModelsResource,
    store: StoreResource,
    broker: BrokerResource,
) -> None:
    """No dependency on `facts`: its check of parity blocks what follows, and is what may be mended here."""
    lineup, is_there = models.lineup(), store.is_there()
    for match, maps in matches_of(context.partition_keys).items():
        if not is_there:
            done = Amended(outcome=NO_STORE)
        else:
            done = amend(
                lake.root,
                match,
                client=store.client(),
                models=lineup,
                append=broker.append,
                now=datetime.now(UTC),
            )
        context.log.info("%s: %s", match.key, done.outcome)
        for each in maps:
            context.add_asset_metadata(done.told(), partition_key=each.key)


@dg.asset(
    deps=[QUALITY.name],
    partitions_def=MAPS,
    backfill_policy=MANY,
    pool=SERVING_POOL,
    group_name="lake",
    kinds={"clickhouse"},
    owners=OWNERS,
    description="The scorecards of the maps in ClickHouse as `quality`; the newest version of a map wins.",
)
def published_quality(context: dg.AssetExecutionContext, lake: LakeResource, store: StoreResource) -> None:
    """The scorecards of the partitions' matches. Also of those whose parity does not hold: they say so."""
    asked = matches_of(context.partition_keys)
    told: Mapping[str, str | int] = {"outcome": NO_STORE}
    if store.is_there():
        done = publish_quality(store.client(), lake.root, list(asked))
        told = {"outcome": "published", "written": done.written, "withdrawn": done.retracted}
    for maps in asked.values():
        for each in maps:
            context.add_asset_metadata(told, partition_key=each.key)


def parity_of(store: StoreResource, match: Partition, maps: list[Derived]) -> list[Parity]:
    """The maps beside what was published; beside nothing where no store answers."""
    if not store.is_there():
        return unpublished(maps)
    return compared(store.client(), match.match_id, maps)


def _of_table(lake: LakeResource, table: LakeTable, partition: Partition) -> Mapping[str, Any]:
    manifest = files.read_manifest(lake.root, table, partition)
    if manifest is None:
        raise LakeError(f"{table.name} {partition.key}: is not in the lake: import it first, or send it")
    return {
        "dagster/partition_row_count": manifest.rows,
        "bytes": sum(part.bytes for part in manifest.parts),
        "digest": manifest.content,
        "files": len(manifest.parts),
        "code_version": manifest.code_version,
        "path": dg.MetadataValue.path(str(partition.folder(lake.root, table.name))),
    }


def _tell(
    context: dg.AssetExecutionContext, table: LakeTable, partition: Partition, *, metadata: Mapping[str, Any]
) -> None:
    context.add_asset_metadata(metadata, asset_key=table.name, partition_key=partition.key)
