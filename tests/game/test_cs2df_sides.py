"""Sides, winners and scores of an export: the bomb's word and the rules go over labels that are wrong or missing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from game.payloads import MapStartedData, Side, Team
from game.rules import a_side_in, is_decided, rules_on
from game.sources.cs2df_rows import Bomb2, RoundRow
from game.sources.cs2df_sides import SETTINGS, PlayedMap, played_map
from game.state import other_side
from tests.game.cs2df_writer import SWAPPED_ROUNDS
from tests.game.scripted import seeds, winners_of

DAY = datetime(2026, 3, 1, tzinfo=UTC)
TEAMS: Mapping[str | int, Team | None] = {"a1": "A", "b1": "B"}
LEVEL: list[Team] = ["A", "B"]


def rows_of(
    winners: Sequence[Team], settings: MapStartedData = SETTINGS[0], *, swapped: Iterable[int] = ()
) -> list[RoundRow]:
    """The rounds of a map that team A began as CT; the labels of `swapped` are wrong, and so are scores after them."""
    rules, score = rules_on(DAY, settings), {"A": 0, "B": 0}
    rows: list[RoundRow] = []
    for number, winner in enumerate(winners, start=1):
        side = a_side_in(rules, number, "ct")
        label = other_side(side) if number in swapped else side
        won_by: Side = side if winner == "A" else other_side(side)
        rows.append(
            RoundRow(
                round_number=number,
                start_tick=number * 10_000,
                freeze_end_tick=number * 10_000 + 1000,
                end_tick=number * 10_000 + 5000,
                team_a_side=label,
                team_a_score_before=score["A"],
                team_b_score_before=score["B"],
                winner_side=won_by,
                end_reason="ct_win" if won_by == "ct" else "t_win",
            )
        )
        score["A" if won_by == label else "B"] += 1
    return rows


def bombs_of(
    rows: Sequence[RoundRow], settings: MapStartedData = SETTINGS[0], *, but: Iterable[int] = ()
) -> list[Bomb2]:
    """One pick-up a round, by the team that was T then."""
    rules = rules_on(DAY, settings)
    carriers = {r.round_number: "a1" if a_side_in(rules, r.round_number, "ct") == "t" else "b1" for r in rows}
    silent = set(but)
    return [
        Bomb2(round_number=n, tick=n * 10_000 + 1000, type="picked_up", actor=carrier)
        for n, carrier in carriers.items()
        if n not in silent
    ]


def played(rows: Sequence[RoundRow], bombs: Iterable[Bomb2], *, is_label_right: bool = False) -> PlayedMap:
    return played_map(rows, bombs, teams=TEAMS, day=DAY, is_label_right=is_label_right)


def winners_in(found: PlayedMap) -> list[Team]:
    return [r.winner_team for r in found.rounds]


def score_of(found: PlayedMap) -> tuple[int, int]:
    last = found.rounds[-1]
    return last.score_a + (last.winner_team == "A"), last.score_b + (last.winner_team == "B")


@st.composite
def settings_and_winners(draw: st.DrawFn) -> tuple[MapStartedData, list[Team]]:
    settings = draw(st.sampled_from(SETTINGS))
    rules = rules_on(DAY, settings)
    winners: list[Team] = [*LEVEL * (rules.max_rounds // 2)] if draw(st.booleans()) else []
    while not is_decided(rules, winners.count("A"), winners.count("B")):
        winners.append(draw(st.sampled_from(LEVEL)))
    return settings, winners


@given(settings_and_winners(), st.sets(st.integers(1, 60)))
def test_the_bomb_goes_over_any_labels_and_shows_what_the_map_was_played_by(
    told: tuple[MapStartedData, list[Team]], swapped: set[int]
) -> None:
    settings, winners = told
    rows = rows_of(winners, settings, swapped=swapped)
    found = played(rows, bombs_of(rows, settings))
    assert winners_in(found) == winners
    assert found.misfits == 0
    assert {r.number for r in found.rounds if r.is_mended} == swapped & {r.round_number for r in rows}


@given(seeds, st.booleans())
def test_the_rules_of_the_day_are_not_announced(seed: int, is_level: bool) -> None:
    rows = rows_of(winners_of(seed, level=is_level), swapped=SWAPPED_ROUNDS)
    for bombs in (bombs_of(rows), []):
        found = played(rows, bombs)
        assert (found.settings, found.misfits) == (MapStartedData(), 0)


@given(seeds, st.sets(st.integers(1, 60)))
def test_rounds_without_a_word_follow_from_the_others(seed: int, silent: set[int]) -> None:
    """Labels are wrong in the overtimes of version 2.0: a run of rounds without a word cannot rely on them."""
    winners: list[Team] = winners_of(seed, level=True)
    rows = rows_of(winners, swapped=SWAPPED_ROUNDS)
    assert winners_in(played(rows, bombs_of(rows, but=silent))) == winners
    assert winners_in(played(rows, [])) == winners


@pytest.mark.parametrize("number", [6, 12, 13, 24])
def test_one_wrong_label_turns_no_other_round(number: int) -> None:
    winners = [*LEVEL * 12, *LEVEL[:1] * 4]
    rows = rows_of(winners, swapped={number})
    assert winners_in(played(rows, bombs_of(rows, but={5, 11, 14}))) == winners


def test_labels_that_are_wrong_throughout_show_no_other_rules() -> None:
    """The bomb is silent where it would tell them apart."""
    winners: list[Team] = LEVEL[:1] * 13
    rows = rows_of(winners, swapped=range(1, 14))
    found = played(rows, bombs_of(rows, but=range(6, 14)))
    assert (winners_in(found), found.settings) == (winners, MapStartedData())


def test_labels_that_are_right_tell_what_no_bomb_does() -> None:
    """An overtime of ten rounds by another rule, in a file without bombs."""
    settings = MapStartedData(overtime_max_rounds=10)
    winners = [*LEVEL * 17, *LEVEL[:1] * 6]
    found = played(rows_of(winners, settings), [], is_label_right=True)
    assert (winners_in(found), found.settings) == (winners, settings)


def test_a_map_with_an_old_date_is_still_known_by_its_half_time() -> None:
    """Dates of names are not always those of matches: this one says that halves had fifteen rounds."""
    rows = rows_of(LEVEL[:1] * 13)
    before = datetime(2021, 3, 1, tzinfo=UTC)
    found = played_map(rows, bombs_of(rows), teams=TEAMS, day=before, is_label_right=False)
    assert (score_of(found), found.settings) == ((13, 0), MapStartedData(max_rounds=24))


def test_a_duel_of_two_by_two_is_known_by_its_half_time() -> None:
    winners: list[Team] = LEVEL[:1] * 9
    settings = MapStartedData(max_rounds=16)
    rows = rows_of(winners, settings)
    for silent in ((), (9,), range(1, 10)):
        found = played(rows, bombs_of(rows, settings, but=silent))
        assert (winners_in(found), found.settings) == (winners, settings)


def test_a_map_that_was_played_on_is_announced_as_long_enough() -> None:
    winners: list[Team] = [*LEVEL[:1] * 13, *LEVEL[1:] * 11]
    rows = rows_of(winners)
    found = played(rows, bombs_of(rows))
    assert (score_of(found), found.settings) == ((13, 11), MapStartedData(max_rounds=26))


@pytest.mark.parametrize("left_out", [5, 13, 27])
@pytest.mark.parametrize("swapped", [frozenset[int](), SWAPPED_ROUNDS])
def test_a_round_without_a_row_still_counts_where_later_scores_hold_it(
    left_out: int, swapped: frozenset[int]
) -> None:
    winners = [*LEVEL * 12, *LEVEL[:1] * 4]
    rows = [row for row in rows_of(winners, swapped=swapped) if row.round_number != left_out]
    assert score_of(played(rows, bombs_of(rows))) == (16, 12)


@pytest.mark.parametrize("left_out", [24, 29, 30, 36])
def test_a_round_that_ends_a_half_or_an_overtime_counts_by_its_own_labels(left_out: int) -> None:
    """Labels turn with the next one."""
    winners: list[Team] = [*LEVEL * 18, *LEVEL[:1] * 4]
    rows = [row for row in rows_of(winners, swapped=SWAPPED_ROUNDS) if row.round_number != left_out]
    assert score_of(played(rows, bombs_of(rows))) == (22, 18)


def test_of_a_file_that_begins_late_the_first_score_follows_its_labels() -> None:
    rows = rows_of([*LEVEL[:1] * 9, *LEVEL[1:] * 4], swapped=range(1, 14))
    assert score_of(played(rows[6:], bombs_of(rows))) == (9, 4)


def test_scores_that_no_rounds_left_out_could_give_are_not_believed() -> None:
    first, later = rows_of(LEVEL[:1])[0], rows_of(LEVEL[1:] * 3)[2]
    assert later.team_b_score_before == 2
    assert score_of(played([first, later], [])) == (1, 1)
