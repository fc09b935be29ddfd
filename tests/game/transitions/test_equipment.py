"""Money and what it buys."""

import pytest

from game import events as e
from game import payloads as p
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
