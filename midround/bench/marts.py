"""`bench marts`: the season's statistics with dbt over a lake of many maps.

A few matches are simulated and derived; the other maps are copies of theirs under other ids, with the same players: the
rows and bytes of that many maps, but fewer distinct ones. The baseline is a bare DuckDB scan of every fact. The dbt
project is parsed beforehand, as it is where Dagster runs it.
"""

import tempfile
from collections.abc import Mapping, Sequence
from itertools import count, cycle
from pathlib import Path
from typing import Any

from adapters.lake import files, raw
from adapters.lake.partitions import Partition
from adapters.lake.raw import RawEvent
from adapters.lake.tables import DERIVED, LakeTable
from adapters.lake.views import open_lake
from game.codec import encode
from midround import inputs
from midround.bench.figures import Report, Watch, at_most, span
from models.code import code_version
from models.predictor import load_champion
from orchestration.derivation import Derived, derive
from orchestration.marts import Built, MartsError, build, working, write_manifest

MAPS = 1_000
SEEDS = (1, 2, 3)
ASKED_S = 30.0
Columns = Mapping[str, Sequence[Any]]


def measured(*, maps: int = MAPS) -> Report:
    """Measure a temporary lake of `maps` maps. Raises `MartsError`."""
    with tempfile.TemporaryDirectory() as home:
        lake = Path(home) / "lake"
        copies = filled(lake, maps)
        target = Path(home) / "marts.duckdb"
        write_manifest(target, working(target))
        watch = Watch()
        with span() as scan:
            facts = _scanned(lake)
        with span() as season:
            built = build(lake, target)
        size = sum(path.stat().st_size for path in (lake / "facts").rglob("*.parquet"))
    if built.failed:
        raise MartsError(f"{built.failed[0].node}: {built.failed[0].message}")
    return Report(
        bench="marts",
        load=f"{maps:,} maps, {copies:,} of them copies under other ids; dbt with all models and tests, parsed before",
        machine=watch.machine(),
        values={
            "facts": facts,
            "facts_mb": round(size / 1e6, 1),
            "season_s": round(season.wall_s, 2),
            **_parts(built),
            "bare_scan_s": round(scan.wall_s, 2),
            "season_to_bare_scan_ratio": round(season.wall_s / scan.wall_s, 2),
        },
        targets=(at_most(f"s for the season of {maps:,} maps", asked=ASKED_S, found=season.wall_s),),
    )


def _parts(built: Built) -> dict[str, float]:
    """Return the seconds spent in models and in tests, which run two at a time; the rest of the season's time is dbt
    itself."""
    spent = {"model": 0.0, "test": 0.0}
    for outcome in built.outcomes:
        spent[outcome.node.partition(".")[0]] += outcome.seconds
    return {
        "models_s": round(spent["model"], 2),
        "tests_s": round(spent["test"], 2),
        "models_and_tests": len(built.outcomes),
    }


def filled(lake: Path, maps: int) -> int:
    """Fill the lake with `maps` maps, and return how many of them are copies."""
    played: list[Derived] = []
    predictor = load_champion()
    for seed in SEEDS:
        if len(played) < maps:
            events = list(inputs.simulated(seed=seed, best_of=1, position_hz=0).events())
            told = [RawEvent(raw=encode(event), file="simulated") for event in events]
            match = raw.add(lake, events[0].match_id, told, code_version=code_version()).partition
            played += derive(lake, match, predictor)
    wanted = maps - len(played)
    of_each = [(each, _tables(lake, each)) for each in played]
    for number, (each, tables) in zip(count(1), cycle(of_each), strict=False):
        if number > wanted:
            break
        _copy(lake, each, tables, number=number)
    return max(0, wanted)


def _tables(lake: Path, derived: Derived) -> list[tuple[LakeTable, Columns]]:
    return [(table, files.read(lake, table, derived.partition).to_pydict()) for table in DERIVED]


def _copy(lake: Path, derived: Derived, tables: Sequence[tuple[LakeTable, Columns]], *, number: int) -> None:
    """Copy the map under new ids."""
    ids = {
        "match_id": f"{derived.partition.match_id}-{number}",
        "map_id": f"{derived.partition.map_id}-{number}",
    }
    partition = Partition(date=derived.partition.date, **ids)
    for table, columns in tables:
        rows = len(columns["match_id"])
        files.replaced(
            lake,
            table,
            partition,
            columns={**columns, **{name: [value] * rows for name, value in ids.items()}},
            content="copy",
            code_version=code_version(),
            made_from={},
        )


def _scanned(lake: Path) -> int:
    """Read the body of every fact, and return their number."""
    found = (
        open_lake(lake, tables=["facts"]).execute("SELECT count(*), sum(length(body)) FROM facts").fetchone()
    )
    assert found is not None
    return int(found[0])
