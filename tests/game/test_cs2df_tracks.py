"""Columns of an export as frames."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from game.payloads import PlayerPosition
from game.sources.cs2df_rows import Meta3, Replay, ReplayRound, ReplayTrack
from game.sources.cs2df_tracks import LIMIT, Misfit, frames


def of_round(count: int, players: list[ReplayTrack], *, scale: float = 1.0) -> Replay:
    told = ReplayRound(round_number=1, start_tick=100, tick_step=8, frame_count=count, players=players)
    return Replay(rounds=[told], meta=Meta3(coord_scale=scale, angle_scale=scale))


def test_a_round_has_the_frames_of_its_columns() -> None:
    column = [0, 1, 2]
    track = ReplayTrack(steam_id64="1", x=column, y=column, z=column, yaw=column, hp=[100, 90, 0])
    found = frames(of_round(3, [track]), {}, is_delta=False, step=2)
    assert [(frame.tick, frame.players[0].health) for frame in found] == [(100, 100), (116, 0)]


def test_a_round_without_players_has_none_however_many_it_says() -> None:
    assert frames(of_round(100_000, []), {}, is_delta=False, step=1) == []


@given(st.floats(0.001, 1000), st.integers(-2, 2), st.sampled_from([-1, 1]), st.booleans())
def test_a_column_at_the_limit_is_refused_or_told_within_it(
    scale: float, beyond: int, sign: int, is_delta: bool
) -> None:
    column = [sign * (int(LIMIT * scale) + beyond)]
    track = ReplayTrack(steam_id64="1", x=column, y=column, z=column, yaw=column, hp=[100])
    replay = of_round(1, [track], scale=scale)
    if abs(column[0]) / scale > LIMIT:
        with pytest.raises(Misfit, match="beyond 1000000"):
            frames(replay, {}, is_delta=is_delta, step=1)
        return
    (found,) = frames(replay, {}, is_delta=is_delta, step=1)
    (player,) = found.players
    assert msgspec.json.decode(msgspec.json.encode(player), type=PlayerPosition) == player


@pytest.mark.parametrize("is_delta", [True, False])
def test_a_sum_beyond_the_limit_is_refused_whichever_frames_are_told(is_delta: bool) -> None:
    column, still = [0, LIMIT + 1, 0], [0, 0, 0]
    track = ReplayTrack(steam_id64="1", x=still, y=column, z=still, yaw=still, hp=[100, 100, 100])
    with pytest.raises(Misfit, match="beyond 1000000") as misfit:
        frames(of_round(3, [track]), {}, is_delta=is_delta, step=3)
    assert misfit.value.field == "players[0].y"
