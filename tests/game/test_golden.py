"""One small match worked out by hand: the working stands in docs/golden.md, step by step; here are its figures."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from game import events as e
from game import payloads as p
from game.advance import advance
from game.facts import AnyFact, MapDecided, MapStats, Quality, RoundDecided, RoundStats
from game.payloads import Side, Team
from game.state import initial_state
from game.statistics.book import StatBook
from game.statistics.figures import counted
from game.stats import BUY_CLASSES

TEAMS: dict[str, Team] = {"a1": "A", "a2": "A", "b1": "B", "b2": "B"}
FREEZE_S, ROUND_S = 15, 120
Step = tuple[float, type[e.Event], Any]


def hurt(second: float, attacker: str, victim: str, points: int, *, weapon: str = "ak47") -> Step:
    data = p.DamageData(
        attacker_player_id=attacker, victim_player_id=victim, health_damage=points, weapon=weapon
    )
    return second, e.Damage, data


def kill(second: float, killer: str, victim: str, **more: Any) -> Step:
    return second, e.Kill, p.KillData(killer_player_id=killer, victim_player_id=victim, **more)


def ended(second: float, side: Side, reason: p.EndReason) -> Step:
    return second, e.RoundEnded, p.RoundEndedData(winner_side=side, reason=reason)


PISTOL = dict.fromkeys(TEAMS, (850, 0))
ROUNDS: list[tuple[dict[str, tuple[int, int]], list[Step]]] = [
    (
        PISTOL,
        [
            hurt(10, "b1", "a1", 40, weapon="glock"),
            hurt(12, "a1", "b1", 100, weapon="usp_silencer"),
            kill(12, "a1", "b1", weapon="usp_silencer", is_headshot=True),
            hurt(13, "a1", "b2", 55),
            hurt(14, "b2", "a1", 100),
            kill(14, "b2", "a1"),
            hurt(20, "a2", "b2", 45),
            kill(20, "a2", "b2", assister_player_id="a1"),
            ended(20, "ct", "ct_win"),
        ],
    ),
    (
        {"a1": (5000, 900), "a2": (4600, 800), "b1": (800, 1500), "b2": (900, 1500)},
        [
            hurt(5, "a1", "a2", 100),
            kill(5, "a1", "a2"),
            (40, e.BombPlanted, p.BombData(player_id="b1", site="a")),
            hurt(60, "b2", "a1", 100, weapon="hegrenade"),
            kill(
                60,
                "b2",
                "a1",
                weapon="hegrenade",
                assister_player_id="b1",
                flash_assister_player_id="b1",
            ),
            ended(60, "t", "t_win"),
            hurt(62, "b1", "b2", 100),
            kill(62, "b1", "b2"),
        ],
    ),
    (
        PISTOL,
        [
            hurt(8, "a1", "b1", 100),
            kill(8, "a1", "b1"),
            hurt(9.5, "b2", "a1", 100),
            kill(9.5, "b2", "a1"),
            ended(115, "ct", "time_ran_out"),
        ],
    ),
    (
        {"a1": (2000, 100), "a2": (1500, 300), "b1": (2000, 50), "b2": (3000, 50)},
        [
            hurt(14, "a1", "b2", 30),
            hurt(15, "a2", "b2", 70),
            kill(15, "a2", "b2", assister_player_id="a1"),
            hurt(17, "a2", "b1", 100),
            kill(17, "a2", "b1"),
            ended(17, "t", "t_win"),
            kill(19, "a1", "a1", weapon="hegrenade"),
        ],
    ),
]


def events() -> Iterator[e.AnyEvent]:
    number = 0

    def told(round_no: int, second: float, kind: type[e.Event], payload: Any) -> e.AnyEvent:
        nonlocal number
        number += 1
        event: e.AnyEvent = kind(  # type: ignore[call-arg, assignment]
            event_id=f"g{number}",
            match_id="golden",
            map_id="golden-1",
            round_no=round_no,
            ts_event=datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=ROUND_S * 2 * round_no + second),
            source="hand",
            seq_no=number,
            payload=payload,
        )
        return event

    settings = p.MapStartedData(map_name="de_nuke", a_side="ct", max_rounds=4, is_draw_allowed=True)
    yield told(0, 0, e.MapStarted, settings)
    for player_id, team in TEAMS.items():
        yield told(0, 0, e.PlayerJoinedTeam, p.PresenceData(player_id=player_id, team=team))
    for round_no, (owned, steps) in enumerate(ROUNDS, start=1):
        yield told(round_no, 0, e.RoundStarted, p.RoundStartedData())
        loadouts = [p.Loadout(player_id=k, equipment_value=v, money=m) for k, (v, m) in owned.items()]
        yield told(round_no, FREEZE_S, e.Economy, p.EconomyData(players=tuple(loadouts)))
        yield told(round_no, FREEZE_S, e.FreezeEnded, p.FreezeEndedData())
        for second, kind, payload in steps:
            yield told(round_no, FREEZE_S + second, kind, payload)


@pytest.fixture(scope="module")
def facts() -> list[AnyFact]:
    state, book, found = initial_state("golden"), StatBook(), list[AnyFact]()
    for event in events():
        state, known = advance(state, event)
        book, told = counted(book, known, state=state)
        found += (*known, *told)
    return found


@pytest.fixture(scope="module")
def totals(facts: list[AnyFact]) -> MapStats:
    return [fact for fact in facts if isinstance(fact, MapStats)][-1]


@pytest.fixture(scope="module")
def rounds(facts: list[AnyFact]) -> dict[int, RoundStats]:
    return {fact.round_no: fact for fact in facts if isinstance(fact, RoundStats)}


def test_the_match_breaks_no_rule_and_ends_level(facts: list[AnyFact]) -> None:
    assert [fact for fact in facts if isinstance(fact, Quality)] == []
    assert [fact.winner_team for fact in facts if isinstance(fact, RoundDecided)] == ["A", "B", "B", "A"]
    assert [fact.winner_team for fact in facts if isinstance(fact, MapDecided)] == [None]


COUNTS = {
    "a1": (3, 2, 1, 4, 2, 0, 285, 0, 2, 1, 0, 0),
    "a2": (3, 3, 0, 1, 0, 0, 215, 0, 1, 0, 0, 0),
    "b1": (1, 0, 0, 3, 1, 1, 40, 0, 0, 2, 0, 2),
    "b2": (3, 3, 0, 3, 0, 0, 260, 100, 1, 1, 2, 0),
}
COUNTED = (
    "kills.all",
    "kills.enemy",
    "headshots",
    "deaths",
    "assists",
    "assists.flash",
    "damage",
    "damage.utility",
    "openings.won",
    "openings.lost",
    "trades.kills",
    "trades.deaths",
)


@pytest.mark.parametrize("player_id", TEAMS)
def test_counts(totals: MapStats, player_id: str) -> None:
    told = totals.players[player_id]
    assert tuple(told[stat_id] for stat_id in COUNTED) == COUNTS[player_id]


@pytest.mark.parametrize(
    ("player_id", "adr", "kast", "kast_won", "rating_1", "impact", "rating_2"),
    [
        ("a1", 71.25, 75.0, 75.0, 0.417748, 0.865, 0.786028),
        ("a2", 53.75, 75.0, 50.0, 1.385027, 1.1875, 1.295975),
        ("b1", 10.0, 75.0, 75.0, 0.204463, -0.305, 0.266179),
        ("b2", 65.0, 75.0, 75.0, 0.831085, 1.1875, 1.065525),
    ],
)
def test_rates(
    totals: MapStats,
    player_id: str,
    adr: float,
    kast: float,
    kast_won: float,
    rating_1: float,
    impact: float,
    rating_2: float,
) -> None:
    told = totals.players[player_id]
    assert (told["adr"], told["kast"], told["kast.won"], told["rounds"]) == (adr, kast, kast_won, 4)
    for stat_id, by_hand in (("rating.1", rating_1), ("impact.est", impact), ("rating.2.est", rating_2)):
        assert told[stat_id] == pytest.approx(by_hand, abs=5.1e-5), stat_id


@pytest.mark.parametrize(
    ("player_id", "clutches"),
    [
        ("a1", {"clutches": 1, "clutches.won": 0, "clutches.1v2": 1}),
        ("a2", {"clutches": 2, "clutches.won": 1, "clutches.1v1": 2, "clutches.1v1.won": 1}),
        ("b1", {"clutches": 1, "clutches.won": 0, "clutches.1v2": 1}),
        ("b2", {"clutches": 2, "clutches.won": 1, "clutches.1v2": 2, "clutches.1v2.won": 1}),
    ],
)
def test_clutches(totals: MapStats, player_id: str, clutches: dict[str, float]) -> None:
    told = totals.players[player_id]
    assert {k: v for k, v in told.items() if k.startswith("clutches")} == clutches


@pytest.mark.parametrize(
    ("player_id", "multi"),
    [("a1", {"multi.1": 2}), ("a2", {"multi.1": 1, "multi.2": 1}), ("b1", {}), ("b2", {"multi.1": 3})],
)
def test_multi_kills(totals: MapStats, player_id: str, multi: dict[str, float]) -> None:
    assert {k: v for k, v in totals.players[player_id].items() if k.startswith("multi")} == multi


def test_halves_and_sides(totals: MapStats) -> None:
    assert set(totals.scopes) == {"half:1", "half:2", "side:ct", "side:t"}
    assert totals.scopes["half:1"]["a1"]["adr"] == 77.5
    assert totals.scopes["half:2"]["a1"]["adr"] == 65.0
    assert totals.scopes["side:ct"]["a1"] == totals.scopes["half:1"]["a1"]
    assert totals.scopes["side:ct"]["b2"] == totals.scopes["half:2"]["b2"]
    for player_id in TEAMS:
        parts = (totals.scopes["side:ct"][player_id], totals.scopes["side:t"][player_id])
        assert sum(part["damage"] for part in parts) == totals.players[player_id]["damage"]


def test_what_they_went_in_with(rounds: dict[int, RoundStats]) -> None:
    teams = {number: (fact.economy["A"], fact.economy["B"]) for number, fact in rounds.items()}
    assert teams == {
        1: ("pistol", "pistol"),
        2: ("full", "eco"),
        3: ("pistol", "pistol"),
        4: ("force", "semi"),
    }
    fourth = {k: BUY_CLASSES[int(line["economy"])] for k, line in rounds[4].lines.items()}
    assert fourth == {"a1": "force", "a2": "force", "b1": "semi", "b2": "semi"}


def test_who_has_kast_in_which_round(rounds: dict[int, RoundStats]) -> None:
    kast = {k: [int(rounds[n].lines[k]["kast"]) for n in (1, 2, 3, 4)] for k in TEAMS}
    assert kast == {"a1": [1, 0, 1, 1], "a2": [1, 0, 1, 1], "b1": [1, 1, 1, 0], "b2": [1, 1, 1, 0]}


def test_what_comes_after_a_round_is_told_again(facts: list[AnyFact]) -> None:
    second = [fact for fact in facts if isinstance(fact, RoundStats) and fact.round_no == 2]
    assert [fact.lines["b1"]["kills.all"] for fact in second] == [0, 1]
    assert second[-1].lines["b2"]["deaths"] == 1
    assert second[-1].lines["b2"]["survived"] == 1
