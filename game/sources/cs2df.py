"""Reads a cs2df export (versions 2.0 and 3.0), from the bytes of its members to a checked `Recording`.

Belongs here: reading, checking, and what both versions share. Does not belong here: opening a zip
(`adapters.recordings`), correcting sides (`cs2df_sides`), tracks of positions and shots (`cs2df_tracks`), events
(`cs2df_telling`).

A file is accepted as a whole or not at all: a missing member of `REQUIRED`, or any member that cannot be read, is an
error that names file, member, row and field. An optional member that is missing only means that its events are missing.
"""

import hashlib
import re
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NoReturn

import msgspec
from msgspec import Struct

from game.codec import UNREADABLE, refusal
from game.payloads import MAX_NAME, MAX_PLAYERS, MapStartedData, Team
from game.sources import cs2df_rows as rows
from game.sources.cs2df_rounds import in_order, in_their_rounds, out_of_order
from game.sources.cs2df_sides import PlayedRound, played_map
from game.sources.cs2df_tracks import Frame, Misfit, frames, frames_1s, unpacked

Version = Literal["2.0", "3.0"]
Ref = str | int

REQUIRED = ("manifest.json", "match.json", "players.json", "rounds.json", "kills.json", "damages.json")
OPTIONAL = (
    "blinds.json",
    "bombs.json",
    "grenades.json",
    "player-economies.json",
    "shots.json",
    "positions-1s.json",
    "replay.json",
)
MEMBERS = REQUIRED + OPTIONAL
"""Members that are read. An export holds others, which repeat their content."""

UNDATED = datetime(2026, 1, 1, tzinfo=UTC)
"""Day of a file without any date: one of the format's first year."""
LONGEST_S = 24 * 3600
"""Maximum duration of a map in seconds, because its clock ticks each second."""
_DATE = re.compile(r"20[2-7]\d-\d\d-\d\d")
_ROW = re.compile(r"^\$(?:\.rounds|\.tracks)?\[(\d+)\]\.?(.*)$")
"""The row in an error path. The rows of replay.json are its rounds, those of shots.json in version 3.0 its tracks."""

_TABLES: dict[Version, dict[str, Any]] = {
    "2.0": {
        "kills": list[rows.Kill2],
        "damages": list[rows.Damage2],
        "blinds": list[rows.Blind2],
        "bombs": list[rows.Bomb2],
        "grenades": list[rows.Grenade2],
        "player-economies": list[rows.Economy2],
    },
    "3.0": {
        "kills": list[rows.Kill3],
        "damages": list[rows.Damage3],
        "blinds": list[rows.Blind3],
        "bombs": list[rows.Bomb3],
        "grenades": list[rows.Grenade3],
        "player-economies": list[rows.Economy3],
    },
}
TIMES = {
    "kills": "tick",
    "damages": "tick",
    "blinds": "tick",
    "bombs": "tick",
    "grenades": "throw_tick",
    "shots": "tick",
}
"""Members whose rows have a time, with the field that holds it."""
_ROLES: dict[str, tuple[str, ...]] = {
    "kills": ("killer", "victim", "assister", "flash_assister"),
    "damages": ("attacker", "victim"),
    "blinds": ("flasher", "flashed"),
    "bombs": ("actor",),
    "grenades": ("thrower",),
    "player-economies": ("player",),
    "shots": ("player",),
}


class RecordingError(Struct, frozen=True, kw_only=True):
    """Why a file is not a valid recording: the place and the reason. `row` counts from 0."""

    file: str
    reason: str
    member: str | None = None
    row: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        row = None if self.row is None else f"row {self.row}"
        return ": ".join(part for part in (self.file, self.member, row, self.field, self.reason) if part)


class ListedPlayer(Struct, frozen=True, kw_only=True):
    player_id: str
    name: str
    team: Team


class Recording(Struct, frozen=True, kw_only=True):
    """One map. `who` maps a row's reference to a player (Steam id or index) to the player id; teams are A and B as in
    the file."""

    file: str
    version: Version
    demo_hash: str
    """The demo's hash, otherwise a digest of rounds and kills; event ids are derived from it."""
    day: datetime
    """00:00 UTC of the date in the file's name, otherwise in the demo's name or of the export, otherwise `UNDATED`."""
    tickrate: int
    map_name: str
    name_a: str | None
    name_b: str | None
    players: tuple[ListedPlayer, ...]
    who: Mapping[Ref, str]
    rounds: tuple[PlayedRound, ...]
    settings: MapStartedData
    """Server settings, as the rounds show them; empty if they are the defaults of the day."""
    kills: Sequence[rows.Kill]
    damages: Sequence[rows.Damage]
    blinds: Sequence[rows.Blind]
    bombs: Sequence[rows.Bomb]
    grenades: Sequence[rows.Grenade]
    economies: Sequence[rows.Economy]
    shots: Sequence[rows.Shot]
    frames: Sequence[Frame]
    """Positions once a second."""
    dense_frames: Sequence[Frame]
    """Positions at the replay's own rate; empty without a replay, or if they were not asked for."""


class _Refused(Exception):
    def __init__(self, error: RecordingError) -> None:
        super().__init__(str(error))
        self.error = error


class _Reader:
    """Reads the members of one file by type; a member that cannot be read raises an error with its place."""

    def __init__(self, file: str, members: Mapping[str, bytes]) -> None:
        self.file, self.members = file, members

    def table(self, name: str, kind: Any) -> Any:
        member = f"{name}.json"
        raw = self.members.get(member)
        if raw is None:
            if member in REQUIRED:
                self.refuse("the file has no such member", member=member)
            return []
        try:
            return _decoded(raw.removeprefix(BOM_UTF8), kind)
        except msgspec.ValidationError as error:
            refused = refusal(error)
            row, field = _place(refused.field)
            self.refuse(refused.reason, member=member, row=row, field=field)
        except UNREADABLE as error:
            self.refuse(f"not readable as JSON: {error}", member=member)

    def refuse(
        self, reason: str, *, member: str | None = None, row: int | None = None, field: str | None = None
    ) -> NoReturn:
        raise _Refused(RecordingError(file=self.file, reason=reason, member=member, row=row, field=field))


def read(file: str, members: Mapping[str, bytes], *, is_dense: bool = False) -> Recording | RecordingError:
    """The recording in the members of `file`, keyed by their names in the zip (`kills.json`), or why there is none.

    `is_dense`: also read the replay's positions at their own rate, which no statistic needs and which take the most
    time.
    """
    try:
        return _read(_Reader(file, members), is_dense=is_dense)
    except _Refused as refused:
        return refused.error
    except Misfit as misfit:
        return RecordingError(
            file=file, reason=misfit.reason, member=misfit.member, row=misfit.row, field=misfit.field
        )


def _read(reader: _Reader, *, is_dense: bool) -> Recording:
    manifest: rows.Manifest = reader.table("manifest", rows.Manifest)
    version = _version(reader, manifest)
    match: rows.Match = reader.table("match", rows.Match)
    listed: list[rows.PlayerRow] = reader.table("players", rows.PlayerRows)
    told: list[rows.RoundRow] = reader.table("rounds", rows.RoundRows)
    rounds = _rounds(reader, told, longest=manifest.tickrate * LONGEST_S)
    who: dict[Ref, str] = dict(enumerate(p.steam_id64 for p in listed)) if version == "3.0" else {}
    who |= {p.steam_id64: p.steam_id64 for p in listed}
    tables = _tables(reader, version, who=who, numbers={r.round_number for r in rounds})
    for name, tick in TIMES.items():
        tables[name] = in_their_rounds(tables[name], told, rounds, tick=tick)
    day = _day(reader, manifest)
    played = played_map(
        rounds, tables["bombs"], teams=_teams(listed), day=day, is_label_right=version == "3.0"
    )
    seconds, dense = _frames(reader, who, is_delta=version == "3.0", is_dense=is_dense)
    return Recording(
        file=reader.file,
        version=version,
        demo_hash=_demo_hash(reader, manifest),
        day=day,
        tickrate=manifest.tickrate,
        map_name=manifest.map_name,
        name_a=_short(match.team_a.name),
        name_b=_short(match.team_b.name),
        players=tuple(_listed(p) for p in listed),
        who=who,
        rounds=played.rounds,
        settings=played.settings,
        kills=tables["kills"],
        damages=tables["damages"],
        blinds=tables["blinds"],
        bombs=tables["bombs"],
        grenades=tables["grenades"],
        economies=tables["player-economies"],
        shots=tables["shots"],
        frames=in_their_rounds(seconds, told, rounds, tick="tick"),
        dense_frames=in_their_rounds(dense, told, rounds, tick="tick"),
    )


def _tables(
    reader: _Reader, version: Version, *, who: dict[Ref, str], numbers: set[int]
) -> dict[str, Sequence[Any]]:
    """By member, its rows of the rounds that the file has."""
    tables = {
        name: _checked(reader, name, told=reader.table(name, kind), who=who, numbers=numbers)
        for name, kind in _TABLES[version].items()
    }
    return tables | {"shots": _shots(reader, version, who=who, numbers=numbers)}


def _frames(
    reader: _Reader, who: Mapping[Ref, str], *, is_delta: bool, is_dense: bool
) -> tuple[Sequence[Frame], Sequence[Frame]]:
    """Positions once a second, from positions-1s or otherwise the replay, and at the replay's rate if asked for."""
    replay: rows.Replay = reader.table("replay", rows.Replay) or rows.Replay()
    seconds = frames_1s(reader.table("positions-1s", list[rows.Sample]), who)
    if not seconds:
        seconds = frames(replay, who, is_delta=is_delta, step=replay.meta.sample_rate)
    return seconds, frames(replay, who, is_delta=is_delta, step=1) if is_dense else ()


def _version(reader: _Reader, manifest: rows.Manifest) -> Version:
    major = manifest.schema_version.rpartition("/")[2].partition(".")[0]
    versions: dict[str, Version] = {"2": "2.0", "3": "3.0"}
    if major not in versions:
        reader.refuse(
            f"neither version 2 nor 3 of the format: {manifest.schema_version!r}",
            member="manifest.json",
            field="schemaVersion",
        )
    return versions[major]


def _demo_hash(reader: _Reader, manifest: rows.Manifest) -> str:
    """The demo's hash; if the exporter left it out or wrote zeros, a digest of rounds and kills."""
    told = manifest.demo.hash or ""
    if told.rpartition(":")[2].strip("0"):
        return told
    played = reader.members["rounds.json"] + reader.members["kills.json"]
    return hashlib.sha256(played).hexdigest()


def _day(reader: _Reader, manifest: rows.Manifest) -> datetime:
    named = (reader.file.rpartition("/")[2], manifest.demo.source_file_name, manifest.exported_at)
    for date in (found for text in named for found in _DATE.findall(text or "")):
        try:
            return datetime.fromisoformat(date).replace(tzinfo=UTC)
        except ValueError:
            continue
    return UNDATED


def _listed(row: rows.PlayerRow) -> ListedPlayer:
    team: Team = "A" if row.team_key == "teamA" else "B"
    return ListedPlayer(player_id=row.steam_id64, name=row.name[:MAX_NAME], team=team)


def _short(name: str | None) -> str | None:
    return None if name is None else name[:MAX_NAME]


def _rounds(reader: _Reader, told: Sequence[rows.RoundRow], *, longest: int) -> list[rows.RoundRow]:
    """The rounds in order. `longest`: maximum duration of a map in ticks."""
    found = in_order(told)
    if not found:
        reader.refuse("no rounds", member="rounds.json")
    early = out_of_order(found)
    late = next((r for r in found if r.end_tick - found[0].start_tick > longest), None)
    for wrong, reason in ((early, "ends are not in order"), (late, "more than a day after the first start")):
        if wrong is not None:
            ends = wrong.round_number, wrong.end_tick
            row = next(i for i, each in enumerate(told) if (each.round_number, each.end_tick) == ends)
            reader.refuse(reason, member="rounds.json", row=row, field="endTick")
    return found


def _teams(listed: Sequence[rows.PlayerRow]) -> dict[Ref, Team | None]:
    """Team by player reference, Steam id or index."""
    teams: dict[Ref, Team | None] = {}
    for i, player in enumerate(listed):
        teams[i] = teams[player.steam_id64] = "A" if player.team_key == "teamA" else "B"
    return teams


def _shots(
    reader: _Reader, version: Version, *, who: dict[Ref, str], numbers: set[int]
) -> Sequence[rows.Shot]:
    if version == "2.0":
        told = reader.table("shots", list[rows.Shot])
        return _checked(reader, "shots", told=told, who=who, numbers=numbers)
    packed: rows.Shots3 = reader.table("shots", rows.Shots3) or rows.Shots3()
    _checked(reader, "shots", told=packed.tracks, who=who, numbers=numbers)
    return [shot for shot in unpacked(packed) if shot.round_number in numbers]


def _checked(
    reader: _Reader, name: str, *, told: Sequence[Any], who: dict[Ref, str], numbers: set[int]
) -> Sequence[Any]:
    """The rows of rounds that the file has; every row must name existing players. A Steam id that is not listed is a
    player without a team."""
    roles = _ROLES[name]
    is_whole = True
    for i, row in enumerate(told):
        if row.round_number not in numbers:
            is_whole = False
            continue
        for role in roles:
            ref = getattr(row, role)
            if ref is None or ref in who:
                continue
            if isinstance(ref, int) or len(who) >= MAX_PLAYERS:
                reason = (
                    f"no such player: {ref}" if isinstance(ref, int) else f"more than {MAX_PLAYERS} players"
                )
                reader.refuse(reason, member=f"{name}.json", row=i, field=_named(row, role))
            who[ref] = ref
    return told if is_whole else [row for row in told if row.round_number in numbers]


def _named(row: Struct, attribute: str) -> str:
    """The name of the attribute in the file."""
    return row.__struct_encode_fields__[row.__struct_fields__.index(attribute)]


def _decoded(raw: bytes, kind: Any) -> Any:
    """A member decoded as `kind`. Some exporters write ticks as floats (4055.0): if decoding fails, whole floats are
    read as integers."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        try:
            told = _WITH_WHOLE.decode(raw)
        except UNREADABLE:
            raise error from None
        return msgspec.convert(told, type=kind)


def _whole(number: str) -> int | float:
    """A number with a point or an exponent, as an integer if it is whole."""
    value = float(number)
    return int(value) if value.is_integer() else value


_WITH_WHOLE = msgspec.json.Decoder(float_hook=_whole)


def _place(path: str) -> tuple[int | None, str | None]:
    found = _ROW.match(path)
    if found is not None:
        return int(found[1]), found[2] or None
    return None, None if path == "$" else path.removeprefix("$.")
