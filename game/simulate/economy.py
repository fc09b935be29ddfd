"""Money between rounds, and what players buy with it.

Belongs here: rewards, the loss ladder, buying. Does not belong here: prices (`game.simulate.armory`), the amounts of
rewards (`game.rules`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Literal

from game import payloads as p
from game.payloads import EndReason, Grenade, Side, Team
from game.rules import Rules
from game.simulate.armory import (
    CHEAP_RIFLE,
    FIRE,
    GRENADE_ITEMS,
    GRENADE_LIMIT,
    GRENADE_PRICES,
    GUNS,
    HELMET_PRICE,
    KEVLAR_PRICE,
    KIT_PRICE,
    PISTOL,
    RIFLES,
    STRONG_PISTOLS,
    SUBMACHINE_GUN,
)
from game.simulate.fighter import Fighter

Plan = Literal["pistol", "utility", "eco", "force", "full"]
"""What a player does with the money; `pistol` (armour) and `utility` (anything else) apply to pistol rounds."""
FULL_BUY: dict[Side, int] = {"ct": 3_900, "t": 3_500}
"""Dollars per player from which a team buys everything: the mean of money and carried guns."""
FORCE_CHANCE = 0.7
"""Probability of a force buy when a full buy is out of reach, but money and carried guns average at least 2,000 dollars
per player."""
WITHOUT_ARMOR: Mapping[Side, tuple[int, ...]] = MappingProxyType({"ct": (13, 63, 11, 1), "t": (2, 41, 43, 2)})
"""In how many of a side's 88 recorded pistol rounds 0, 1, 2, 3 players had no armour."""
UTILITY: Mapping[Side, Mapping[tuple[str, ...], int]] = MappingProxyType(
    {
        "ct": {
            ("defuser", "smoke"): 37,
            ("p250", "smoke", "flash"): 28,
            ("fiveseven", "smoke"): 16,
            ("smoke", "flash", "flash"): 9,
            ("deagle",): 10,
        },
        "t": {
            ("smoke", "flash", "flash"): 50,
            ("smoke", "molotov"): 25,
            ("p250", "molotov"): 10,
            ("p250", "smoke", "flash"): 5,
            ("tec9", "smoke"): 5,
            ("deagle",): 5,
        },
    }
)
"""What a player without armour buys in a pistol round, with weights: baskets for 800 dollars that give the recorded
means of kits, grenades and money left. Players drop nothing for teammates, so grenades stay with the buyer."""
STARTING_LOSSES = 1
"""The loss counter at the start of a half: a lost pistol round pays 1,900."""


@dataclass(slots=True)
class Losses:
    """Loss counters: one step up on a loss, one down on a win."""

    a: int = STARTING_LOSSES
    b: int = STARTING_LOSSES

    def settle(self, loser: Team, rules: Rules) -> int:
        """Count a round, and return the reward of each losing player."""
        top = len(rules.loss_rewards) - 1
        reward = rules.loss_rewards[min(top, self.a if loser == "A" else self.b)]
        step_a, step_b = (1, -1) if loser == "A" else (-1, 1)
        self.a = max(0, min(top, self.a + step_a))
        self.b = max(0, min(top, self.b + step_b))
        return reward


@dataclass(slots=True, kw_only=True)
class Purchase:
    """One item bought, as the feed reports it."""

    player_id: str
    item: str
    cost: int

    def data(self) -> p.ItemData:
        return p.ItemData(player_id=self.player_id, item=self.item, cost=self.cost)


def earn(fighter: Fighter, amount: int, rules: Rules) -> None:
    """Add money, up to the maximum of the rules."""
    fighter.money = min(rules.max_money, fighter.money + amount)


def pay_round(
    fighters: list[Fighter],
    *,
    winner: Side,
    reason: EndReason,
    was_planted: bool,
    loss_reward: int,
    rules: Rules,
) -> None:
    """Pay the round's rewards. A T who is alive when time runs out gets no loss reward."""
    is_bomb = reason in {"bomb_defused", "target_bombed"}
    for fighter in fighters:
        if fighter.side == winner:
            earn(fighter, rules.bomb_win_reward if is_bomb else rules.win_reward, rules)
            continue
        if not (reason == "time_ran_out" and fighter.is_alive):
            earn(fighter, loss_reward, rules)
        if fighter.side == "t" and was_planted:
            earn(fighter, rules.plant_team_reward, rules)


def plans_of(team: list[Fighter], *, is_pistol: bool, is_last_of_half: bool, rng: Random) -> list[Plan]:
    """The plan of each player of a team."""
    if not is_pistol:
        return [_plan_of(team, is_last_of_half=is_last_of_half, rng=rng)] * len(team)
    counts = WITHOUT_ARMOR[team[0].side]
    [without] = rng.choices(range(len(counts)), counts)
    plans: list[Plan] = ["utility" if place < without else "pistol" for place in range(len(team))]
    rng.shuffle(plans)
    return plans


def _plan_of(team: list[Fighter], *, is_last_of_half: bool, rng: Random) -> Plan:
    """One plan for the whole team, by the mean of money and carried guns."""
    side = team[0].side
    worth = sum(f.money + (GUNS[f.primary].price if f.primary else 0) for f in team) / len(team)
    if worth >= FULL_BUY[side] or is_last_of_half:
        return "full"
    return "force" if worth >= 2_000 and rng.random() < FORCE_CHANCE else "eco"


def buy(fighter: Fighter, plan: Plan, rng: Random) -> list[Purchase]:
    """Spend by plan; money never goes below 0. Returns the purchases in order."""
    basket = Basket(fighter)
    if plan == "pistol":
        basket.armor()
    elif plan == "utility":
        _buy_utility(basket, rng)
    elif plan == "eco":
        _buy_eco(basket, rng)
    else:
        _buy_guns(basket, rng, is_force=plan == "force")
    return basket.bought


class Basket:
    """The purchases of one player."""

    def __init__(self, fighter: Fighter) -> None:
        self.fighter = fighter
        self.bought: list[Purchase] = []

    def pay(self, item: str, cost: int, *, keep: int = 0) -> bool:
        """Buy the item if at least `keep` dollars are left after it; returns whether it was bought."""
        if self.fighter.money - cost < keep:
            return False
        self.fighter.money -= cost
        self.bought.append(Purchase(player_id=self.fighter.player_id, item=item, cost=cost))
        return True

    def gun(self, name: str, *, keep: int = 0) -> bool:
        if not self.pay(name, GUNS[name].price, keep=keep):
            return False
        if GUNS[name].is_primary:
            self.fighter.primary = name
        else:
            self.fighter.secondary = name
        return True

    def armor(self, *, keep: int = 0) -> None:
        """Kevlar if it is worn down, then a helmet."""
        if self.fighter.armor < 70 and self.pay("kevlar", KEVLAR_PRICE, keep=keep):
            self.fighter.armor = 100
        if (
            self.fighter.armor
            and not self.fighter.has_helmet
            and self.pay("assaultsuit", HELMET_PRICE, keep=keep)
        ):
            self.fighter.has_helmet = True

    def kit(self, *, keep: int = 0) -> None:
        if (
            self.fighter.side == "ct"
            and not self.fighter.has_kit
            and self.pay("defuser", KIT_PRICE, keep=keep)
        ):
            self.fighter.has_kit = True

    def grenade(self, grenade: Grenade, *, keep: int = 0) -> None:
        """One more grenade, up to four in all, two flashes, and one of each other kind."""
        held = self.fighter.grenades
        most = 2 if grenade == "flash" else 1
        is_room = len(held) < GRENADE_LIMIT and held.count(grenade) < most
        if is_room and self.pay(GRENADE_ITEMS[grenade], GRENADE_PRICES[grenade], keep=keep):
            held.append(grenade)


def _buy_utility(basket: Basket, rng: Random) -> None:
    baskets = UTILITY[basket.fighter.side]
    [wanted] = rng.choices(list(baskets), list(baskets.values()))
    for item in wanted:
        match item:
            case "defuser":
                basket.kit()
            case "smoke" | "flash" | "molotov":
                basket.grenade(item)
            case _:
                basket.gun(item)


def _buy_eco(basket: Basket, rng: Random) -> None:
    if rng.random() < 0.4 and basket.fighter.secondary == PISTOL[basket.fighter.side]:
        basket.gun(STRONG_PISTOLS[basket.fighter.side][1], keep=1_000)
    if rng.random() < 0.3:
        basket.grenade("flash", keep=1_000)


def _buy_guns(basket: Basket, rng: Random, *, is_force: bool) -> None:
    fighter = basket.fighter
    if fighter.primary is None:
        _buy_primary(basket, rng, is_force=is_force)
    basket.armor()
    if fighter.primary is None and fighter.secondary == PISTOL[fighter.side]:
        basket.gun(rng.choice(STRONG_PISTOLS[fighter.side]))
    if rng.random() < 0.75:
        basket.kit(keep=200)
    wanted: list[Grenade] = ["smoke", "flash", "he", FIRE[fighter.side], "flash"]
    for grenade in wanted:
        if rng.random() < 0.85:
            basket.grenade(grenade)


def _buy_primary(basket: Basket, rng: Random, *, is_force: bool) -> None:
    side = basket.fighter.side
    if not is_force and rng.random() < 0.16 and basket.gun("awp", keep=1_000):
        return
    if basket.gun(rng.choice(RIFLES[side]), keep=650 if not is_force else 300):
        return
    cheap, small = CHEAP_RIFLE[side], SUBMACHINE_GUN[side]
    for name in (small, cheap) if rng.random() < 0.35 else (cheap, small):
        if basket.gun(name, keep=650):
            return
