"""Laws of the chain: decided scores, both teams alike, values that are averages of what may follow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from game import events as e
from game import payloads as p
from game.features import Features
from game.messages import Prediction
from game.payloads import Side
from game.rules import MR8, MR12, MR15, Rules, winner
from models.fold import fold_events
from models.map_model import CHANCE, DRAWN, FULL, KINDS, PAIRS, PISTOL, Ends, Shape, from_reached
from models.predictor import Predictor
from models.score import Score
from tests.game.scripted import Script
from tests.models.inputs import any_features, any_score, live_score

SIDES: tuple[Side, Side] = ("ct", "t")
EDGES = (0.0, 0.4, -0.4)
rules_ = st.sampled_from((MR12, MR15, MR8))


def shape_of(rules: Rules, side: Side) -> Shape:
    return Shape(
        max_rounds=rules.max_rounds, overtime_max_rounds=rules.overtime_max_rounds, first_a_side=side
    )


def open_scores(rules: Rules, *, most: int = 20) -> list[tuple[int, int]]:
    reached, front = {(0, 0)}, [(0, 0)]
    while front:
        a, b = front.pop()
        for then in ((a + 1, b), (a, b + 1)):
            if max(then) <= most and CHANCE.at(rules, then) is None and then not in reached:
                reached.add(then)
                front.append(then)
    return sorted(reached)


@pytest.mark.parametrize("rules", [MR12, MR15, MR8])
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("edge", EDGES)
def test_values_are_averages_of_what_may_follow(
    champion: Predictor, rules: Rules, side: Side, edge: float
) -> None:
    values = champion.maps.table(shape_of(rules, side), edge)
    for score in open_scores(rules):
        is_late = min(score) >= rules.max_rounds // 2
        for kind in (FULL,) if is_late else KINDS:
            p = values.a_wins_round(kind, values.a_side(score))
            won, lost = values.after(score, kind, a_won=True), values.after(score, kind, a_won=False)
            assert values.at(score, ((kind, 1.0),)) == pytest.approx(p * won + (1 - p) * lost, abs=1e-12)
            assert won >= lost


@given(rules=rules_, side=st.sampled_from(SIDES), edge=st.sampled_from(EDGES), data=st.data())
def test_both_teams_are_alike(
    champion: Predictor, rules: Rules, side: Side, edge: float, data: st.DataObject
) -> None:
    a, b = data.draw(st.sampled_from(open_scores(rules)))
    kinds = ((data.draw(st.sampled_from(KINDS)), 1.0),)
    other: Side = "t" if side == "ct" else "ct"
    for_a = champion.maps.table(shape_of(rules, side), edge).at((a, b), kinds)
    for_b = champion.maps.table(shape_of(rules, other), -edge).at((b, a), kinds)
    assert for_a + for_b == pytest.approx(1.0, abs=1e-12)


@given(rules=rules_, a=st.integers(0, 40), b=st.integers(0, 40))
def test_what_the_rules_end_is_zero_one_or_a_half(champion: Predictor, rules: Rules, a: int, b: int) -> None:
    settled = CHANCE.at(rules, (a, b))
    value = champion.maps.table(shape_of(rules, "ct"), 0.0).at((a, b), ((FULL, 1.0),))
    if settled is None:
        assert 0 < value < 1
    else:
        assert value == settled
        assert settled == {"A": 1.0, "B": 0.0, None: 0.5}[winner(rules, a, b)]


@given(
    rules=st.sampled_from((MR12, MR8)), edge=st.sampled_from(EDGES), worth=st.tuples(*[st.floats(0, 1)] * 3)
)
def test_what_ends_are_worth_is_expected_by_the_chances_of_these(
    champion: Predictor, rules: Rules, edge: float, worth: tuple[float, float, float]
) -> None:
    maps, shape, ends = champion.maps, shape_of(rules, "ct"), Ends(*worth)
    at, kinds = (rules.max_rounds // 2 - 1, rules.max_rounds // 2), ((FULL, 1.0),)
    chance, drawn = (
        table.at(at, kinds) for table in (maps.table(shape, edge), maps.worth(shape, edge=edge, ends=DRAWN))
    )
    expected = (chance - drawn / 2) * ends.won + drawn * ends.drawn + (1 - chance - drawn / 2) * ends.lost
    assert maps.worth(shape, edge=edge, ends=ends).at(at, kinds) == pytest.approx(expected)
    assert (drawn > 0) == shape.can_be_drawn == (maps.drawn_start(shape, edge) > 0)


@given(most=st.integers(1, 60), overtime=st.integers(0, 30), a=st.integers(0, 70), b=st.integers(0, 70))
def test_any_rules_and_score_give_a_chance(
    champion: Predictor, most: int, overtime: int, a: int, b: int
) -> None:
    shape = Shape(max_rounds=most, overtime_max_rounds=overtime, first_a_side="t")
    assert 0 <= champion.maps.table(shape, 0.0).at((a, b), ((PISTOL, 1.0),)) <= 1


def test_an_edge_shows_in_every_open_value(champion: Predictor) -> None:
    low, even, high = (champion.maps.table(shape_of(MR12, "ct"), edge) for edge in (-0.4, 0.0, 0.4))
    for score in open_scores(MR12):
        worse, level, better = (table.at(score, ((FULL, 1.0),)) for table in (low, even, high))
        assert worse < level < better, score


@given(kind=st.sampled_from(KINDS), ct_won=st.booleans(), reached=st.sampled_from(range(len(PAIRS))))
def test_kinds_are_chances_and_only_rise(champion: Predictor, kind: int, ct_won: bool, reached: int) -> None:
    kinds = champion.maps.next_kinds(kind, ct_won)
    assert sum(weight for _, weight in kinds) == pytest.approx(1.0)
    risen = from_reached(kinds, reached)
    assert sum(weight for _, weight in risen) == pytest.approx(1.0)
    assert all(PAIRS[k][0] >= PAIRS[reached][0] and PAIRS[k][1] >= PAIRS[reached][1] for k, _ in risen)
    assert from_reached(kinds, None) == kinds


@pytest.mark.slow
@given(chance=st.floats(0.02, 0.98), rules=rules_, side=st.sampled_from(SIDES))
def test_an_edge_gives_the_chance_that_it_stands_for(
    champion: Predictor, chance: float, rules: Rules, side: Side
) -> None:
    shape, chance = shape_of(rules, side), round(chance, 2)
    assert champion.maps.start(shape, champion.maps.edge_of(shape, chance)) == pytest.approx(chance, abs=0.01)


@pytest.mark.slow
@given(score=any_score(), features=any_features(), chance=st.integers(2, 98))
def test_what_was_thought_before_moves_map_and_series_its_way_and_leaves_the_live_round(
    champion: Predictor, score: Score, features: Features, chance: int
) -> None:
    plain, told = (
        champion.forecast(features, replace(score, map_chance_a=thought)) for thought in (None, chance / 100)
    )
    assert told.round == plain.round
    if chance == 50:
        assert told.map == plain.map
    else:
        for horizon in ("map", "series"):
            before, after = getattr(plain, horizon).p_a, getattr(told, horizon).p_a
            assert after >= before if chance > 50 else after <= before


def test_before_the_first_round_the_chance_is_the_announced_one(champion: Predictor) -> None:
    """Over both starting sides: on one, the side's advantage comes on top."""
    starts = (
        live_score(
            stage="before",
            score_a=0,
            score_b=0,
            kind=PISTOL,
            a_side=side,
            first_a_side=side,
            maps_left=0,
            map_chance_a=0.7,
        )
        for side in SIDES
    )
    assert sum(champion.forecast(None, start).map.p_a for start in starts) / 2 == pytest.approx(0.7, abs=0.01)


@pytest.mark.parametrize(
    "settings",
    [
        p.MapStartedData(max_rounds=1, overtime_max_rounds=0),
        p.MapStartedData(max_rounds=1, overtime_max_rounds=1),
        p.MapStartedData(max_rounds=1, is_draw_allowed=True),
    ],
)
def test_by_rules_that_no_edge_moves_what_was_thought_before_does_not_count(
    champion: Predictor, settings: p.MapStartedData
) -> None:
    script = Script(1)
    script.tell(e.SeriesAnnounced, p.SeriesAnnouncedData(map_chance_a=0.6))
    script.tell(e.MapStarted, settings)
    script.tell(e.RoundStarted, p.RoundStartedData())
    told = [m for m in fold_events(script.events, champion) if isinstance(m, Prediction)]
    plain = [m for m in fold_events(script.events[1:], champion) if isinstance(m, Prediction)]
    assert [m.map for m in told] == [m.map for m in plain]
    assert {m.receipt.score["map_chance_a"] for m in told} == {0.6}


def test_a_chance_that_is_announced_amid_a_map_is_told_at_once(champion: Predictor) -> None:
    script = Script(1)
    script.begin()
    script.tell(e.RoundStarted, p.RoundStartedData())
    script.tell(e.SeriesAnnounced, p.SeriesAnnouncedData(map_chance_a=0.7))
    *_, before, after = (m for m in fold_events(script.events, champion) if isinstance(m, Prediction))
    assert after.event_id == script.events[-1].event_id
    assert after.map.p_a > before.map.p_a
