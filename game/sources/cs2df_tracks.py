"""Converts columns of a cs2df export to rows: shots of version 3.0, positions of replay and of positions-1s.

Belongs here: undoing the difference coding, frames of all players at one tick. Does not belong here: reading members
(`cs2df`), events (`cs2df_telling`).
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, groupby
from typing import NamedTuple

from msgspec import Struct

from game.payloads import MAX_PLAYERS, PlayerPosition, Position
from game.sources.cs2df_rows import (
    MAX_SCALE,
    MAX_TICK,
    Meta3,
    Replay,
    ReplayRound,
    ReplayTrack,
    Sample,
    Shot,
    Shots3,
    ShotTrack,
)

LIMIT = 1_000_000
"""Bound of coordinates and money, as in events, and of angles before they are normalized."""
DELTA_COLUMNS = ("x", "y", "z", "yaw", "pitch", "money")
NEEDED_COLUMNS = frozenset({"x", "y", "z", "yaw", "hp"})


class Misfit(Exception):
    """Columns that do not fit together, with place and reason."""

    def __init__(self, reason: str, *, member: str, row: int, field: str) -> None:
        super().__init__(reason)
        self.reason, self.member, self.row, self.field = reason, member, row, field


class _Place(NamedTuple):
    """The place of columns: a row of a member, perhaps a part of it such as `players[2].`."""

    member: str
    row: int
    part: str = ""

    def misfit(self, reason: str, field: str) -> Misfit:
        return Misfit(reason, member=self.member, row=self.row, field=self.part + field)


class Frame(Struct, frozen=True, kw_only=True, gc=False):
    """All players at one tick. `row` is where the frame begins in `member`; only positions-1s gives kits."""

    round_number: int
    tick: int
    member: str
    row: str
    players: tuple[PlayerPosition, ...]
    kits: tuple[str, ...] = ()


def unpacked(shots: Shots3) -> list[Shot]:
    """The shots of all tracks, in the order of their ticks."""
    told: list[Shot] = []
    for i, track in enumerate(shots.tracks):
        told += _track_shots(shots, track, row=i)
    return sorted(told, key=lambda shot: shot.tick)


def _track_shots(shots: Shots3, track: ShotTrack, *, row: int) -> Iterable[Shot]:
    columns = {name: getattr(track, name) for name in ("x", "y", "z", "yaw", "pitch")}
    place = _Place("shots.json", row)
    _fits(columns | {"weapon": track.weapon}, len(track.tick), place)
    _words(track.weapon, shots.weapon_dict, place)
    summed = {
        name: _summed(column, place, field=name, scale=_scale(shots.meta, name))
        for name, column in columns.items()
    }
    ticks = _summed(track.tick, place, field="tick", limit=MAX_TICK)
    scale, angle = shots.meta.coord_scale, shots.meta.angle_scale
    for i, tick in enumerate(ticks):
        yield Shot(
            round_number=track.round_number,
            tick=tick,
            player=track.player,
            weapon=shots.weapon_dict[track.weapon[i]] if track.weapon[i] >= 0 else "",
            position=Position(x=summed["x"][i] / scale, y=summed["y"][i] / scale, z=summed["z"][i] / scale),
            yaw=_degrees(summed["yaw"][i] / angle),
            pitch=_degrees(summed["pitch"][i] / angle),
        )


def frames_1s(samples: Sequence[Sample], who: Mapping[str | int, str]) -> list[Frame]:
    """One frame per tick from the rows of positions-1s that hold a position; rows of one tick must be adjacent."""
    told: list[Frame] = []
    rows = ((i, sample) for i, sample in enumerate(samples) if sample.position is not None)
    for (number, tick), group in groupby(rows, key=lambda r: (r[1].round_number, r[1].tick)):
        members = list(group)
        if len(members) > MAX_PLAYERS:
            place = _Place("positions-1s.json", members[MAX_PLAYERS][0])
            raise place.misfit(f"more than {MAX_PLAYERS} players at one tick", "steamId64")
        told.append(
            Frame(
                round_number=number,
                tick=tick,
                member="positions-1s",
                row=str(members[0][0]),
                players=tuple(_sampled(s, who) for _, s in members),
                kits=tuple(who.get(s.player, s.player) for _, s in members if s.has_defuse_kit),
            )
        )
    return told


def _sampled(sample: Sample, who: Mapping[str | int, str]) -> PlayerPosition:
    assert sample.position is not None
    return PlayerPosition(
        player_id=who.get(sample.player, sample.player),
        x=sample.position.x,
        y=sample.position.y,
        z=sample.position.z,
        yaw_deg=sample.yaw,
        pitch_deg=sample.pitch,
        is_alive=sample.alive,
        health=sample.health,
        armor=sample.armor,
        weapon=sample.active_weapon,
        has_bomb=sample.has_bomb,
    )


def frames(replay: Replay, who: Mapping[str | int, str], *, is_delta: bool, step: int) -> list[Frame]:
    """Every `step`-th frame of each round that has players. The first is at the end of freeze time."""
    told: list[Frame] = []
    for i, recorded in enumerate(replay.rounds):
        tracks = [
            _Track(
                track,
                _Place("replay.json", i, f"players[{j}]."),
                who=who,
                replay=replay,
                count=recorded.frame_count,
                is_delta=is_delta,
            )
            for j, track in enumerate(recorded.players)
        ]
        if tracks:  # the columns bound the frame count
            told += [_frame(recorded, tracks, row=i, frame=f) for f in range(0, recorded.frame_count, step)]
    return told


def _frame(recorded: ReplayRound, tracks: Iterable["_Track"], *, row: int, frame: int) -> Frame:
    return Frame(
        round_number=recorded.round_number,
        tick=recorded.start_tick + frame * recorded.tick_step,
        member="replay",
        row=f"{row}/{frame}",
        players=tuple(track.at(frame) for track in tracks),
    )


class _Track:
    """One player's columns, with differences summed up and lengths checked."""

    def __init__(
        self,
        track: ReplayTrack,
        place: _Place,
        *,
        who: Mapping[str | int, str],
        replay: Replay,
        count: int,
        is_delta: bool,
    ) -> None:
        ref = track.steam_id64 if track.steam_id64 is not None else track.player_index
        if ref is None or (isinstance(ref, int) and ref not in who):
            raise place.misfit(f"no such player: {ref}", "playerIndex")
        self.player_id = who.get(ref, str(ref))
        columns = {name: getattr(track, name) for name in (*DELTA_COLUMNS, "hp", "armor", "weapon")}
        present = {name: column for name, column in columns.items() if column or name in NEEDED_COLUMNS}
        _fits(present, count, place)
        _words(track.weapon, replay.weapon_dict, place)
        told = _summed if is_delta else _bounded
        self.columns = {
            name: told(column, place, field=name, scale=_scale(replay.meta, name))
            if name in DELTA_COLUMNS
            else column
            for name, column in present.items()
        }
        self.words, self.scale, self.angle = (
            replay.weapon_dict,
            replay.meta.coord_scale,
            replay.meta.angle_scale,
        )

    def at(self, frame: int) -> PlayerPosition:
        columns = self.columns
        weapon = columns["weapon"][frame] if "weapon" in columns else -1
        return PlayerPosition(
            player_id=self.player_id,
            x=columns["x"][frame] / self.scale,
            y=columns["y"][frame] / self.scale,
            z=columns["z"][frame] / self.scale,
            yaw_deg=_degrees(columns["yaw"][frame] / self.angle),
            pitch_deg=_degrees(columns["pitch"][frame] / self.angle) if "pitch" in columns else None,
            is_alive=columns["hp"][frame] > 0,
            health=columns["hp"][frame],
            armor=columns["armor"][frame] if "armor" in columns else None,
            money=max(0, columns["money"][frame]) if "money" in columns else None,
            weapon=self.words[weapon] if weapon >= 0 else None,
        )


def _fits(columns: Mapping[str, Sequence[int]], count: int, place: _Place) -> None:
    for name, column in columns.items():
        if len(column) != count:
            raise place.misfit(f"{len(column)} values for {count} times", name)


def _words(column: Sequence[int], words: Sequence[str], place: _Place) -> None:
    if column and max(column) >= len(words):
        raise place.misfit(f"no such word: {max(column)}", "weapon")


def _scale(meta: Meta3, name: str) -> float:
    match name:
        case "x" | "y" | "z":
            return meta.coord_scale
        case "yaw" | "pitch":
            return meta.angle_scale
        case _:
            return 1.0


def _summed(
    column: list[int], place: _Place, *, field: str, scale: float = 1.0, limit: int = LIMIT
) -> list[int]:
    return _bounded(list(accumulate(column)), place, field=field, scale=scale, limit=limit)


def _bounded(
    column: list[int], place: _Place, *, field: str, scale: float = 1.0, limit: int = LIMIT
) -> list[int]:
    """Return the column; raises `Misfit` if a value divided by `scale`, which is at most `MAX_SCALE`, is beyond
    `limit`."""
    most = max(abs(min(column)), abs(max(column))) if column else 0
    if (
        most > limit * MAX_SCALE or most / scale > limit
    ):  # the first check is for integers too large for a float
        raise place.misfit(f"beyond {limit}", field)
    return column


def _degrees(angle: float) -> float:
    """The angle normalized to -180 to 180; summed differences may exceed several turns."""
    return (angle + 180.0) % 360.0 - 180.0
