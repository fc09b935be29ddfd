"""Assets of each map: what was received, and everything derived from it by the one reducer.

Belongs here: how Dagster shows and runs the chain (`orchestration.chain`). Does not belong here: the links, checks
(`orchestration.checks`), training.

The chain is a single step. With several steps, a failing one would stop what follows for all partitions of the run, and
a successful one would mark all of them as materialised. Here an unreadable match does not stop others, and only what
was made is marked.
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from adapters.lake.tables import DERIVED, FACTS, QUALITY, RAW_EVENTS, LakeTable
from orchestration import gathering
from orchestration.chain import AMENDMENTS, LINKS, PARITY, PUBLISHED, Chain, Followed, Metadata, followed
from orchestration.checks import MOST_NAMED, ON_MAPS, verdicts
from orchestration.partitions import MANY, MAPS, matches_of
from orchestration.resources import CHAMPION, BrokerResource, LakeResource, ModelsResource, StoreResource

OWNERS = ["team:operations"]


class Derivation(dg.Config):
    """Run config. `model` is the champion or a bundle's name; `is_forced` rebuilds what exists already."""

    model: str = CHAMPION
    is_forced: bool = False


def column_schema(table: LakeTable) -> dg.TableSchema:
    """The table's columns as a Dagster schema."""
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


def _spec(name: str, about: str, *, deps: Sequence[str] = (), group: str = "lake", kind: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        name,
        deps=list(deps),
        description=about,
        group_name=group,
        kinds={kind},
        owners=OWNERS,
        skippable=True,
    )


SPECS = [
    _spec(
        RAW_EVENTS.name,
        f"{RAW_EVENTS.about} A match that the log holds is gathered; one from files must have been imported.",
        kind="parquet",
    ),
    *(
        _spec(table.name, table.about, deps=[RAW_EVENTS.name], kind="parquet").merge_attributes(
            metadata={"dagster/column_schema": column_schema(table)}
        )
        for table in DERIVED
    ),
    _spec(
        PARITY,
        "Digests of the facts by batch beside those that the stream published, map by map.",
        deps=[FACTS.name, QUALITY.name],
        group="reports",
        kind="clickhouse",
    ),
    _spec(
        AMENDMENTS,
        "Finished matches of the log whose facts are others than those that were published: told anew by an amendment "
        "in the log. They come back through the stream, and the map's chain runs again.",
        deps=[QUALITY.name],
        kind="kafka",
    ),
    _spec(
        PUBLISHED,
        "The scorecards of the maps in ClickHouse as `quality`; the newest version of a map wins.",
        deps=[QUALITY.name],
        kind="clickhouse",
    ),
]


@dg.multi_asset(specs=SPECS, check_specs=ON_MAPS, partitions_def=MAPS, backfill_policy=MANY, can_subset=True)
def chain(  # noqa: PLR0917 - resources as Dagster passes them
    context: dg.AssetExecutionContext,
    config: Derivation,
    lake: LakeResource,
    models: ModelsResource,
    store: StoreResource,
    broker: BrokerResource,
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Takes each match of the partitions from the log to its scorecards in the store. Failures of single matches fail
    the run at its end, after all others are done."""
    client = store.client() if store.is_there() else None
    made_with = Chain(
        root=lake.root,
        models=models.lineup(),
        append=broker.append,
        client=client,
        is_store_expected=store.is_expected,
        predictor=None if config.model == CHAMPION else models.predictor(config.model),
        logged=frozenset() if client is None else frozenset(m.match_id for m in gathering.logged(client)),
        links=frozenset(key.path[-1] for key in context.selected_asset_keys),
        is_forced=config.is_forced,
    )
    done = Followed()
    for match, maps in matches_of(context.partition_keys).items():
        of_match = followed(made_with, match, maps)
        context.log.info("%s: %s", match.key, "; ".join(of_match.wrong) or "made")
        done.add(of_match)
    yield from _told(context, done, [link for link in LINKS if link in made_with.links])
    asked = {key.name for key in context.selected_asset_check_keys} if done.found else set()
    yield from (
        each for each in verdicts(done.found, done.parities, events=done.events) if each.check_name in asked
    )
    if done.wrong:
        more = f"\n... and {len(done.wrong) - MOST_NAMED} more" if len(done.wrong) > MOST_NAMED else ""
        raise dg.Failure("\n".join(done.wrong[:MOST_NAMED]) + more)


def _told(
    context: dg.AssetExecutionContext, done: Followed, links: Sequence[str]
) -> Iterator[dg.MaterializeResult[None]]:
    """Yields all partitions as materialised, with metadata; if anything failed, only logs those that were made."""
    for (link, partition), metadata in done.made.items():
        shown = _shown(metadata)
        if done.wrong:
            context.log_event(dg.AssetMaterialization(link, partition=partition.key, metadata=shown))
        else:
            context.add_asset_metadata(shown, asset_key=link, partition_key=partition.key)
    if not done.wrong:
        yield from (dg.MaterializeResult(asset_key=link) for link in links)


def _shown(metadata: Metadata) -> Metadata:
    path = metadata.get("path")
    return metadata if path is None else {**metadata, "path": dg.MetadataValue.path(path)}
