"""What map and series models are told of a state, by states worked out by hand."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from game import events as e
from game import payloads as p
from models.map_model import FULL, PAIRS, PISTOL
from models.predictor import Predictor
from models.score import bought, score_of
from tests.game.by_hand import Script

A_ON_CT, A_ON_T = PAIRS.index((2, 0)), PAIRS.index((0, 2))
"""Kinds of a round to which team A brings much and team B little, by A's side."""
UNKNOWN = {"previous_kind": None, "previous_ct_won": None}


class Bought(Script):
    """A match in which team A always carries much and team B little."""

    def freeze(self, **told: Any) -> "Bought":
        """The freeze time of the next round, with all bought."""
        assert self.state.map is not None
        self.round_no = len(self.state.map.rounds) + 1 if not told else sum(told.values()) + 1
        self.say(e.RoundStarted, p.RoundStartedData(**told))
        worth = {f"{team}{n}": value for team, value in (("a", 4_000), ("b", 500)) for n in range(5)}
        loadouts = (p.Loadout(player_id=key, equipment_value=value) for key, value in worth.items())
        self.say(e.Economy, p.EconomyData(players=tuple(loadouts)))
        return self

    def live(self, **told: Any) -> "Bought":
        self.freeze(**told).say(e.FreezeEnded, p.FreezeEndedData())
        return self

    def won(self, winners: str) -> "Bought":
        for winner in winners:
            self.live().end("A" if winner == "A" else "B")
        return self

    def exploded(self) -> "Bought":
        for kind in (e.BombPlanted, e.BombExploded):
            self.say(kind, p.BombData(player_id="b0", site="a"))
        return self

    def restored(self, to_round: int) -> "Bought":
        self.say(e.BackupRestored, p.BackupRestoredData(to_round=to_round))
        return self


STATES: dict[str, tuple[Callable[[Bought], Script], dict[str, Any]]] = {
    "pistol": (
        Bought.live,
        {"stage": "live", "kind": PISTOL, "reached_kind": None, "maps_left": 2, **UNKNOWN},
    ),
    "pistol, freeze time": (Bought.freeze, {"stage": "before", "kind": PISTOL, "reached_kind": None}),
    "freeze time": (
        lambda s: s.won("A").freeze(),
        {"kind": None, "reached_kind": A_ON_CT, "previous_kind": PISTOL, "previous_ct_won": True},
    ),
    "live": (lambda s: s.won("B").live(), {"kind": A_ON_CT, "reached_kind": None, "previous_ct_won": False}),
    "decided": (
        lambda s: s.won("AB"),
        {"stage": "decided", "round_winner": "B", "kind": None, "previous_kind": A_ON_CT},
    ),
    "exploded": (lambda s: s.won("A").live().exploded(), {"stage": "live", "round_winner": "B"}),
    "nothing told of equipment": (
        lambda s: s.play("AB").begin(),
        {"kind": None, "reached_kind": None, "previous_kind": None, "previous_ct_won": False},
    ),
    "before half-time": (lambda s: s.won("AB" * 6), {"stage": "decided", **UNKNOWN}),
    "half-time": (lambda s: s.won("AB" * 6).live(), {"a_side": "t", "kind": PISTOL, **UNKNOWN}),
    "second half, freeze time": (
        lambda s: s.won("AB" * 6 + "A").freeze(),
        {"kind": None, "reached_kind": A_ON_T, "previous_kind": PISTOL, "previous_ct_won": False},
    ),
    "second half": (
        lambda s: s.won("AB" * 6 + "AB").live(),
        {"kind": A_ON_T, "previous_kind": A_ON_T, "previous_ct_won": True},
    ),
    "overtime, freeze time": (
        lambda s: s.won("AB" * 12).freeze(),
        {"kind": FULL, "reached_kind": None, **UNKNOWN},
    ),
    "overtime": (lambda s: s.won("AB" * 12 + "A").live(), {"kind": FULL, **UNKNOWN}),
    "restored": (
        lambda s: s.won("ABAA").restored(3).live(),
        {"score_a": 1, "score_b": 1, "kind": A_ON_CT, "previous_kind": A_ON_CT, "previous_ct_won": False},
    ),
    "restored to the first": (lambda s: s.won("AB").restored(1).live(), {"kind": PISTOL, **UNKNOWN}),
    "after a hole": (lambda s: s.won("AA").live(score_a=2, score_b=2), {"kind": A_ON_CT, **UNKNOWN}),
    "won map": (
        lambda s: s.won("A" * 13),
        {"map_outcome": "A", "maps_a": 0, "maps_b": 0, "maps_left": 2, "series_outcome": None},
    ),
}


@pytest.mark.parametrize("name", STATES)
def test_a_score_by_hand(champion: Predictor, name: str) -> None:
    script = Bought()
    script.start(best_of=3)
    write, expected = STATES[name]
    score = score_of(write(script).state, champion.maps)
    assert score is not None
    assert {field: getattr(score, field) for field in expected} == expected


def test_what_is_reached_is_the_kind_once_nobody_buys(champion: Predictor) -> None:
    script = Bought()
    script.start()
    frozen = score_of(script.won("A").freeze().state, champion.maps)
    script.say(e.FreezeEnded, p.FreezeEndedData())
    live = score_of(script.state, champion.maps)
    assert frozen is not None
    assert live is not None
    assert replace(bought(frozen), stage="live") == live == bought(live) != frozen


def test_without_a_map_there_is_no_score(champion: Predictor) -> None:
    assert score_of(Script().state, champion.maps) is None
