"""Translates one recording, or the recordings of one series, into numbered native events with ids and times.

Belongs here: ids, sequence numbers, times, start and end of maps and series. Does not belong here: the events within a
map (`cs2df_telling`).

Ids are UUIDs (version 5) of the demo hash with member and row. A single file is a match of its own with unknown
best-of. Several files are the maps of one match in the order given, with teams A and B as in the first file. Because
all exports count from midnight, the times of a later file are shifted by whole seconds to begin `BREAK_S` after the
previous one. Unless it is given, best-of is the shortest format that the last map decides.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from game import events as e
from game import payloads as p
from game.sources.cs2df import Recording, RecordingError
from game.sources.cs2df_telling import Draft, Rank, Telling, drafts, listed

NAMESPACE = uuid.UUID("8b0cf2b4-52b5-5a3f-9c5e-0d5e2c1c7a64")
SOURCE = "cs2df"
BREAK_S = 600
LONGEST = 9
"""Maximum number of maps of a series that can be announced."""


class Series(Struct, frozen=True, kw_only=True):
    """Recordings as the maps of one match."""

    match_id: str
    best_of: int | None
    maps: tuple["SeriesMap", ...]


class SeriesMap(Struct, frozen=True, kw_only=True):
    """One map of the series. `begins` is the time of the file's tick 0."""

    number: int
    map_id: str
    telling: Telling
    begins: datetime


def match_of(recording: Recording) -> Series:
    """A single file as a match of its own."""
    return Series(
        match_id=_id(recording.demo_hash),
        best_of=None,
        maps=(_series_map(1, Telling(recording), recording.day),),
    )


def series_of(recordings: Sequence[Recording], *, best_of: int | None = None) -> Series | RecordingError:
    """The files as the maps of one match, in this order; an error if the teams differ, a map occurs twice, or there are
    more maps or players than a match can have."""
    maps: list[SeriesMap] = []
    begins = recordings[0].day
    for i, recording in enumerate(recordings):
        twin = next((r.file for r in recordings[:i] if r.demo_hash == recording.demo_hash), None)
        if twin is not None:
            return RecordingError(
                file=recording.file, reason=f"the same map as {twin}", member="manifest.json"
            )
        is_flipped = _is_flipped(recordings[0], recording)
        if is_flipped is None:
            return RecordingError(
                file=recording.file, reason=f"other teams than in {recordings[0].file}", member="match.json"
            )
        begins = max(begins, recording.day)
        maps.append(_series_map(i + 1, Telling(recording, is_flipped=is_flipped), begins))
        begins += timedelta(seconds=_last_tick(recording) // recording.tickrate + BREAK_S)
    match_id = _id("+".join(r.demo_hash for r in recordings))
    series = Series(match_id=match_id, best_of=best_of or _best_of(maps), maps=tuple(maps))
    reason = _too_much(series)
    return series if reason is None else RecordingError(file=recordings[-1].file, reason=reason)


def _too_much(series: Series) -> str | None:
    """What exceeds the limits of an announcement; None if nothing does."""
    if max(series.best_of or 1, len(series.maps)) > LONGEST:
        return f"longer than a best of {LONGEST}"
    sheets = _announced(series)
    if max(len(sheets.team_a.players), len(sheets.team_b.players)) > p.MAX_PLAYERS:
        return f"more than {p.MAX_PLAYERS} players of a team"
    return None


def translate(series: Series, *, positions_hz: int = 0) -> Iterator[e.AnyEvent]:
    """The series' events, numbered from 1. `positions_hz`: 0 none, 1 once a second, 8 as dense as the file has them."""
    seq_no = 0
    for played in series.maps:
        make = _maker(series.match_id, played)
        for draft in _with_frame(series, played, drafts(played.telling, positions_hz=positions_hz)):
            seq_no += 1
            yield make(draft, seq_no)


def _maker(match_id: str, played: SeriesMap) -> Callable[[Draft, int], e.AnyEvent]:
    prefix = played.telling.recording.demo_hash
    step_us = 1_000_000 / played.telling.recording.tickrate

    def make(draft: Draft, seq_no: int) -> e.AnyEvent:
        event: e.AnyEvent = draft.kind(  # type: ignore[call-arg, assignment]
            event_id=_id(f"{prefix}/{draft.key}"),
            match_id=match_id,
            map_id=played.map_id,
            round_no=draft.round_no,
            ts_event=played.begins + timedelta(microseconds=round(draft.tick * step_us)),
            source=SOURCE,
            seq_no=seq_no,
            payload=draft.payload,
        )
        return event

    return make


def _with_frame(series: Series, played: SeriesMap, told: list[Draft]) -> Iterator[Draft]:
    """The map's events with those that begin and end the map, and the series around the first and the last map."""
    rounds = played.telling.rounds
    first, last = rounds[0], rounds[-1]

    def draft(tick: int, kind: type[e.Event], data: Struct, *, key: str) -> Draft:
        is_start = tick == first.start_tick
        rank = Rank.MAP_STARTED if is_start else Rank.MAP_ENDED
        return Draft(tick, rank, kind, data, first.number if is_start else last.number, key)

    start, end = first.start_tick, max(last.end_tick, told[-1].tick) + 1
    if played.number == 1:
        yield draft(start, e.SeriesAnnounced, _announced(series), key="match/0/series")
    recording = played.telling.recording
    started = replace(
        recording.settings, map_name=recording.map_name, map_number=played.number, a_side=first.a_side
    )
    yield draft(start, e.MapStarted, started, key="match/0/map")
    for i, (player_id, name, team) in enumerate(listed(played.telling)):
        joined = p.PresenceData(player_id=player_id, name=name, team=team)
        yield draft(start, e.PlayerJoinedTeam, joined, key=f"players/{i}")
    yield from told
    yield draft(end, e.MapEnded, _map_ended(played), key="match/0/end")
    if played is series.maps[-1]:
        yield draft(end, e.SeriesEnded, _series_ended(series), key="match/0/series_end")


def _announced(series: Series) -> p.SeriesAnnouncedData:
    telling = series.maps[0].telling
    sheets: dict[p.Team, dict[str, str]] = {"A": {}, "B": {}}
    for played in series.maps:
        for player_id, name, team in listed(played.telling):
            sheets[team].setdefault(player_id, name)
    return p.SeriesAnnouncedData(
        team_a=p.TeamSheet(name=telling.names[0], players=sheets["A"]),
        team_b=p.TeamSheet(name=telling.names[1], players=sheets["B"]),
        best_of=series.best_of,
    )


def _map_ended(played: SeriesMap) -> p.MapEndedData:
    score_a, score_b = final_score(played)
    return p.MapEndedData(score_a=score_a, score_b=score_b, winner_team=_leader(score_a, score_b))


def _series_ended(series: Series) -> p.SeriesEndedData:
    won = [_leader(*final_score(m)) for m in series.maps]
    return p.SeriesEndedData(winner_team=_leader(won.count("A"), won.count("B")))


def final_score(played: SeriesMap) -> tuple[int, int]:
    """The map's score after its last round, with the teams of this series."""
    last = played.telling.rounds[-1]
    return last.score_a + (last.winner_team == "A"), last.score_b + (last.winner_team == "B")


def _leader(a: int, b: int) -> p.Team | None:
    if a == b:
        return None
    return "A" if a > b else "B"


def _best_of(maps: Sequence[SeriesMap]) -> int:
    won = [_leader(*final_score(m)) for m in maps]
    most = max(won.count("A"), won.count("B"))
    return max(2 * most - 1, len(maps) + (len(maps) + 1) % 2)


def _is_flipped(first: Recording, other: Recording) -> bool | None:
    """Whether `other` has the teams of `first` exchanged; None if the teams differ."""
    names = (first.name_a, first.name_b)
    if None not in names and names[0] != names[1] and set(names) == {other.name_a, other.name_b}:
        return names != (other.name_a, other.name_b)
    team = {x.player_id: x.team for x in first.players}
    known = [(team[x.player_id], x.team) for x in other.players if x.player_id in team]
    same = sum(before == now for before, now in known)
    is_both = len({now for _, now in known}) == 2 and len(known) * 2 >= len(other.players)
    return None if not is_both or same * 2 == len(known) else same * 2 < len(known)


def _last_tick(recording: Recording) -> int:
    return recording.rounds[-1].end_tick


def _series_map(number: int, telling: Telling, begins: datetime) -> SeriesMap:
    map_id = _id(f"{telling.recording.demo_hash}/map")
    return SeriesMap(number=number, map_id=map_id, telling=telling, begins=begins)


def _id(name: str) -> str:
    return str(uuid.uuid5(NAMESPACE, name))
