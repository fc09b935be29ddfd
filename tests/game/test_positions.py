"""Pictures of where everybody is: how they round, and that what tells one after another loses nothing."""

from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from game.payloads import PlayerPosition
from game.positions import ADDED, Moves, Picture, moved, moves, picture

NAMES = ("a", "b", "c", "d")
UNITS = st.floats(-1_000_000, 1_000_000)
DEGREES = st.none() | st.floats(-3600, 3600)


def players(player_id: str) -> st.SearchStrategy[PlayerPosition]:
    return st.builds(
        PlayerPosition,
        player_id=st.just(player_id),
        x=UNITS,
        y=UNITS,
        z=st.just(0.0) | UNITS,
        yaw_deg=DEGREES,
        pitch_deg=DEGREES,
        is_alive=st.none() | st.booleans(),
        health=st.none() | st.integers(0, 100),
        armor=st.none() | st.integers(0, 100),
        money=st.none() | st.integers(0, 16_000),
        weapon=st.none() | st.sampled_from(["ak47", "knife"]),
        has_bomb=st.none() | st.booleans(),
    )


def samples(*names: str) -> st.SearchStrategy[tuple[PlayerPosition, ...]]:
    return st.tuples(*(players(name) for name in names))


@given(samples(*NAMES), samples(*reversed(NAMES)))
def test_the_moves_from_one_picture_to_another_make_it(
    before: tuple[PlayerPosition, ...], after: tuple[PlayerPosition, ...]
) -> None:
    was, now = picture(before), picture(after)
    told = moves(was, now)
    assert told is not None
    told = msgspec.json.decode(msgspec.json.encode(told), type=Moves)
    assert moved(was, told) == now


@given(samples(*NAMES))
def test_a_picture_is_the_sample_within_half_a_unit(sample: tuple[PlayerPosition, ...]) -> None:
    for told, placed in zip(sample, picture(sample), strict=True):
        exact, whole = msgspec.structs.asdict(told), msgspec.structs.asdict(placed)
        for name in ADDED:
            if exact[name] is None:
                assert whole[name] is None
            else:
                assert isinstance(whole[name], int)
                assert abs(exact[name] - whole[name]) <= 0.5
        assert {k: v for k, v in exact.items() if k not in ADDED} == {
            k: v for k, v in whole.items() if k not in ADDED
        }


@dataclass(frozen=True)
class Case:
    after: PlayerPosition
    told: Moves


HERE = PlayerPosition(player_id="a", x=1.0, y=2.0, z=3.0, yaw_deg=4.0, health=100)


@pytest.mark.parametrize(
    "case",
    [
        Case(HERE, Moves()),
        Case(msgspec.structs.replace(HERE, x=5.4), Moves(moves=((0, 4),))),
        Case(msgspec.structs.replace(HERE, yaw_deg=-90.0), Moves(moves=((0, 0, 0, 0, -94),))),
        Case(msgspec.structs.replace(HERE, health=27), Moves(set={"a": {"health": 27}})),
        Case(msgspec.structs.replace(HERE, yaw_deg=None), Moves(set={"a": {"yaw_deg": None}})),
        Case(msgspec.structs.replace(HERE, pitch_deg=7.2), Moves(set={"a": {"pitch_deg": 7}})),
    ],
)
def test_only_what_changed_is_told(case: Case) -> None:
    assert moves(picture([HERE]), picture([case.after])) == case.told


@pytest.mark.parametrize("names", ["", "a", "abc", "ac"])
def test_other_players_are_told_whole(names: str) -> None:
    both: Picture = picture(msgspec.structs.replace(HERE, player_id=each) for each in "ab")
    assert moves(both, picture(msgspec.structs.replace(HERE, player_id=each) for each in names)) is None


def test_of_a_player_who_is_told_twice_the_later_counts() -> None:
    assert picture([HERE, msgspec.structs.replace(HERE, x=9.0)])[0].x == 9
