"""Columns of an export as frames."""

from game.sources.cs2df_rows import Replay, ReplayRound, ReplayTrack
from game.sources.cs2df_tracks import frames


def of_round(count: int, players: list[ReplayTrack]) -> Replay:
    told = ReplayRound(round_number=1, start_tick=100, tick_step=8, frame_count=count, players=players)
    return Replay(rounds=[told])


def test_a_round_has_the_frames_of_its_columns() -> None:
    column = [0, 1, 2]
    track = ReplayTrack(steam_id64="1", x=column, y=column, z=column, yaw=column, hp=[100, 90, 0])
    found = frames(of_round(3, [track]), {}, is_delta=False, step=2)
    assert [(frame.tick, frame.players[0].health) for frame in found] == [(100, 100), (116, 0)]


def test_a_round_without_players_has_none_however_many_it_says() -> None:
    assert frames(of_round(100_000, []), {}, is_delta=False, step=1) == []
