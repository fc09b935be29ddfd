"""cs2df exports: what is written comes back, in both versions and despite their defects; bad files are named."""

import json
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from game import events as e
from game.advance import advance
from game.codec import decode, encode
from game.facts import AnyFact, Killed, Quality, RoundDecided
from game.payloads import Team
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.sources.cs2df import MEMBERS, REQUIRED, Recording, RecordingError, Version, read
from game.sources.cs2df_series import BREAK_S, match_of, series_of, translate
from game.state import initial_state
from tests.game.cs2df_writer import SWAPPED_ROUNDS, members, simulated
from tests.game.scripted import decided_maps, scripted_map, seeds, winners_of

NAME = "2026-03-01_de_mirage_team-a-vs-team-b.zip"
VERSIONS: tuple[Version, ...] = ("2.0", "3.0")
versions = st.sampled_from(VERSIONS)


def recording(events: Iterable[e.AnyEvent], version: Version, **options: Any) -> Recording:
    found = read(NAME, members(events, version, **options))
    assert isinstance(found, Recording), str(found)
    return found


def facts_of(events: Iterable[e.AnyEvent]) -> list[AnyFact]:
    state, facts = initial_state("m"), list[AnyFact]()
    for event in events:
        state, known = advance(state, event)
        facts += known
    return facts


def deaths_of(facts: Iterable[AnyFact], *, has_aftermath: bool = True) -> list[tuple[str | None, str, bool]]:
    return [
        (fact.killer_id, fact.victim_id, fact.is_post_round)
        for fact in facts
        if isinstance(fact, Killed) and (has_aftermath or not fact.is_post_round)
    ]


def decisions_of(facts: Iterable[AnyFact]) -> list[tuple[Team, str, int, int]]:
    return [
        (fact.winner_team, fact.winner_side, fact.score_a, fact.score_b)
        for fact in facts
        if isinstance(fact, RoundDecided)
    ]


@pytest.mark.slow
@given(decided_maps, seeds, versions)
@settings(max_examples=25)
def test_rounds_come_back_as_they_were_played(winners: list[Team], seed: int, version: Version) -> None:
    played = scripted_map(winners, seed)
    told = facts_of(translate(match_of(recording(played, version))))
    assert decisions_of(told) == decisions_of(facts_of(played))
    assert [team for team, *_ in decisions_of(told)] == winners
    assert [fact for fact in told if isinstance(fact, Quality)] == []


@pytest.mark.slow
@given(decided_maps, seeds, versions)
@settings(max_examples=25)
def test_deaths_come_back_in_their_order(winners: list[Team], seed: int, version: Version) -> None:
    played = facts_of(scripted_map(winners, seed))
    told = facts_of(translate(match_of(recording(scripted_map(winners, seed), version))))
    assert deaths_of(told) == deaths_of(played, has_aftermath=version == "3.0")


def test_swapped_overtime_sides_are_mended_and_only_those() -> None:
    level: list[Team] = ["A", "B"]
    played = scripted_map(level * 21 + level[:1] * 4, seed=3)
    second = recording(played, "2.0")
    assert {r.number for r in second.rounds if r.is_mended} == SWAPPED_ROUNDS
    assert not any(r.is_mended for r in recording(played, "3.0").rounds)
    assert [r.a_side for r in second.rounds] == [r.a_side for r in recording(played, "3.0").rounds]


@pytest.mark.parametrize("version", VERSIONS)
def test_events_are_numbered_in_order_of_time_with_ids_of_their_own(version: Version) -> None:
    told = list(translate(match_of(recording(scripted_map(winners_of(5), 5), version)), positions_hz=1))
    assert [event.seq_no for event in told] == list(range(1, len(told) + 1))
    assert [event.ts_event for event in told] == sorted(event.ts_event for event in told)
    assert len({event.event_id for event in told}) == len(told)
    assert all(event.round_no is not None and event.map_id is not None for event in told)


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_a_simulated_map_survives_the_export(version: Version) -> None:
    setting = Setting(seed=11, best_of=1, has_warmup=False, has_pauses=False, position_hz=1)
    played = list(simulate(setting))
    series = match_of(recording(played, version))
    told = list(translate(series, positions_hz=1))
    assert decisions_of(facts_of(told)) == decisions_of(facts_of(played))
    assert deaths_of(facts_of(told), has_aftermath=False) == deaths_of(facts_of(played), has_aftermath=False)
    assert all(decode(encode(event)) == event for event in told)
    kinds = Counter(type(event) for event in told)
    assert kinds[e.WeaponFire] > 100
    assert kinds[e.PositionSample] > 100


def test_a_tick_follows_every_event_of_its_second() -> None:
    told = list(translate(match_of(recording(scripted_map(winners_of(8), 8), "3.0"))))
    live_at = {event.round_no: event.ts_event for event in told if isinstance(event, e.FreezeEnded)}
    ended_at = {event.round_no: event.ts_event for event in told if isinstance(event, e.RoundEnded)}
    for number, start in live_at.items():
        ticks = [event for event in told if isinstance(event, e.ClockTick) and event.round_no == number]
        seconds = [event.payload.round_time_s for event in ticks]
        assert seconds == list(range(1, len(seconds) + 1))
        assert all((x.ts_event - start).total_seconds() == x.payload.round_time_s for x in ticks)
        assert 0 < (ended_at[number] - start).total_seconds() - len(seconds) <= 1
    for one, other in pairwise(told):
        if isinstance(one, e.ClockTick):
            assert other.ts_event > one.ts_event


@pytest.mark.slow
def test_positions_change_neither_ids_nor_order_of_the_rest() -> None:
    played = match_of(recording(list(simulate(Setting(seed=2, best_of=1, has_warmup=False))), "2.0"))
    bare = [event.event_id for event in translate(played)]
    seen = list(translate(played, positions_hz=1))
    assert [event.event_id for event in seen if not isinstance(event, e.PositionSample)] == bare
    assert len(seen) > len(bare)


def test_joined_files_are_one_match_with_the_teams_of_the_first() -> None:
    first = recording(scripted_map(["A"] * 13, 1), "2.0", demo_hash="1" * 64)
    contents = members(scripted_map(["A"] * 13, 2, first_a_side="t"), "3.0", demo_hash="2" * 64)
    swapped = {
        "match.json": contents["match.json"]
        .replace(b'"Team A"', b'"X"')
        .replace(b'"Team B"', b'"Team A"')
        .replace(b'"X"', b'"Team B"'),
    }
    second = read(NAME, contents | swapped)
    assert isinstance(second, Recording)
    series = series_of([first, second])
    assert not isinstance(series, RecordingError)
    told = list(translate(series))
    decided = decisions_of(facts_of(told))
    assert [team for team, *_ in decided] == ["A"] * 13 + ["B"] * 13
    assert {event.match_id for event in told} == {series.match_id}
    assert [event.seq_no for event in told] == list(range(1, len(told) + 1))
    starts = [event.ts_event for event in told if isinstance(event, e.MapStarted)]
    ends = [event.ts_event for event in told if isinstance(event, e.MapEnded)]
    assert (starts[1] - ends[0]).total_seconds() >= BREAK_S - 1
    assert series.best_of == 3


def test_files_of_other_teams_do_not_join() -> None:
    first = recording(scripted_map(["A"] * 13, 1), "2.0")
    contents = members(scripted_map(["A"] * 13, 1), "2.0")
    contents["match.json"] = contents["match.json"].replace(b"Team A", b"Team Z")
    contents["players.json"] = contents["players.json"].replace(b'"a', b'"z')
    contents = {k: v.replace(b'SteamId64": "a', b'SteamId64": "z') for k, v in contents.items()}
    other = read("other.zip", contents)
    assert isinstance(other, Recording)
    refused = series_of([first, other])
    assert isinstance(refused, RecordingError)
    assert "other teams" in refused.reason


@pytest.mark.parametrize(("maps", "best_of"), [(5, 9), (6, None)])
def test_a_series_is_no_longer_than_one_that_can_be_announced(maps: int, best_of: int | None) -> None:
    won = [recording(scripted_map(["A"] * 13, i), "2.0", demo_hash=str(i) * 64) for i in range(1, maps + 1)]
    series = series_of(won)
    if best_of is None:
        assert isinstance(series, RecordingError)
        assert series.reason == "longer than a best of 9"
        return
    assert not isinstance(series, RecordingError)
    assert series.best_of == best_of
    assert all(decode(encode(event)) == event for event in translate(series))


def test_a_series_has_no_more_players_than_can_be_announced() -> None:
    def with_reserves(number: int) -> Recording:
        contents = members(scripted_map(["A"] * 13, number), "2.0", demo_hash=str(number) * 64)
        players = json.loads(contents["players.json"])
        reserves = [players[0] | {"steamId64": f"reserve-{number}-{i}"} for i in range(40)]
        found = read(NAME, contents | {"players.json": json.dumps(players + reserves).encode()})
        assert isinstance(found, Recording)
        return found

    refused = series_of([with_reserves(1), with_reserves(2)])
    assert isinstance(refused, RecordingError)
    assert refused.reason == "more than 64 players of a team"


def spoilt(member: str, change: Any) -> RecordingError:
    contents = members(scripted_map(["A"] * 13, 1), "2.0")
    table = json.loads(contents[member])
    change(table)
    found = read(NAME, contents | {member: json.dumps(table).encode()})
    assert isinstance(found, RecordingError)
    return found


def set_at(row: int, field: str, value: object) -> Any:
    def change(table: list[dict[str, object]]) -> None:
        table[row][field] = value

    return change


@pytest.mark.parametrize(
    ("member", "row", "field", "value", "reason"),
    [
        ("kills.json", 2, "tick", "soon", "Expected `int`, got `str`"),
        ("kills.json", 2, "victimSteamId64", None, "Expected `str`, got `null`"),
        ("damages.json", 1, "healthDamage", 10**9, "Expected `int` <= 1000"),
        ("bombs.json", 0, "type", "eaten", "Invalid enum value 'eaten'"),
        ("kills.json", 4, "roundNumber", -1, "Expected `int` >= 0"),
        ("rounds.json", 3, "endReason", None, "Expected `str`, got `null`"),
    ],
)
def test_a_wrong_field_is_named_with_its_place(
    member: str, row: int, field: str, value: object, reason: str
) -> None:
    found = spoilt(member, set_at(row, field, value))
    assert (found.file, found.member, found.row, found.field, found.reason) == (
        NAME,
        member,
        row,
        field,
        reason,
    )
    assert str(found) == f"{NAME}: {member}: row {row}: {field}: {reason}"


def test_rounds_out_of_order_are_refused() -> None:
    early = spoilt("rounds.json", lambda table: table[4].update(freezeEndTick=1, endTick=2))
    assert (early.row, early.field, early.reason) == (4, "endTick", "ends are not in order")


@pytest.mark.parametrize("member", MEMBERS)
def test_members_that_are_not_there(member: str) -> None:
    contents = members(scripted_map(["A"] * 13, 1), "3.0")
    contents.pop(member, None)
    found = read(NAME, contents)
    assert isinstance(found, RecordingError) == (member in REQUIRED)
    if isinstance(found, RecordingError):
        assert (found.member, found.reason) == (member, "the file has no such member")


@pytest.mark.slow
@given(st.sampled_from(MEMBERS), st.binary(max_size=200), st.integers(0, 10_000))
@settings(max_examples=60)
def test_no_bytes_in_any_member_break_the_reader(member: str, noise: bytes, at: int) -> None:
    contents = members(scripted_map(["A"] * 13, 1), "3.0")
    raw = contents.get(member, b"[]")
    at %= len(raw) + 1
    found = read(NAME, contents | {member: raw[:at] + noise + raw[at + len(noise) :]})
    assert isinstance(found, Recording | RecordingError)


@pytest.mark.parametrize(
    ("member", "row", "path", "field"),
    [
        ("kills.json", 1, (1, "killerIndex"), "killerIndex"),
        ("damages.json", 2, (2, "victimIndex"), "victimIndex"),
        ("bombs.json", 0, (0, "actorIndex"), "actorIndex"),
        ("player-economies.json", 3, (3, "playerIndex"), "playerIndex"),
        ("shots.json", 4, ("tracks", 4, "playerIndex"), "playerIndex"),
        ("replay.json", 1, ("rounds", 1, "players", 2, "playerIndex"), "players[2].playerIndex"),
    ],
)
@pytest.mark.parametrize(("value", "reason"), [(77, "no such player: 77"), (300, "Expected `int` <= 255")])
def test_an_index_without_a_player_is_refused_where_it_stands(
    member: str, row: int, path: tuple[str | int, ...], field: str, value: int, reason: str
) -> None:
    contents = members(simulated(), "3.0")
    table = json.loads(contents[member])
    *way, last = path
    held = table
    for part in way:
        held = held[part]
    held[last] = value
    found = read(NAME, contents | {member: json.dumps(table).encode()})
    assert isinstance(found, RecordingError)
    assert (found.member, found.row, found.field, found.reason) == (member, row, field, reason)


def test_shots_without_a_player_are_refused_where_they_stand() -> None:
    contents = members(simulated(), "2.0")
    table = json.loads(contents["shots.json"])
    table[3]["steamId64"] = 77
    found = read(NAME, contents | {"shots.json": json.dumps(table).encode()})
    assert isinstance(found, RecordingError)
    assert (found.member, found.row, found.field) == ("shots.json", 3, "steamId64")


def test_another_version_is_refused() -> None:
    contents = members(scripted_map(["A"] * 13, 1), "2.0")
    contents["manifest.json"] = contents["manifest.json"].replace(b"format/2.0", b"format/7.0")
    found = read(NAME, contents)
    assert isinstance(found, RecordingError)
    assert (found.member, found.field) == ("manifest.json", "schemaVersion")
