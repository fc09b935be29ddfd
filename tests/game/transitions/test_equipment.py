"""Money and what it buys."""

from typing import Any

import pytest
from msgspec import Struct

from game import events as e
from game import payloads as p
from game.facts import RoundWentLive
from tests.game.by_hand import Script


@pytest.mark.parametrize(
    ("money", "cost", "left"), [(800, 2_700, 3_500), (15_900, 2_700, 16_000), (20_000, 2_700, 20_000)]
)
def test_a_refund_makes_nobody_richer_than_the_rules_allow(money: int, cost: int, left: int) -> None:
    """Nor poorer, where his source says that he has more."""
    script = Script().start().play("A")
    script.say(e.Economy, p.EconomyData(players=(p.Loadout(player_id="a0", money=money),)))
    script.say(e.ItemRefunded, p.ItemData(player_id="a0", item="ak47", cost=cost))
    assert script.state.players["a0"].money == left


RICH = p.EconomyData(
    players=tuple(
        p.Loadout(player_id=f"a{n}", money=16_000, equipment_value=5_500, armor=100, has_primary=True)
        for n in range(5)
    )
)


def live_equipment(script: Script, number: int) -> int:
    """Dollars that team A goes into its next round with."""
    script.begin(number)
    return [f.equipment_a for f in script.facts if isinstance(f, RoundWentLive)][-1]


@pytest.mark.parametrize(
    ("phase", "kind", "data"),
    [
        ("warmup", e.PhaseChanged, p.PhaseChangedData(phase="live")),
        ("warmup", e.PhaseChanged, p.PhaseChangedData(phase="freeze_time")),
        ("warmup", e.MapStarted, p.MapStartedData()),
        ("knife", e.PhaseChanged, p.PhaseChangedData(phase="live")),
        ("knife", e.SidesSet, p.SidesSetData(a_side="ct")),
        ("knife", e.SidesSet, p.SidesSetData(a_side="t")),
    ],
)
def test_nobody_takes_what_he_had_in_a_warmup_or_knife_round_into_the_first(
    phase: p.Phase, kind: Any, data: Struct
) -> None:
    script = Script().start()
    script.say(e.PhaseChanged, p.PhaseChangedData(phase=phase))
    script.say(e.Economy, RICH)
    script.say(kind, data)
    player = script.state.players["a0"]
    assert (player.money, player.armor, player.has_primary) == (800, 0, False)
    assert live_equipment(script, 1) == 0


def test_what_is_told_of_the_first_round_before_it_begins_counts() -> None:
    script = Script().start()
    script.say(e.PhaseChanged, p.PhaseChangedData(phase="warmup"))
    script.say(e.PhaseChanged, p.PhaseChangedData(phase="live"))
    script.say(e.Economy, RICH)
    assert live_equipment(script, 1) == 27_500


def test_a_warmup_between_rounds_takes_nothing_away() -> None:
    script = Script().start().play("A")
    script.say(e.Economy, RICH)
    script.say(e.PhaseChanged, p.PhaseChangedData(phase="warmup"))
    script.say(e.PhaseChanged, p.PhaseChangedData(phase="live"))
    assert live_equipment(script, 2) == 27_500


OF_B0 = p.EconomyData(players=(p.Loadout(player_id="b0", money=500, has_helmet=True),))


@pytest.mark.parametrize(("is_bot", "alive"), [(False, (5, 4)), (True, (5, 5))])
def test_who_left_a_live_round_is_not_brought_back_into_it_by_what_he_owns(
    alive: tuple[int, int], *, is_bot: bool
) -> None:
    script = Script().start().begin()
    script.say(e.PlayerDisconnected, p.PresenceData(player_id="b0", is_bot=is_bot))
    for _ in "12":
        script.say(e.Economy, OF_B0)
        assert script.alive() == alive
    script.end("A")
    assert script.begin().alive() == (5, 5)


def test_who_is_first_told_of_in_freeze_time_or_in_a_round_seen_from_its_middle_is_there() -> None:
    script = Script().start().play("A")
    script.say(e.PlayerDisconnected, p.PresenceData(player_id="b0"))
    script.turn("m1", 2).say(e.RoundStarted, p.RoundStartedData())
    script.say(e.Economy, OF_B0)
    script.say(e.FreezeEnded, p.FreezeEndedData())
    assert script.alive() == (5, 5)
    script.turn("m1", 3).kill("a0", "b1")
    script.say(e.PlayerDisconnected, p.PresenceData(player_id="b0"))
    script.say(e.Economy, OF_B0)
    assert script.state.players["b0"].is_alive
