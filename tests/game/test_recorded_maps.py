"""All recorded maps: scores, rounds and player figures equal the exporters'; where definitions differ, by how much."""

import json
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from adapters.recordings import open_recording
from game.advance import advance
from game.facts import AnyFact, Killed, MapStats, Quality, RoundDecided
from game.sources.cs2df import Recording
from game.sources.cs2df_series import match_of, translate
from game.state import initial_state
from game.statistics.book import StatBook
from game.statistics.figures import counted
from game.statistics.tally import is_enemy_kill

pytestmark = pytest.mark.slow
KEYS = {"kills": "kills.all", "deaths": "deaths", "assists": "assists"}
ADR_TOLERANCE = 0.051
"""The exports round to one decimal."""


@cache
def truth(folder: Path) -> dict[str, Any]:
    files: dict[str, Any] = json.loads((folder / "expected.json").read_text())["files"]
    return {name: told for name, told in files.items() if name.startswith("cs2df/")}


@cache
def recording(folder: Path, name: str) -> Recording:
    found = open_recording(folder / name)
    assert isinstance(found, Recording), str(found)
    return found


@cache
def facts_of(folder: Path, name: str) -> tuple[AnyFact, ...]:
    series = match_of(recording(folder, name))
    state, book, found = initial_state(series.match_id), StatBook(), list[AnyFact]()
    for event in translate(series):
        state, known = advance(state, event)
        book, told = counted(book, known, state=state)
        found += (*known, *told)
    return tuple(found)


def players(folder: Path) -> Iterator[tuple[str, str, dict[str, Any], dict[str, float]]]:
    """(file, player, the exporter's figures, ours) of every player row."""
    for name, told in truth(folder).items():
        ours = [fact for fact in facts_of(folder, name) if isinstance(fact, MapStats)][-1].players
        for player_id, theirs in told["players"].items():
            yield name, player_id, theirs, ours[player_id]


def test_rounds_and_scores_equal_the_truth(recorded: Path) -> None:
    for name, told in truth(recorded).items():
        decided = [fact for fact in facts_of(recorded, name) if isinstance(fact, RoundDecided)]
        winners = [(f"team{fact.winner_team}", fact.winner_side) for fact in decided]
        assert winners == [(r["winner"], r["winner_side"].lower()) for r in told["rounds"]], name
        assert [decided[-1].score_a, decided[-1].score_b] == told["final_score"], name


def test_no_recorded_map_breaks_a_rule(recorded: Path) -> None:
    found = {
        fact.rule
        for name in truth(recorded)
        for fact in facts_of(recorded, name)
        if isinstance(fact, Quality)
    }
    assert found == set()


def test_player_figures_equal_the_exporters(recorded: Path) -> None:
    rows = list(players(recorded))
    assert len(rows) == 440
    for name, player_id, theirs, ours in rows:
        assert {key: ours[stat_id] for key, stat_id in KEYS.items()} == {k: theirs[k] for k in KEYS}, (
            name,
            player_id,
        )
        assert ours["adr"] == pytest.approx(theirs["adr"], abs=ADR_TOLERANCE), (name, player_id)


def test_figures_stay_within_what_a_round_allows(recorded: Path) -> None:
    for name, player_id, _, ours in players(recorded):
        assert 0 <= ours["kast.won"] <= ours["kast"] <= 100, (name, player_id)
        assert ours["kills.enemy"] <= ours["kills.all"]
        assert ours["openings.won"] + ours["openings.lost"] <= ours["rounds"]
        assert ours["headshots"] <= ours["kills.enemy"]
        assert ours["trades.deaths"] <= ours["deaths"]


def contributed(found: Recording, *, with_trade_flag: bool) -> dict[str, set[int]]:
    """Rounds with a kill of anyone, an assist or survival, by player; by choice with the export's own trade flag."""
    rounds: dict[str, set[int]] = {x.player_id: {r.number for r in found.rounds} for x in found.players}
    saved: dict[str, set[int]] = defaultdict(set)
    for row in found.kills:
        victim, killer = found.who[row.victim], None if row.killer is None else found.who[row.killer]
        rounds[victim].discard(row.round_number)
        named = {killer if killer != victim else None}
        named |= {None if ref is None else found.who[ref] for ref in (row.assister, row.flash_assister)}
        if with_trade_flag and row.trade_death:
            named.add(victim)
        for player_id in named - {None}:
            assert player_id is not None
            saved[player_id].add(row.round_number)
    return {k: rounds[k] | saved[k] for k in rounds}


@pytest.mark.parametrize(("version", "rows"), [("2.0", 400), ("3.0", 40)])
def test_the_exporters_kast_follows_from_their_own_definitions(
    recorded: Path, version: str, rows: int
) -> None:
    """Version 2.0 leaves traded deaths out; version 3.0 counts its own flag. Neither is a definition of ours."""
    met = 0
    for name, told in truth(recorded).items():
        found = recording(recorded, name)
        if found.version != version:
            continue
        for player_id, numbers in contributed(found, with_trade_flag=version == "3.0").items():
            kast = 100 * len(numbers) / len(found.rounds)
            met += abs(kast - told["players"][player_id]["kast"]) < 0.06
    assert met == rows


def test_kast_differs_from_the_exporters_in_known_ways_only(recorded: Path) -> None:
    """Against version 2.0: traded deaths come on top; kills after the round and of other than enemies fall away, with
    their assists."""
    for name, told in truth(recorded).items():
        found = recording(recorded, name)
        if found.version != "2.0":
            continue
        deaths = [fact for fact in facts_of(recorded, name) if isinstance(fact, Killed)]
        apart = [fact for fact in deaths if not is_enemy_kill(fact) or fact.is_post_round]
        excused = {
            who for fact in apart for who in (fact.killer_id, fact.assister_id, fact.flash_assister_id)
        }
        for player_id, theirs in told["players"].items():
            ours = [f for f in facts_of(recorded, name) if isinstance(f, MapStats)][-1].players[player_id]
            if player_id not in excused:
                assert ours["kast"] >= theirs["kast"] - 0.06, (name, player_id)
                most = theirs["kast"] + 100 * ours["trades.deaths"] / ours["rounds"] + 0.06
                assert ours["kast"] <= most, (name, player_id)
