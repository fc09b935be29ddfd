"""Exports that hold more than what was played: people who were not there, a knife round before round 1."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from game import events as e
from game.advance import advance
from game.facts import AnyFact, MapStats
from game.sources.cs2df import Version
from game.state import MatchState, Player, initial_state
from game.statistics.book import StatBook
from game.statistics.figures import counted
from tests.game.test_cs2df_strangers import AS_PLAYED, BOTH, Change, Tables, ended, export, recording, told

KNIFED = ("a1", "b1")
"""Who was killed in the knife round."""


def who(tables: Tables, version: Version, role: str, player_id: str) -> dict[str, Any]:
    """How a row names a player; without a role the one that it is about."""
    if version == "2.0":
        return {f"{role}SteamId64" if role else "steamId64": player_id}
    ids = [row["steamId64"] for row in tables["players"]]
    return {f"{role or 'player'}Index": ids.index(player_id)}


def first_round(tables: Tables) -> tuple[int, int]:
    """Its start and the end of its freeze time, in ticks."""
    row = tables["rounds"][0]
    return row["startTick"], row["freezeEndTick"]


def knife(version: Version, *, has_kills: bool) -> Change:
    """A round with knives within the freeze time of round 1: each player is hit for 40, two are killed; exporters that
    drop the kills keep the hits."""

    def change(tables: Tables) -> None:
        start, end = first_round(tables)
        assert end - start > 20
        at = {"roundNumber": 1, "tick": start + 5, "weapon": "knife"}
        for row in list(tables["players"]):
            victim = row["steamId64"]
            attacker = "b2" if victim.startswith("a") else "a2"
            roles = who(tables, version, "attacker", attacker) | who(tables, version, "victim", victim)
            lost = 100 if victim in KNIFED else 40
            hit = {"healthDamage": lost, "victimHealthBefore": 100, "armorDamage": 0, "victimArmorAfter": 0}
            tables["damages"].append(at | roles | hit)
            if has_kills and victim in KNIFED:
                roles = who(tables, version, "killer", attacker) | who(tables, version, "victim", victim)
                tables["kills"].append(at | roles | {"tick": start + 6})

    return change


def states(events: Iterable[e.AnyEvent]) -> Iterator[tuple[MatchState, tuple[AnyFact, ...]]]:
    state = initial_state("m")
    for event in events:
        state, facts = advance(state, event)
        yield state, facts


def live(events: Iterable[e.AnyEvent]) -> dict[str, Player]:
    """The players as round 1 goes live."""
    reached = (state for state, _ in states(events) if state.round is not None and state.round.live_at)
    return dict(next(reached).players)


@BOTH
@pytest.mark.parametrize("has_kills", [False, True])
def test_all_go_into_round_one_whole_whatever_came_before_it(version: Version, has_kills: bool) -> None:
    found = live(told(version, knife(version, has_kills=has_kills)))
    assert {(player.is_alive, player.health) for player in found.values()} == {(True, 100)}
    assert found.keys() == live(told(version, lambda tables: None)).keys()


def figures(events: Iterable[e.AnyEvent], name: str) -> dict[str, int]:
    """One statistic of everybody over the map."""
    book, found = StatBook(), dict[str, int]()
    for state, facts in states(events):
        book, more = counted(book, facts, state=state)
        for fact in more:
            if isinstance(fact, MapStats):
                found |= {player_id: int(told[name]) for player_id, told in fact.players.items()}
    return found


def in_rows(version: Version, change: Change) -> dict[str, int]:
    """The damage that the rows tell, to enemies."""
    found = recording(export(version, change))
    team, done = {x.player_id: x.team for x in found.players}, Counter[str]()
    for row in found.damages:
        if row.attacker is not None:
            attacker, victim = found.who[row.attacker], found.who[row.victim]
            done[attacker] += row.health_damage * (team[attacker] != team[victim])
    return {player_id: done[player_id] for player_id in team}


@BOTH
@pytest.mark.parametrize("has_kills", [False, True])
def test_damage_is_what_the_rows_tell_whoever_was_hurt_before(version: Version, has_kills: bool) -> None:
    change = knife(version, has_kills=has_kills)
    assert figures(told(version, change), "damage") == in_rows(version, change)


def listed(version: Version, *, team: str) -> Change:
    """A substitute beside the five of a team, who is in no row but perhaps one without equipment."""

    def change(tables: Tables) -> None:
        tables["players"].append({"steamId64": "sub", "name": "Substitute", "teamKey": f"team{team}"})
        broke = tables["player-economies"][0] | who(tables, version, "", "sub") | {"equipmentValue": 0}
        tables["player-economies"].append(broke)

    return change


@BOTH
@pytest.mark.parametrize("team", ["A", "B"])
def test_a_substitute_on_the_sheet_who_does_not_play_leaves_the_rounds_whole(
    version: Version, team: str
) -> None:
    events = told(version, listed(version, team=team))
    assert ended(events) == AS_PLAYED
    assert not any(state.round.is_partial for state, _ in states(events) if state.round is not None)
    found = live(events)
    assert not found["sub"].is_connected
    assert sum(player.is_connected for player in found.values()) == 10


@BOTH
def test_a_substitute_is_there_from_the_round_on_that_he_is_equipped_in(version: Version) -> None:
    def change(tables: Tables) -> None:
        listed(version, team="A")(tables)
        key = next(iter(who(tables, version, "", "sub")))
        ids = who(tables, version, "", "a1"), who(tables, version, "", "sub")
        for row in tables["player-economies"]:
            if row["roundNumber"] >= 3 and row[key] == ids[0][key]:
                row[key] = ids[1][key]

    events = told(version, change)
    there = dict[int, tuple[bool, bool]]()
    for state, _ in states(events):
        if state.round is not None and state.round.live_at is not None:
            there[state.round.number] = state.players["a1"].is_connected, state.players["sub"].is_connected
    assert (there[2], there[3]) == ((True, False), (False, True))


@BOTH
def test_a_knife_round_that_later_scores_hold_does_not_count(version: Version) -> None:
    def change(tables: Tables) -> None:
        for row in tables["rounds"]:
            row["teamAScoreBefore"] += 1

    assert ended(told(version, change)) == AS_PLAYED
