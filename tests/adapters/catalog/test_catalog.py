"""The SQL catalog: idempotent changes in any repetition, readers beside the writer."""

import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.catalog.changes import (
    CatalogAwayError,
    Change,
    ChangeRefusedError,
    Reopened,
    Seen,
    TeamTold,
    Undecided,
    Upsert,
    Withdrawal,
    team,
    team_id,
)
from adapters.catalog.elsewhere import EXTERNAL_IDS_MAX
from adapters.catalog.reading import CatalogReader
from adapters.catalog.schema import METADATA
from adapters.catalog.store import Catalog, open_catalog

START = datetime(2026, 5, 17, 12, tzinfo=UTC)


def match(seq: int, **values: Any) -> Upsert:
    moment = START + timedelta(seconds=seq)
    shared = {"match_id": "m", "seq": seq, "last_event_at": moment}
    return Upsert(
        table="matches", values={**shared, **values}, once={"first_event_at": moment, "plays_at": moment}
    )


def decided(seq: int, round_no: int, winner: str = "A") -> Upsert:
    values = {"match_id": "m", "map_id": "map", "round_no": round_no, "seq": seq, "is_retracted": False}
    outcome = {"winner_team": winner, "winner_side": "ct", "reason": "ct_win", "score_a": 1, "score_b": 0}
    return Upsert(table="rounds", values={**values, **outcome, "ended_at": START})


def won(seq: int) -> Upsert:
    return match(seq, status="over", winner_team="A", decided_seq=seq)


def over(seq: int) -> Upsert:
    values = {"match_id": "m", "map_id": "map", "seq": seq, "status": "over", "winner_team": "A"}
    return Upsert(table="maps", values=values)


def test_opening_again_changes_nothing(catalog: Catalog, url: str) -> None:
    catalog.apply([match(1)])
    again = open_catalog(url)
    assert again.all("matches") == catalog.all("matches")
    again.close()


def test_a_newer_change_wins_and_what_it_does_not_name_stays(catalog: Catalog) -> None:
    catalog.apply([match(1, name_a="Alder"), match(5, best_of=3), match(3, name_a="too old")])
    found = catalog.match("m")
    assert found is not None
    assert (found["name_a"], found["best_of"], found["seq"]) == ("Alder", 3, 5)
    assert found["first_event_at"] == START + timedelta(seconds=1)
    assert catalog.match("nobody") is None


def test_ids_elsewhere_are_added_to_those_that_were_known(catalog: Catalog) -> None:
    told = [
        match(1),
        match(2, external_ids={"league.a": "m1", "o'ther": "7"}),
        match(3, name_a="Alder"),
        match(4, external_ids={"league.a": "m2", "third": 'a "quote"'}),
    ]
    catalog.apply(told)
    catalog.apply(told[1:])
    found = catalog.match("m")
    assert found is not None
    assert found["external_ids"] == {"league.a": "m2", "o'ther": "7", "third": 'a "quote"'}


def test_ids_elsewhere_beyond_those_that_are_kept_are_left_out_and_counted(catalog: Catalog) -> None:
    def ids(first: int, end: int, text: str = "") -> dict[str, str]:
        return {f"system-{number}": f"{text}{number}" for number in range(first, end)}

    first = [match(seq, external_ids=ids(30 * seq - 30, 30 * seq)) for seq in (1, 2)]
    assert catalog.apply([*first, told_team(3, external_ids=ids(0, 30))]) == 0
    more: list[Change] = [match(4, external_ids=ids(55, 65, "new ")), told_team(4, external_ids=ids(20, 80))]
    for _ in range(2):
        assert catalog.apply(more) == 1 + 16
        [found], [named] = catalog.all("matches"), catalog.all("teams")
        assert found["external_ids"] == ids(0, 55) | ids(55, EXTERNAL_IDS_MAX, "new ")
        assert named["external_ids"] == ids(0, EXTERNAL_IDS_MAX)


def told_team(seq: int, **values: Any) -> TeamTold:
    named = {"name": "Alder", "side": "b", **values}
    return TeamTold(match_id="m", seq=seq, seen_at=START + timedelta(seconds=seq), **named)


def test_a_team_is_the_one_of_the_id_that_was_said_last(catalog: Catalog) -> None:
    ids = []
    for seq, said in enumerate(
        [{}, {"name": "Oak"}, {"team_id": "t1"}, {"name": "Elm"}, {"team_id": "t2"}], 1
    ):
        catalog.apply([match(seq), told_team(seq, **said), told_team(seq - 1, name="late", team_id="late")])
        found = catalog.match("m")
        assert found is not None
        ids.append(found["team_b_id"])
    assert ids == [team_id("Alder"), team_id("Oak"), "t1", "t1", "t2"]
    assert {row["team_id"]: row["name"] for row in catalog.all("teams")} == {
        team_id("Alder"): "Alder",
        team_id("Oak"): "Oak",
        "t1": "Elm",
        "t2": "Alder",
    }


def test_a_name_is_changed_by_who_announced_it_first_a_game_or_an_administrator(catalog: Catalog) -> None:
    def said(seq: int, name: str, by: str | None) -> None:
        seen_at = START + timedelta(seconds=seq)
        player = {"player_id": "p", "name": name, "last_match_id": "m", "last_seen_at": seen_at}
        team = told_team(seq, name=name, team_id="t1", external_ids={"league": name}, by=by)
        catalog.apply([match(seq), team, Upsert(table="players", values=player, by=by)])

    found = []
    for seq, (name, by) in enumerate(
        [("One", "a"), ("Two", "b"), ("Three", "a"), ("Four", None), ("Five", "b"), ("Six", "a")], 1
    ):
        said(seq, name, by)
        [team], [player], kept = catalog.all("teams"), catalog.all("players"), catalog.match("m")
        assert kept is not None
        assert kept["name_b"] == name  # in the match it holds whoever tells it
        assert team["external_ids"] == {"league": team["name"]}
        assert player["name"] == team["name"]
        assert team["last_seen_at"] == START + timedelta(seconds=seq)
        found.append(team["name"])
    assert found == ["One", "One", "Three", "Four", "Four", "Six"]


def test_what_a_game_told_first_no_announcer_renames(catalog: Catalog) -> None:
    player = {"player_id": "p", "name": "game", "last_match_id": "m", "last_seen_at": START}
    catalog.apply([match(1), Upsert(table="players", values=player)])
    catalog.apply([Upsert(table="players", values={**player, "name": "announced"}, by="a")])
    assert [row["name"] for row in catalog.all("players")] == ["game"]


def test_a_team_without_a_name_is_listed_once_it_has_one(catalog: Catalog) -> None:
    catalog.apply([match(1), told_team(1, name=None, team_id="t1")])
    assert catalog.all("teams") == []
    catalog.apply([match(2), told_team(2), told_team(2, name=None)])
    assert [(row["team_id"], row["name"]) for row in catalog.all("teams")] == [("t1", "Alder")]


def test_who_was_seen_later_elsewhere_was(catalog: Catalog) -> None:
    named = {"player_id": "p", "last_match_id": "m", "last_seen_at": START}
    catalog.apply([match(1), told_team(1), Upsert(table="players", values=named)])
    found = []
    for seconds in (9, 5):
        moment = START + timedelta(seconds=seconds)
        catalog.apply([Seen(match_id="m", player_ids=("p", "nobody"), seen_at=moment)])
        found += [row["last_seen_at"] for table in ("players", "teams") for row in catalog.all(table)]
    assert found == [START + timedelta(seconds=9)] * 4


def test_a_team_of_a_match_that_has_no_row_is_nobodys(catalog: Catalog) -> None:
    catalog.apply([told_team(1)])
    assert catalog.all("teams") == []


NAMES = (None, "Alder", "Oak")
CHANGES = st.lists(
    st.one_of(
        st.integers(1, 30).map(match),
        st.tuples(st.integers(1, 30), st.sampled_from("xyz")).map(
            lambda t: match(t[0], external_ids={t[1]: str(t[0])})
        ),
        st.tuples(st.integers(1, 30), st.sampled_from(NAMES), st.sampled_from((None, "t1", "t2"))).map(
            lambda t: told_team(t[0], name=t[1], team_id=t[2])
        ),
        st.tuples(st.integers(1, 30), st.integers(1, 5), st.sampled_from("AB")).map(lambda t: decided(*t)),
        st.tuples(st.integers(1, 30), st.integers(0, 9)).map(
            lambda t: Withdrawal(match_id="m", from_seq=t[0], to_seq=t[0] + t[1])
        ),
        st.integers(1, 30).map(over),
        st.integers(1, 30).map(lambda seq: Reopened(match_id="m", map_id="map", seq=seq)),
        st.integers(1, 30).map(won),
        st.integers(1, 30).map(lambda seq: Undecided(match_id="m", seq=seq)),
    ),
    max_size=12,
)


def _seq(change: Change) -> int:
    match change:
        case Withdrawal():
            return change.to_seq + 1
        case TeamTold() | Reopened() | Undecided():
            return change.seq
        case Seen():
            raise AssertionError("none is made here")
        case Upsert():
            return int(change.values["seq"])


def _one_team_a_message(told: list[Change]) -> list[Change]:
    """A message, which has a seq of its own, tells one team."""
    kept = {each.seq if isinstance(each, TeamTold) else -1 - place: each for place, each in enumerate(told)}
    return list(kept.values())


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(told=CHANGES, again_from=st.integers(0, 24))
def test_changes_that_come_again_change_nothing(
    two: tuple[Catalog, Catalog], told: list[Change], again_from: int
) -> None:
    """The loader repeats a suffix of what it told in order, a match's own row first, also with each team: the result is
    that of telling it once."""
    in_order = [
        each
        for change in sorted(_one_team_a_message(told), key=_seq)
        for each in ((match(change.seq), change) if isinstance(change, TeamTold | Undecided) else (change,))
    ]
    once, twice = two
    for catalog in two:
        emptied(catalog)
        catalog.apply([match(0), *in_order])
    twice.apply(in_order[again_from:])
    for table in ("matches", "maps", "rounds", "teams"):
        assert once.all(table) == twice.all(table)


@pytest.fixture
def two() -> Iterator[tuple[Catalog, Catalog]]:
    """For all examples of a law: making one takes longer than an example."""
    with closing(open_catalog("sqlite://")) as one, closing(open_catalog("sqlite://")) as other:
        yield one, other


def emptied(catalog: Catalog) -> None:
    with catalog._engine.begin() as connection:
        for table in reversed(METADATA.sorted_tables):
            connection.execute(table.delete())


def test_withdrawn_rounds_are_left_out_until_told_again(catalog: Catalog) -> None:
    catalog.apply([decided(10, 1), decided(20, 2), decided(30, 3)])
    catalog.apply([Withdrawal(match_id="m", from_seq=15, to_seq=30)])
    assert [row["round_no"] for row in catalog.rounds("m")] == [1]
    catalog.apply([decided(40, 2, "B")])
    assert [(row["round_no"], row["winner_team"]) for row in catalog.rounds("m")] == [(1, "A"), (2, "B")]


def test_names_with_nul_are_kept_without_it(catalog: Catalog) -> None:
    seen = {"last_match_id": "m", "last_seen_at": START}
    end = START + timedelta(seconds=9)
    catalog.apply(
        [
            match(1, external_ids={"league\0": "m\0-1"}, announced_maps=("de_\0nuke",)),
            told_team(1, name="Al\0der", team_id="t\0-1", external_ids={"league": "t\0-1"}),
            told_team(1, side="a", name="\0"),
            Upsert(table="players", values={"player_id": "p", "name": "play\0er-001", **seen}),
            Seen(match_id="m\0", player_ids=("p\0",), seen_at=end),
        ]
    )
    [found], [named], [player] = (catalog.all(table) for table in ("matches", "teams", "players"))
    assert (found["name_a"], found["name_b"], found["external_ids"]) == (None, "Alder", {"league": "m-1"})
    assert found["announced_maps"] == ["de_nuke"]
    assert (named["team_id"], named["name"], named["external_ids"]) == ("t-1", "Alder", {"league": "t-1"})
    assert (player["name"], player["last_seen_at"]) == ("player-001", end)


@pytest.mark.parametrize(
    "values", [{"best_of": 2**70}, {"name_a": "\ud800"}, {"external_ids": {"a": object()}}]
)
def test_what_no_column_takes_is_refused_and_is_not_away(catalog: Catalog, values: dict[str, Any]) -> None:
    with pytest.raises(ChangeRefusedError):
        catalog.apply([match(1), match(2, **values)])
    assert catalog.all("matches") == []
    catalog.apply([match(1)])


def test_all_or_nothing(catalog: Catalog) -> None:
    broken = Upsert(table="rounds", values={"match_id": "m", "map_id": "map", "round_no": 1, "seq": 2})
    with pytest.raises(ChangeRefusedError, match="winner_team"):
        catalog.apply([match(1), broken])
    assert catalog.all("matches") == []


def test_times_are_utc_whatever_zone_they_came_in(catalog: Catalog) -> None:
    moment = datetime(2026, 5, 17, 14, tzinfo=timezone(timedelta(hours=2)))
    catalog.apply([match(1), team("Alder", match_id="m", seen_at=moment)])
    [row] = catalog.all("teams")
    assert (row["last_seen_at"], row["last_seen_at"].tzinfo) == (START, UTC)


def test_a_team_is_its_name_without_case() -> None:
    assert team_id("Team Alder ") == team_id("TEAM ALDER") != team_id("Team Ash")


def test_a_reader_sees_the_last_commit_beside_the_writer(catalog: Catalog, url: str) -> None:
    reader = open_catalog(url)
    catalog.apply([match(1)])
    assert reader.match("m") is not None
    assert [row["match_id"] for row in reader.all("matches")] == ["m"]
    assert reader.maps("m") == []
    reader.close()


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def test_nobody_else_reads_the_file_and_what_lies_beside_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    reader = CatalogReader(url)
    with pytest.raises(CatalogAwayError):
        reader.team("none")
    assert modes(tmp_path) == {"catalog.sqlite": 0o600}
    catalog = open_catalog(url)
    catalog.apply([match(1)])
    assert modes(tmp_path) == {f"catalog.sqlite{end}": 0o600 for end in ("", "-wal", "-shm")}
    catalog.close()
    reader.close()


def test_a_file_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "catalog.sqlite"
    file.touch()
    file.chmod(0o640)
    open_catalog(f"sqlite:///{file}").close()
    assert modes(tmp_path)["catalog.sqlite"] == 0o640


def test_an_unreachable_database_is_worth_waiting_for(tmp_path: Path) -> None:
    with pytest.raises(CatalogAwayError):
        open_catalog(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder' / 'catalog.db'}")
