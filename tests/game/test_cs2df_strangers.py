"""Exports as others may write them: what the format allows, what exporters are known to do. They fold like ours.

Sides and scores have their own tests (`test_cs2df_sides`), zips theirs (`tests/adapters/test_recordings.py`).
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from game import events as e
from game.advance import advance
from game.codec import decode, encode
from game.facts import MapDecided, MapStats, Quality, RoundDecided
from game.payloads import MAX_NAME, Team
from game.sources.cs2df import UNDATED, Recording, RecordingError, Version, read
from game.sources.cs2df_series import Series, match_of, series_of, translate
from game.state import initial_state
from game.statistics.book import StatBook
from game.statistics.figures import counted
from tests.game.cs2df_writer import members
from tests.game.scripted import scripted_map, winners_of

NAME = "2026-03-01_de_mirage_team-a-vs-team-b.zip"
BOTH = pytest.mark.parametrize("version", ["2.0", "3.0"])
WINNERS = winners_of(5)
Tables = dict[str, Any]
Change = Callable[[Tables], object]


def export(version: Version, change: Change = lambda tables: None, **options: Any) -> dict[str, bytes]:
    """The export of one map, with its tables changed in place."""
    written = members(scripted_map(WINNERS, 5), version, **options)
    tables = {name.removesuffix(".json"): json.loads(content) for name, content in written.items()}
    change(tables)
    return {f"{name}.json": json.dumps(table).encode() for name, table in tables.items()}


def recording(contents: dict[str, bytes], name: str = NAME) -> Recording:
    found = read(name, contents)
    assert isinstance(found, Recording), str(found)
    return found


def told(version: Version, change: Change) -> list[e.AnyEvent]:
    """The events of a changed export, all of them good on the wire."""
    events = list(translate(match_of(recording(export(version, change))), positions_hz=1))
    assert all(decode(encode(event)) == event for event in events)
    return events


def ended(events: Iterable[e.AnyEvent]) -> tuple[list[Team], tuple[int, int], set[str]]:
    """Who won the rounds, the last score, the rules that were broken."""
    state = initial_state("m")
    winners, score, broken = list[Team](), (0, 0), set[str]()
    for event in events:
        state, facts = advance(state, event)
        for fact in facts:
            match fact:
                case RoundDecided():
                    winners, score = [*winners, fact.winner_team], (fact.score_a, fact.score_b)
                case MapDecided():
                    assert (fact.score_a, fact.score_b) == score
                case Quality():
                    broken.add(fact.rule)
                case _:
                    pass
    return winners, score, broken


AS_PLAYED = (WINNERS, (WINNERS.count("A"), WINNERS.count("B")), set[str]())


def put(table: str, *path: str | int, value: object) -> Change:
    def change(tables: Tables) -> None:
        held = tables[table]
        for part in path[:-1]:
            held = held[part]
        held[path[-1]] = value

    return change


def grenade(**fields: object) -> Change:
    row = {"roundNumber": 1, "grenadeId": "1", "grenade": "smoke", "throwTick": 6000, "effectTick": 6100}
    return lambda tables: tables["grenades"].append(row | fields)


@BOTH
@pytest.mark.parametrize(
    "change",
    [
        put("match", "teamA", "name", value=None),
        put("match", "teamB", "name", value="B" * 300),
        put("players", 0, "name", value="long" * 100),
        put("manifest", "demo", "hash", value=None),
        put("manifest", "demo", "hash", value=""),
        put("manifest", "demo", "sourceFileName", value=None),
        put("manifest", "demo", value={}),
        put("manifest", "tickrate", value=64.0),
        grenade(grenadeId=None),
        grenade(grenade="incendiary"),
    ],
)
def test_what_the_format_allows_is_read(version: Version, change: Change) -> None:
    assert ended(told(version, change)) == AS_PLAYED


@BOTH
def test_names_are_cut_to_what_events_hold(version: Version) -> None:
    events = told(version, put("players", 2, "name", value="x" * 300))
    names = [event.payload.name for event in events if isinstance(event, e.PlayerJoinedTeam)]
    assert "x" * MAX_NAME in names


@BOTH
def test_an_incendiary_by_its_other_name_is_one(version: Version) -> None:
    events = told(version, grenade(grenade="incendiary"))
    kinds = {event.payload.grenade for event in events if isinstance(event, e.GrenadeThrown)}
    assert kinds == {"incendiary"}


def test_samples_without_a_place_are_passed_over() -> None:
    def change(tables: Tables) -> None:
        at, turned = (
            {"roundNumber": 1, "tick": tick, "steamId64": "a1", "alive": True, "health": 100, "armor": 0}
            for tick in (6000, 6064)
        )
        at |= {"position": None, "yaw": None, "pitch": None}
        turned |= {"position": {"x": 1, "y": 2, "z": 3}, "yaw": None, "pitch": None}
        tables["positions-1s"] = [at, turned]

    (sample,) = [event for event in told("2.0", change) if isinstance(event, e.PositionSample)]
    assert [(x.player_id, x.yaw_deg) for x in sample.payload.players] == [("a1", None)]


@BOTH
def test_whole_floats_and_a_byte_order_mark_are_read(version: Version) -> None:
    contents = export(version)
    kills = json.loads(contents["kills.json"])
    for row in kills:
        row["tick"] = float(row["tick"])
    changed = contents | {"kills.json": b"\xef\xbb\xbf" + json.dumps(kills).encode()}
    assert recording(changed).kills == recording(contents).kills
    kills[3]["tick"] += 0.5
    refused = read(NAME, contents | {"kills.json": json.dumps(kills).encode()})
    assert isinstance(refused, RecordingError)
    assert (refused.member, refused.row, refused.field) == ("kills.json", 3, "tick")


@BOTH
def test_a_hash_that_is_none_gives_each_map_ids_of_its_own(version: Version) -> None:
    other = members(scripted_map(["A"] * 13, 6), version)
    ids = {match_of(recording(contents)).match_id for contents in (export(version), other)}
    assert len(ids) == 2
    again = export(version, put("manifest", "demo", "hash", value=None))
    assert match_of(recording(again)).match_id in ids


@BOTH
def test_one_map_twice_is_no_series(version: Version) -> None:
    found = recording(export(version, demo_hash="7" * 64))
    refused = series_of([found, recording(export(version, demo_hash="7" * 64), "other.zip")])
    assert isinstance(refused, RecordingError)
    assert (refused.file, refused.reason) == ("other.zip", f"the same map as {NAME}")
    assert isinstance(series_of([found, recording(export(version, demo_hash="8" * 64))]), Series)


@BOTH
@pytest.mark.parametrize(
    ("name", "demo", "exported", "day"),
    [
        ("2026-05-19_x.zip", "2026-03-01.dem", "2026-04-02T10:00:00Z", "2026-05-19"),
        ("falcons-vs-legacy-m1-nuke.zip", "2026-03-01.dem", None, "2026-03-01"),
        ("2026-13-45_x.zip", "match730_0031.dem", "2026-04-02T10:00:00Z", "2026-04-02"),
        ("1234-56-78_9999-12-31.zip", None, None, UNDATED.date().isoformat()),
    ],
)
def test_the_day_is_the_first_date_that_the_file_holds(
    version: Version, name: str, demo: str | None, exported: str | None, day: str
) -> None:
    def change(tables: Tables) -> None:
        tables["manifest"] |= {"exportedAt": exported}
        tables["manifest"]["demo"]["sourceFileName"] = demo

    assert recording(export(version, change), name).day.isoformat() == f"{day}T00:00:00+00:00"


def restored(tables: Tables) -> None:
    """Rounds 5 and 6 were begun, then the backup of round 4 was loaded: their first starts are kept, and what happens
    until the true start of round 6 is said to be of it."""
    fourth, fifth, sixth = tables["rounds"][3:6]
    until = sixth["startTick"]
    fifth["startTick"], sixth["startTick"] = fourth["startTick"] + 100, fourth["startTick"] + 200
    for name in ("kills", "damages", "bombs"):
        for row in tables[name]:
            if sixth["startTick"] <= row["tick"] < until:
                row["roundNumber"] = 6


def warmed_up(tables: Tables) -> None:
    """An end of the warm-up under the number of the first round, and a round of its own for the knives."""
    first = tables["rounds"][0]
    tables["rounds"].insert(0, first | {"endTick": first["freezeEndTick"] - 10})
    tables["rounds"].insert(0, first | {"roundNumber": 0, "startTick": 1, "freezeEndTick": 2, "endTick": 3})


@BOTH
@pytest.mark.parametrize("change", [restored, warmed_up])
def test_rounds_are_those_that_were_played_and_follow_each_other(version: Version, change: Change) -> None:
    events = told(version, change)
    assert ended(events) == AS_PLAYED
    starts = [event.ts_event for event in events if isinstance(event, e.RoundStarted)]
    ends = [event.ts_event for event in events if isinstance(event, e.RoundEnded)]
    assert all(end < start for end, start in zip(ends, starts[1:], strict=False))
    assert [event.ts_event for event in events] == sorted(event.ts_event for event in events)


def counted_rows(contents: dict[str, bytes]) -> dict[str, tuple[int, int, int]]:
    """Kills, deaths and assists of each player as the rows have them, suicides being no kills."""
    found = recording(contents)
    counts = {x.player_id: [0, 0, 0] for x in found.players}
    for row in found.kills:
        counts[found.who[row.victim]][1] += 1
        for place, ref in ((0, row.killer), (2, row.assister)):
            if ref is not None and ref != row.victim:
                counts[found.who[ref]][place] += 1
    return {player_id: (told[0], told[1], told[2]) for player_id, told in counts.items()}


def counted_facts(events: Iterable[e.AnyEvent]) -> dict[str, tuple[int, int, int]]:
    """The same as our statistics have them."""
    state, book = initial_state("m"), StatBook()
    stats: dict[str, dict[str, float]] = {}
    for event in events:
        state, facts = advance(state, event)
        book, more = counted(book, facts, state=state)
        stats |= {k: told for fact in more if isinstance(fact, MapStats) for k, told in fact.players.items()}
    return {k: (int(t["kills.all"]), int(t["deaths"]), int(t["assists"])) for k, t in stats.items()}


@BOTH
def test_after_a_restore_everything_is_in_the_round_that_it_happened_in(version: Version) -> None:
    def happened(events: Iterable[e.AnyEvent]) -> list[tuple[str, int | None]]:
        return [
            (event.event_id, event.round_no) for event in events if not isinstance(event, e.PositionSample)
        ]

    undisturbed = export(version, demo_hash="5" * 64)
    after = export(version, restored, demo_hash="5" * 64)
    assert happened(translate(match_of(recording(after)))) == happened(
        translate(match_of(recording(undisturbed)))
    )


def died_twice(tables: Tables) -> None:
    """The first victim of round 3 plays on in a bot's body, is hit, and dies again."""
    kills, damages = tables["kills"], tables["damages"]
    at = next(i for i, row in enumerate(kills) if row["roundNumber"] == 3)
    kills.insert(at + 1, kills[at] | {"tick": kills[at]["tick"] + 20})
    hit = next(row for row in damages if row["tick"] == kills[at]["tick"])
    more = hit | {"tick": hit["tick"] + 10, "healthDamage": 90, "victimHealthBefore": 100}
    damages.insert(damages.index(hit) + 1, more)


def died_in_warm_up(tables: Tables) -> None:
    """Somebody who dies in round 1 died by a knife before it was live."""
    first = tables["kills"][0]
    tables["kills"].insert(0, first | {"tick": tables["rounds"][0]["startTick"] + 50, "weapon": "knife"})


@BOTH
@pytest.mark.parametrize("change", [lambda tables: None, died_twice, died_in_warm_up, restored])
def test_every_row_of_a_death_counts(version: Version, change: Change) -> None:
    events = told(version, change)
    assert counted_facts(events) == counted_rows(export(version, change))
    assert "victim_already_dead" not in ended(events)[2]


@BOTH
def test_who_dies_again_is_alive_between_his_deaths(version: Version) -> None:
    before, state = initial_state("m"), initial_state("m")
    hits = list[tuple[bool, int]]()
    for event in told(version, died_twice):
        before, state = state, advance(state, event)[0]
        if isinstance(event, e.PlayerSpawned):
            player_id = event.payload.player_id
            assert not before.players[player_id].is_alive
            hits.append((state.players[player_id].is_alive, state.players[player_id].health))
    assert hits == [(True, 100)]


@BOTH
def test_rows_of_a_round_that_the_file_leaves_out_are_passed_over(version: Version) -> None:
    def change(tables: Tables) -> None:
        del tables["rounds"][4]

    events = told(version, change)
    winners, score, broken = ended(events)
    assert winners == [*WINNERS[:4], *WINNERS[5:]]
    assert score == AS_PLAYED[1]
    assert broken == {"rounds_missing", "score_mismatch"}
    assert 5 not in {event.round_no for event in events}


@BOTH
def test_rounds_after_the_decision_are_told(version: Version) -> None:
    def change(tables: Tables) -> None:
        last = tables["rounds"][-1]
        for more in (1, 2, 3):
            ticks = {key: last[key] + more * 100_000 for key in ("startTick", "freezeEndTick", "endTick")}
            tables["rounds"].append(last | ticks | {"roundNumber": last["roundNumber"] + more})

    winners, score, broken = ended(told(version, change))
    assert winners == [*WINNERS, *WINNERS[-1:] * 3]
    assert sum(score) == len(winners)
    assert "map_already_over" not in broken


def test_a_column_without_values_is_named() -> None:
    def change(tables: Tables) -> None:
        track = {"playerIndex": 0, "x": [], "y": [1], "z": [1], "yaw": [1], "hp": [100]}
        told = {"roundNumber": 1, "startTick": 6000, "tickStep": 8, "frameCount": 1, "players": [track]}
        tables["replay"] = {"rounds": [told]}

    refused = read(NAME, export("3.0", change))
    assert isinstance(refused, RecordingError)
    assert (refused.member, refused.field, refused.reason) == (
        "replay.json",
        "players[0].x",
        "0 values for 1 times",
    )
