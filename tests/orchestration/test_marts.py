"""dbt over a lake of simulated maps: every test holds, and figures are those that the facts tell."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from clickhouse_connect.driver.client import Client
from msgspec.structs import replace

from adapters.clickhouse.client import connect, query_rows
from adapters.clickhouse.marts import MARTS, model
from adapters.clickhouse.migrations import create_database
from adapters.lake.partitions import LakeError, Partition
from adapters.lake.tables import QUALITY
from adapters.lake.views import CONFIG
from game.state import other_side
from game.stats import OPTIONAL, TOTALS
from midround import inputs
from models.predictor import load_champion
from orchestration.chain import kept
from orchestration.derivation import derive
from orchestration.marts import Built, MartsError, build, check, prepare_target, write_manifest
from orchestration.parity import DIFFERS, HOLDS, Parity
from orchestration.publishing import publish_marts
from tests.orchestration.imported import import_match
from tests.orchestration.made_lake import card_of, write
from tests.orchestration.odd_matches import matches
from tests.stores import embedded_store

pytestmark = pytest.mark.slow

ALIKE = Parity(
    partition=Partition(date="2026-11-20", match_id="m", map_id="map"),
    verdict=HOLDS,
    batch_digest="now",
    stream_digest="now",
    batch_events=1,
    stream_events=1,
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("lake")
    for events, is_predicted in matches():
        derive(root, import_match(root, events), load_champion() if is_predicted else None)
    return root


@pytest.fixture(scope="module")
def target(root: Path) -> Path:
    return root.parent / "marts" / "marts.duckdb"


@pytest.fixture(scope="module")
def built(root: Path, target: Path) -> Built:
    return build(root, target)


@pytest.fixture
def marts(built: Built, target: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    assert built.failed == ()
    with duckdb.connect(target, read_only=True, config=CONFIG) as connection:
        yield connection


def rows(marts: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    found = marts.execute(sql)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


Told = dict[tuple[Any, ...], dict[str, float]]


def told_by_facts(marts: duckdb.DuckDBPyConnection, scope: str) -> Told:
    """Figures of the last `map_stats` fact of each map, by match, map, scope and player."""
    told: Told = {}
    for row in rows(marts, f"SELECT * FROM stg_map_figures WHERE scope LIKE '{scope}'"):
        key = (row["match_id"], row["map_id"], row["scope"], row["player_id"])
        told.setdefault(key, dict.fromkeys(OPTIONAL, 0.0))[row["stat_id"]] = row["value"]
    return told


def told_by_mart(found: list[dict[str, Any]], scope: str) -> Told:
    return {
        (row["match_id"], row["map_id"], scope.format(**row), row["player_id"]): {
            stat_id: row[stat_id.replace(".", "_")] for stat_id in TOTALS
        }
        for row in found
    }


def assert_figures_are_those_of_the_facts(marts: duckdb.DuckDBPyConnection) -> None:
    told = told_by_facts(marts, "map")
    assert told
    assert told_by_mart(rows(marts, "SELECT * FROM player_map_stats"), "map") == told
    told = told_by_facts(marts, "side:%")
    decided = "SELECT s.* FROM player_side_stats s JOIN stg_map_decisions d USING (match_id, map_id)"
    of_decided = told_by_mart(rows(marts, decided), "side:{side}")
    assert of_decided
    assert of_decided == {key: told[key] for key in of_decided}


def test_everything_is_built_and_every_test_holds(built: Built) -> None:
    assert {each.status for each in built.outcomes} == {"success", "pass"}
    kinds = {each.node.partition(".")[0] for each in built.outcomes}
    assert kinds == {"model", "test"}


def test_figures_are_those_of_the_last_map_stats(marts: duckdb.DuckDBPyConnection) -> None:
    assert rows(marts, "SELECT count(*) > 0 AS has_mess FROM stg_withdrawals") == [{"has_mess": True}]
    assert_figures_are_those_of_the_facts(marts)


def test_halves_add_up_to_the_map(marts: duckdb.DuckDBPyConnection) -> None:
    sums = "sum(rounds)::int AS rounds, sum(kills_all)::int AS kills_all, sum(damage)::int AS damage"
    halves = rows(
        marts,
        f"SELECT map_id, player_id, {sums} FROM player_half_stats WHERE is_final GROUP BY ALL ORDER BY ALL",
    )
    whole = "map_id, player_id, rounds, kills_all, damage"
    assert halves
    assert halves == rows(
        marts,
        f"SELECT {whole} FROM player_map_stats JOIN stg_map_decisions USING (match_id, map_id) ORDER BY ALL",
    )


def test_a_map_is_won_by_whom_the_source_says(marts: duckdb.DuckDBPyConnection) -> None:
    """Also against the score."""
    found = rows(
        marts,
        "SELECT d.reason, t.team, t.is_won, t.rounds_won, t.is_final FROM team_map_stats t "
        "JOIN stg_map_decisions d USING (match_id, map_id) WHERE d.reason <> 'score' ORDER BY ALL",
    )
    assert [tuple(row.values()) for row in found] == [
        ("admin decision", "A", True, 9, True),
        ("admin decision", "B", False, 13, True),
        ("surrender", "A", False, 10, True),
        ("surrender", "B", True, 6, True),
    ]
    assert rows(marts, "SELECT sum(maps_won)::int AS n FROM map_veto") == rows(
        marts, "SELECT count(*)::int AS n FROM stg_map_decisions"
    )


def test_rates_over_several_maps_are_rates_of_sums(marts: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        marts,
        "SELECT s.player_id, s.maps, s.rounds, s.adr, sum(m.rounds)::int AS r, sum(m.damage)::int AS d, s.is_final "
        "FROM player_series_stats s JOIN player_map_stats m USING (match_id, player_id) GROUP BY ALL",
    )
    assert max(row["maps"] for row in found) > 1
    assert [
        row for row in found if row["rounds"] != row["r"] or row["adr"] != round(row["d"] / row["r"], 4)
    ] == []
    assert {row["is_final"] for row in found} == {True, False}


def test_rounds_are_those_of_the_scorecard(marts: duckdb.DuckDBPyConnection) -> None:
    cards = "SELECT map_id, rounds_decided AS n FROM stg_maps WHERE is_final ORDER BY map_id"
    counted = "SELECT map_id, count(*) AS n FROM round_metrics WHERE is_final GROUP BY map_id ORDER BY map_id"
    assert rows(marts, counted) == rows(marts, cards)
    ends = "SELECT count(*) AS n FROM round_metrics r JOIN lake.round_starts s USING (match_id, map_id, round_no) "
    wrong = "WHERE (r.winner_side = 'ct') <> s.ct_won OR r.a_side <> s.a_side OR r.is_pistol <> s.is_pistol"
    assert rows(marts, ends + wrong) == [{"n": 0}]


def test_who_won_a_round_played_on_the_side_that_won_it(marts: duckdb.DuckDBPyConnection) -> None:
    """Also in a round that began before its sides were told."""
    found = rows(marts, "SELECT round_no, a_side, winner_team, winner_side FROM int_rounds")
    assert {row["round_no"] for row in found} >= {1, 2, 13}
    for row in found:
        won = row["winner_side"] if row["winner_team"] == "A" else other_side(row["winner_side"])
        assert row["a_side"] == won, row


def test_picks_and_bans_are_those_that_were_announced_last(marts: duckdb.DuckDBPyConnection) -> None:
    sums = ", ".join(f"sum({name})::int AS {name}" for name in ("picked", "banned", "maps"))
    chosen = f"SELECT map_name, {sums} FROM map_veto WHERE picked + banned > 0 GROUP BY ALL ORDER BY map_name"
    assert rows(marts, chosen) == [
        {"map_name": "de_elsewhere", "picked": 1, "banned": 0, "maps": 0},
        {"map_name": "de_somewhere", "picked": 0, "banned": 2, "maps": 0},
    ]
    assert rows(marts, "SELECT sum(maps)::int AS n FROM map_veto") == rows(
        marts, "SELECT count(*)::int AS n FROM team_map_stats"
    )


def test_parts_add_up_to_the_whole(marts: duckdb.DuckDBPyConnection) -> None:
    """Kills by duel and by weapon are those of the players; swings sum to nothing."""
    sql = (
        "SELECT (SELECT sum(kills_enemy) FROM player_map_stats) = (SELECT sum(kills) FROM duels) AS duels, "
        "(SELECT sum(kills_enemy) FROM player_map_stats) = (SELECT sum(kills) FROM weapons) AS weapons, "
        "(SELECT sum(openings_won) FROM player_map_stats) = (SELECT sum(openings) FROM duels) AS openings, "
        "(SELECT sum(clutches) FROM player_map_stats) = (SELECT count(*) FROM clutches) AS clutches, "
        "(SELECT sum(damage) FROM player_map_stats) = (SELECT sum(damage) FROM weapons) AS damage, "
        "(SELECT count(*) FROM round_metrics) = (SELECT sum(rounds) FROM economy_matrix) AS economy, "
        "(SELECT abs(sum(swing)) < 1e-4 FROM player_map_stats) AS zero, "
        "(SELECT max(abs(swing)) > 0.1 FROM player_map_stats) AS swings"
    )
    found = rows(marts, sql)[0]
    assert {name: value for name, value in found.items() if value is not True} == {}


def test_what_came_out_wrong_is_not_final(tmp_path: Path) -> None:
    """Of four decided maps one has another score than rounds, one was told otherwise by the stream; of the fourth that
    was so before it was told anew."""
    lake, target = tmp_path / "lake", tmp_path / "marts.duckdb"
    for match_id, rounds, told_otherwise in (("a", 3, ""), ("b", 2, ""), ("c", 3, "now"), ("d", 3, "before")):
        at = Partition(date="2026-11-20", match_id=match_id, map_id="map")
        card = {**card_of(at), "finality": "final", "score_a": 2, "score_b": 1, "rounds": rounds}
        write(lake, QUALITY, at, rows=[{**card, "facts_digest": "now", "rules": "{}"}])
        if told_otherwise:
            kept(lake, replace(ALIKE, partition=at, verdict=DIFFERS, batch_digest=told_otherwise))
    assert build(lake, target, select=["stg_maps"]).failed == ()
    with duckdb.connect(target, read_only=True, config=CONFIG) as connection:
        found = connection.execute("SELECT match_id, is_final FROM stg_maps ORDER BY match_id").fetchall()
    assert found == [("a", True), ("b", False), ("c", False), ("d", True)]


@pytest.mark.proof
def test_a_row_twice_is_found(built: Built, root: Path, tmp_path: Path) -> None:
    target = tmp_path / "marts.duckdb"
    prepare_target(root, target)
    mart = next(each for each in MARTS if model(each) == "side_advantage")
    columns = ", ".join(f"x.{name}" for name in mart.order_by)
    assert built.failed == ()
    with duckdb.connect(target, config=CONFIG) as connection:
        connection.execute(f"ATTACH '{root.parent / 'marts' / 'marts.duckdb'}' AS whole (READ_ONLY)")
        connection.execute("CREATE TABLE main.side_advantage AS SELECT * FROM whole.side_advantage")
        connection.execute("INSERT INTO main.side_advantage FROM whole.side_advantage LIMIT 1")
        assert connection.execute(f"SELECT {columns} FROM main.side_advantage x").fetchall()
    failed = check(target, select=["side_advantage"]).failed
    assert [
        (each.node.split(".")[2].startswith("grain_side_advantage"), each.failures) for each in failed
    ] == [(True, 1)]


@pytest.mark.proof
def test_dagster_finds_what_the_marts_are_made_from(tmp_path: Path) -> None:
    manifest = msgspec.json.decode(write_manifest(tmp_path / "marts.duckdb", tmp_path / "dbt").read_bytes())
    keys = {
        source["name"]: source["config"]["meta"]["dagster"]["asset_key"]
        for source in manifest["sources"].values()
    }
    own = ("raw_events", "facts", "states", "round_starts", "predictions", "quality")
    assert keys == {**{name: [name] for name in own}, "parity": ["parity_report"]}
    groups = {node.get("group") for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    assert groups == {"marts"}


def test_what_cannot_be_prepared_is_said_by_name(root: Path, tmp_path: Path) -> None:
    taken = tmp_path / "marts.duckdb"
    taken.write_text("no database")
    with pytest.raises(LakeError, match=r"marts\.duckdb: cannot be prepared"):
        prepare_target(root, taken)


@pytest.mark.proof
def test_a_lake_of_nothing_has_marts_of_nothing(tmp_path: Path) -> None:
    found = build(tmp_path / "lake", tmp_path / "marts.duckdb", select=["+player_map_stats"])
    assert found.failed == ()
    with duckdb.connect(tmp_path / "marts.duckdb", read_only=True, config=CONFIG) as connection:
        assert connection.execute("SELECT count(*) FROM player_map_stats").fetchone() == (0,)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with embedded_store(tmp_path_factory.mktemp("store")) as store:
        create_database(store.url)
        connected = connect(store.url)
        yield connected
        connected.close()


def test_publishing_makes_the_store_equal(built: Built, target: Path, client: Client, tmp_path: Path) -> None:
    assert built.failed == ()
    first = publish_marts(client, target)
    assert [(each.table, each.rows, each.retracted) for each in first] == [
        (each.table, each.written, 0) for each in first
    ]
    assert {each.table for each in first if not each.rows} <= {"mart_leaderboard"}  # too few rounds for it
    assert {(each.written, each.retracted) for each in publish_marts(client, target)} == {(0, 0)}
    finals = (
        "SELECT is_final, count() AS n FROM mart_player_map_stats FINAL GROUP BY is_final ORDER BY is_final"
    )
    assert [row["is_final"] for row in query_rows(client, finals)] == [False, True]


def test_what_a_mart_has_no_more_is_withdrawn_and_may_come_back(
    built: Built, target: Path, client: Client, tmp_path: Path
) -> None:
    assert built.failed == ()
    publish_marts(client, target)
    other = tmp_path / "marts.duckdb"
    other.write_bytes(target.read_bytes())
    with duckdb.connect(other, config=CONFIG) as connection:
        connection.execute("DELETE FROM duels WHERE kills = 1")
        connection.execute("UPDATE duels SET headshots = 0")
    count = "SELECT count() AS n, sum(headshots) AS h FROM mart_duels FINAL WHERE NOT is_retracted"
    before = query_rows(client, count)
    duels = next(each for each in publish_marts(client, other) if each.table == "mart_duels")
    assert duels.retracted > 0
    assert query_rows(client, count) == [{"n": duels.rows, "h": 0}]
    publish_marts(client, target)
    assert query_rows(client, count) == before


def test_nothing_is_published_of_a_file_without_marts(client: Client, root: Path, tmp_path: Path) -> None:
    target = tmp_path / "marts.duckdb"
    with pytest.raises(MartsError, match="cannot be read"):
        publish_marts(client, target)
    prepare_target(root, target)
    with pytest.raises(MartsError, match=r"player_map_stats, .*: not built"):
        publish_marts(client, target)


@pytest.mark.proof
def test_figures_of_recorded_maps_are_those_of_the_facts(recorded: Path, tmp_path: Path) -> None:
    exports = sorted((recorded / "cs2df").rglob("*.zip"))
    for match in inputs.recorded([exports[0], exports[-1]]):
        derive(tmp_path / "lake", import_match(tmp_path / "lake", list(match.events())), None)
    target = tmp_path / "marts.duckdb"
    found = build(
        tmp_path / "lake",
        target,
        select=["+player_map_stats", "+player_side_stats", "stg_map_decisions", "stg_map_figures"],
    )
    assert found.failed == ()
    with duckdb.connect(target, read_only=True, config=CONFIG) as connection:
        assert_figures_are_those_of_the_facts(connection)
