"""The chain of a match: from the log to its scorecards in the store, link by link.

Belongs here: the order of the links, the metadata of each per map, which failures stop what. Does not belong here: the
links' work (`orchestration.gathering`, `derivation`, `parity`, `amending`, `scorecards`), Dagster
(`orchestration.assets`).

A failure of one match stops no other: it is recorded beside what was made. If raw events or derivation fail, no further
link runs. Comparison, amendment and publication are independent of each other.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clickhouse_connect.driver.exceptions import ClickHouseError
from msgspec import Struct

from adapters.kafka.connection import BrokerError
from adapters.lake import files, raw
from adapters.lake.partitions import LakeError, Partition
from adapters.lake.tables import AMENDMENTS as OUTCOMES
from adapters.lake.tables import DERIVED, FACTS, QUALITY, RAW_EVENTS, LakeTable
from adapters.lake.tables import PARITY as COMPARED
from models.code import code_version
from models.lineup import Lineup
from models.predictor import Predictor
from orchestration import gathering
from orchestration.amending import NO_STORE, Append, amend
from orchestration.derivation import FAULTS, Derived, begun_with, derive, known_maps
from orchestration.parity import UNKNOWN, Parity, compared, uncompared
from orchestration.scorecards import publish_quality

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

PARITY, AMENDMENTS, PUBLISHED = "parity_report", "amendments", "published_quality"
DERIVATION = frozenset(table.name for table in DERIVED)
LINKS = (RAW_EVENTS.name, *(table.name for table in DERIVED), PARITY, AMENDMENTS, PUBLISHED)
"""All links, in their order."""
COMPARING = frozenset({FACTS.name, PARITY})
"""Either link triggers the comparison, since the facts' check needs it too."""
NOT_TOLD = "nothing of it in the raw events of its match"
Metadata = Mapping[str, Any]


class Chain(Struct, frozen=True, kw_only=True):
    """The inputs of the links. `client` is null if no store answers, which is an error if one is expected. `predictor`
    is null if each match starts with the champion of its time. `logged` are the ids of matches in the store's log,
    `links` the requested links."""

    root: Path
    models: Lineup
    append: Append
    client: "Client | None" = None
    is_store_expected: bool = False
    predictor: Predictor | None = None
    logged: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset(LINKS)
    is_forced: bool = False


class Followed(Struct, kw_only=True):
    """The results for some maps: metadata by link and partition of all that was made, the maps themselves, the number
    of events of each match over all its maps, the comparisons, and the failures, one line per map and link."""

    made: dict[tuple[str, Partition], Metadata] = {}
    found: list[Derived] = []
    events: dict[Partition, int] = {}
    parities: list[Parity] = []
    wrong: list[str] = []

    def add(self, other: "Followed") -> None:
        """Adds the results of another match."""
        self.made |= other.made
        self.found += other.found
        self.events |= other.events
        self.parities += other.parities
        self.wrong += other.wrong

    def tell(self, link: str, maps: Sequence[Partition], metadata: Metadata) -> None:
        """Records that the link was made for these maps."""
        self.made |= {(link, each): metadata for each in maps}

    @contextmanager
    def link(self, name: str, maps: Sequence[Partition]) -> Iterator[None]:
        """Context that records a failure as one of the link `name` for these maps, and suppresses it."""
        try:
            yield
        except (*FAULTS, BrokerError, ClickHouseError) as error:
            self.wrong += [f"{each.key}: {name}: {error}" for each in maps]


def followed(chain: Chain, match: Partition, maps: Sequence[Partition]) -> Followed:
    """Runs the requested links for these maps of one match."""
    done = Followed()
    if RAW_EVENTS.name in chain.links:
        with done.link(RAW_EVENTS.name, maps):
            done.tell(RAW_EVENTS.name, maps, _received(chain, match))
    if not done.wrong and chain.links != {RAW_EVENTS.name}:
        with done.link("derivation", maps):
            _derive(chain, match, maps, done=done)
    if done.found:
        _follow(chain, match, done)
    return done


def _received(chain: Chain, match: Partition) -> Metadata:
    begun_s, added = time.monotonic(), 0
    if chain.client is not None and match.match_id in chain.logged:
        added = gathering.gather(chain.client, chain.root, match.match_id).rows
    return {**of_table(chain.root, RAW_EVENTS, match), "new_events": added, "seconds": _since(begun_s)}


def _derive(chain: Chain, match: Partition, maps: Sequence[Partition], *, done: Followed) -> None:
    """Derives the maps, or takes them from the lake if derivation was not requested. A map that the match does not have
    (or no longer has) is a failure, and counts as not made."""
    begun_s, told = time.monotonic(), known_maps(chain.root, match)
    if chain.links & DERIVATION:
        predictor = chain.predictor or begun_with(chain.root, match, chain.models)
        told = derive(chain.root, match, predictor, models=chain.models, is_forced=chain.is_forced)
    known, seconds = {each.partition: each for each in told}, _since(begun_s)
    done.events[match.match] = sum(each.card.events for each in told)
    for each in maps:
        if each not in known:
            done.wrong.append(f"{each.key}: {NOT_TOLD}")
            done.made.pop((RAW_EVENTS.name, each), None)
            continue
        done.found.append(known[each])
        for table in DERIVED:
            if table.name in chain.links:
                done.made[table.name, each] = {**of_table(chain.root, table, each), "seconds": seconds}


def _follow(chain: Chain, match: Partition, done: Followed) -> None:
    maps = [each.partition for each in done.found]
    if COMPARING & chain.links:
        with done.link(PARITY, maps):
            done.parities = parity_of(chain, match, done.found)
            for each in done.parities:
                kept(chain.root, each)
                if PARITY in chain.links:
                    unknown = _unstored(chain) if each.verdict == UNKNOWN else {}
                    done.made[PARITY, each.partition] = {**each.told(), **unknown}
    if AMENDMENTS in chain.links:
        with done.link(AMENDMENTS, maps):
            done.tell(AMENDMENTS, maps, _amended(chain, match))
    if PUBLISHED in chain.links:
        with done.link(PUBLISHED, maps):
            done.tell(PUBLISHED, maps, _published(chain, match))


def parity_of(chain: Chain, match: Partition, maps: Sequence[Derived]) -> list[Parity]:
    """The comparison of the maps with what was published; all unknown if no store answers."""
    is_of_log = raw.manifest_of(chain.root, match).is_of_log
    if chain.client is None:
        return uncompared(maps, is_of_log=is_of_log)
    return compared(chain.client, match.match_id, maps, is_of_log=is_of_log)


def _unstored(chain: Chain) -> Metadata:
    """The metadata of a link without a store. Raises `ConnectionError` if a store is expected."""
    if chain.is_store_expected:
        raise ConnectionError(NO_STORE)
    return {"outcome": NO_STORE}


def kept(root: Path, parity: Parity) -> None:
    """Stores the comparison in the lake, if there was one."""
    if parity.verdict == UNKNOWN:
        return
    row = {
        "match_id": parity.partition.match_id,
        "map_id": parity.partition.map_id,
        "verdict": parity.verdict,
        "facts_digest": parity.batch_digest,
        "stream_digest": parity.stream_digest,
        "events": parity.batch_events,
        "stream_events": parity.stream_events,
    }
    files.replaced(
        root,
        COMPARED,
        parity.partition,
        columns={name: [value] for name, value in row.items()},
        content=parity.stream_digest or "",
        code_version=code_version(),
        made_from={FACTS.name: parity.batch_digest},
    )


def _amended(chain: Chain, match: Partition) -> Metadata:
    """Amends the match if needed, and stores the outcome in the lake."""
    if chain.client is None:
        return _unstored(chain)
    asked_of = raw.manifest_of(chain.root, match).content
    done = amend(
        chain.root,
        match,
        client=chain.client,
        models=chain.models,
        append=chain.append,
        now=datetime.now(UTC),
    )
    row = {"match_id": match.match_id, **done.told()}
    files.replaced(
        chain.root,
        OUTCOMES,
        match,
        columns={name: [value] for name, value in row.items()},
        content=done.outcome,
        code_version=code_version(),
        made_from={RAW_EVENTS.name: asked_of},
    )
    return done.told()


def _published(chain: Chain, match: Partition) -> Metadata:
    """Publishes the scorecards, even of maps whose parity does not hold."""
    if chain.client is None:
        return _unstored(chain)
    with files.locked(chain.root / QUALITY.name):  # one publication at a time, since it assigns versions
        done = publish_quality(chain.client, chain.root, [match])
    return {"outcome": "published", "written": done.written, "withdrawn": done.retracted}


def of_table(root: Path, table: LakeTable, partition: Partition) -> Metadata:
    """Dagster's metadata for a partition in the lake. Raises `LakeError` if it is not there."""
    at = partition if table.per == "map" else partition.match
    manifest = files.read_manifest(root, table, at)
    if manifest is None:
        raise LakeError(f"{table.name} {at.key}: is not in the lake: import it first, or send it")
    return {
        "dagster/partition_row_count": manifest.rows,
        "bytes": sum(part.bytes for part in manifest.parts),
        "digest": manifest.content,
        "files": len(manifest.parts),
        "code_version": manifest.code_version,
        "path": str(at.folder(root, table.name)),
    }


def _since(begun_s: float) -> float:
    return time.monotonic() - begun_s
