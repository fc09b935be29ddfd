"""Whatever number stands in an export: it is refused by its place, or all that is told of it can be read again."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from game import events as e
from game.codec import Encoding, decode, encode
from game.payloads import MAX_PLAYERS
from game.sources import cs2df_rows as rows
from game.sources.cs2df import Recording, RecordingError, Version, read
from game.sources.cs2df_series import match_of, translate
from tests.game.cs2df_writer import members
from tests.game.scripted import scripted_map

NAME = "2026-03-01_de_mirage_team-a-vs-team-b.zip"
VERSIONS: tuple[Version, ...] = ("2.0", "3.0")
ENCODINGS: tuple[Encoding, ...] = ("json", "msgpack")
Path = tuple[str | int, ...]
Tables = dict[str, Any]

NUMBERS = (
    "-1",
    "0.5",
    "1e-310",
    "1e-300",
    "1000000",
    "-1000000",
    "1000001",
    "268435456",
    "2147483648",
    "18446744073709551616",
    "1e300",
    "1e400",
    "1" + "0" * 400,
    "-1" + "0" * 400,
    "1" + "0" * 5000,
)
PLACE = {"x": 1.0, "y": 2.0, "z": 3.0}
ANGLES = {"yaw": 4.0, "pitch": 5.0}
COLUMNS = {name: [100, 1, -1] for name in ("x", "y", "z", "yaw", "pitch")}
META = {"coordScale": 4, "angleScale": 10, "sampleRate": 1}


def written(version: Version) -> Tables:
    """Two rounds with a row in every member, and of each kind of number one at least; each time anew, to be changed."""
    tables: Tables = json.loads(export(version))
    return tables


@cache
def export(version: Version) -> str:
    told = members(scripted_map(["A", "B"], 5), version)
    tables: Tables = {name.removesuffix(".json"): json.loads(content) for name, content in told.items()}
    at = tables["rounds"][0]["freezeEndTick"] + 10
    tables["kills"][-1] |= {"penetratedObjects": 1, "killerPosition": PLACE, "victimPosition": PLACE}
    tables["damages"][-1] |= {"attackerPosition": PLACE, "victimPosition": PLACE}
    tables["bombs"][-1] |= {"position": PLACE}
    tables["blinds"] = [{"roundNumber": 1, "tick": at, "durationSeconds": 2.5, **someone(version, "flashed")}]
    ticks = {"throwTick": at, "effectTick": at + 1, "destroyTick": at + 2}
    places = {"throwPosition": PLACE, "effectPosition": PLACE}
    tables["grenades"] = [
        {"roundNumber": 1, "grenade": "smoke", **ticks, **places, **someone(version, "thrower")}
    ]
    if version == "2.0":
        seen = {"alive": True, "position": PLACE, **ANGLES, "health": 100, "armor": 50}
        shot = {"weapon": "ak47", "position": PLACE, **ANGLES}
        tables["shots"] = [{"roundNumber": 1, "tick": at, "steamId64": "a1", **shot}]
        tables["positions-1s"] = [{"roundNumber": 1, "tick": at, "steamId64": "a1", **seen}]
    else:
        track = {"tick": [at, 1, 1], "weapon": [0, 0, 0], **COLUMNS}
        shots = [{"roundNumber": 1, "playerIndex": 0, **track}]
        tables["shots"] = {"meta": META, "weaponDict": ["ak47"], "tracks": shots}
    tables["replay"] = {"meta": META, "weaponDict": ["ak47"], "rounds": [replayed(version, at)]}
    return json.dumps(tables)


def someone(version: Version, role: str) -> dict[str, object]:
    return {f"{role}Index": 0} if version == "3.0" else {f"{role}SteamId64": "a1"}


def replayed(version: Version, at: int) -> dict[str, object]:
    columns = {
        **COLUMNS,
        "hp": [100, 1, 0],
        "armor": [100, 1, 0],
        "money": [100, 1, -1],
        "weapon": [0, -1, 0],
    }
    player: dict[str, object] = {"steamId64": "a1"} if version == "2.0" else {"playerIndex": 0}
    return {
        "roundNumber": 1,
        "startTick": at,
        "tickStep": 8,
        "frameCount": 3,
        "players": [player | columns],
    }


def numbers_in(value: Any, path: Path = ()) -> Iterator[Path]:
    """The places of numbers: the last of each kind, since what follows an earlier one may speak against it."""
    match value:
        case bool():
            return
        case int() | float():
            yield path
        case dict():
            for key, each in value.items():
                yield from numbers_in(each, (*path, key))
        case list() if value:
            yield from numbers_in(value[-1], (*path, -1))
        case _:
            return


PLACES = [(version, path) for version in VERSIONS for path in numbers_in(written(version))]


def contents(tables: Tables) -> dict[str, bytes]:
    return {f"{name}.json": json.dumps(table).encode() for name, table in tables.items()}


def without_number(version: Version, path: Path) -> dict[str, bytes]:
    """The export with a place for a number."""
    tables = written(version)
    held: Any = tables
    for part in path[:-1]:
        held = held[part]
    held[path[-1]] = "the number"
    return contents(tables)


def with_number(without: dict[str, bytes], number: str) -> dict[str, bytes]:
    """The export with a number as it stands in a text, since not all of them are numbers to Python."""
    return {name: raw.replace(b'"the number"', number.encode()) for name, raw in without.items()}


def events_of(found: Recording) -> list[e.AnyEvent]:
    """All of them, with the positions of both rates."""
    sparse, dense = (translate(match_of(found), positions_hz=hz) for hz in (1, 8))
    return [*(event for event in sparse if isinstance(event, e.PositionSample)), *dense]


def assert_read_again(found: Recording) -> None:
    for event in events_of(found):
        for encoding in ENCODINGS:
            assert decode(encode(event, encoding), encoding) == event


@pytest.mark.parametrize("version", VERSIONS)
def test_as_it_was_written_it_is_read(version: Version) -> None:
    found = read(NAME, contents(written(version)), is_dense=True)
    assert isinstance(found, Recording), str(found)
    assert {type(event) for event in events_of(found)} >= {e.WeaponFire, e.PositionSample, e.GrenadeExpired}
    assert_read_again(found)


@pytest.mark.slow
@pytest.mark.parametrize(("version", "path"), PLACES, ids=str)
def test_a_number_is_refused_by_its_place_or_read_again(version: Version, path: Path) -> None:
    without = without_number(version, path)
    for number in NUMBERS:
        found = read(NAME, with_number(without, number), is_dense=True)
        if isinstance(found, Recording):
            assert_read_again(found)
            continue
        assert found.member == f"{path[0]}.json", str(found)[:300]
        assert found.field, str(found)[:300]
        assert "..." not in found.field, str(found)[:300]


def crowd(row: dict[str, object]) -> list[dict[str, object]]:
    """The row of more players than an event holds, nine of whom at most the file lists."""
    return [row | {"steamId64": f"a{i}"} for i in range(MAX_PLAYERS + 1)]


def refused(version: Version, tables: Tables, name: str = NAME) -> RecordingError:
    found = read(name, contents(written(version) | tables), is_dense=True)
    assert isinstance(found, RecordingError)
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_more_players_than_an_announcement_holds_are_refused(version: Version) -> None:
    listed = crowd(written(version)["players"][0])
    assert str(refused(version, {"players": listed})).endswith(
        "players.json: Expected `array` of length <= 64"
    )


def test_more_players_than_an_event_holds_are_refused_where_they_stand() -> None:
    tables = written("2.0")
    samples = refused("2.0", {"positions-1s": crowd(tables["positions-1s"][0])})
    assert (samples.row, samples.field) == (MAX_PLAYERS, "steamId64")
    loadouts = refused("2.0", {"player-economies": crowd(tables["player-economies"][0])})
    assert (loadouts.member, loadouts.field) == ("player-economies.json", "steamId64")
    assert loadouts.reason == "more than 64 players"
    round_ = tables["replay"]["rounds"][0]
    tables["replay"]["rounds"] = [round_ | {"players": crowd(round_["players"][0])}]
    frames = refused("2.0", {"replay": tables["replay"]})
    assert (frames.member, frames.row, frames.field) == ("replay.json", 0, "players")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_last_tick_of_the_last_day_can_be_read_again(version: Version) -> None:
    tables = written(version)
    tables["manifest"] |= {"tickrate": 8}
    tables["kills"][-1] |= {"tick": rows.MAX_TICK}
    found = read("2079-12-31_de_mirage.zip", contents(tables), is_dense=True)
    assert isinstance(found, Recording), str(found)
    assert max(event.ts_event for event in events_of(found)).year > 2079
    assert_read_again(found)


def test_a_map_of_more_than_a_day_is_refused() -> None:
    tables = written("2.0")
    tables["rounds"][-1]["endTick"] = tables["rounds"][0]["startTick"] + 24 * 3600 * 64 + 1
    found = refused("2.0", tables)
    assert (found.member, found.row, found.field) == ("rounds.json", 1, "endTick")
