"""Matches to fold or play: from recorded files, the simulator, or the raw log in the store.

Belongs here: turning what a user names into events. Does not belong here: translation (`game.sources`), sending
(`midround.sending`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from adapters.recordings import open_recording
from game.codec import DecodeError, decode
from game.events import AnyEvent
from game.simulate.patch import RuleSet
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.sources.cs2df import Recording, RecordingError
from game.sources.cs2df_series import Series, match_of, series_of, translate

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

FROM_STORE = "match:"
NOTHING = "no recording in it"
POSITIONS_HZ = 1
"""Position samples per second wherever a recording is kept. Samples count as events, so the same match from two sources
has equal counts only at the same rate."""
ZIPS, EVENTS = (".zip",), (".ndjson", ".jsonl")


class InputError(Exception):
    """What the user named, and what is wrong with it."""


class Match(Struct, frozen=True, kw_only=True):
    """One match, whose events can be iterated any number of times. `series` is None unless it came from recordings."""

    name: str
    events: Callable[[], Iterable[AnyEvent]]
    series: Series | None = None


def recorded(paths: Sequence[Path], *, is_series: bool = False, positions_hz: int = 0) -> Iterator[Match]:
    """Yield the matches in `paths` (zips, NDJSON files of envelopes, folders of both): one per file, or with
    `is_series` all zips as one series.

    Raises InputError naming file, member and row.
    """
    if is_series:
        series = series_of([_recording(path) for path in files_in(paths, ZIPS)])
        if isinstance(series, RecordingError):
            raise InputError(str(series))
        yield _told(series, positions_hz=positions_hz)
        return
    for path in files_in(paths):
        if path.suffix in EVENTS:
            yield Match(name=path.name, events=partial(envelopes, path))
        else:
            yield _told(match_of(_recording(path)), positions_hz=positions_hz)


def apart(paths: Sequence[Path], *, is_series: bool = False) -> list[list[Path]]:
    """Split `paths` into separate inputs for `recorded`, so that a bad file does not stop the others. Raises
    InputError."""
    return [list(paths)] if is_series else [[path] for path in files_in(paths)]


def files_in(paths: Sequence[Path], suffixes: Sequence[str] = (*ZIPS, *EVENTS)) -> Iterator[Path]:
    """Yield the files that `paths` name, searching folders recursively in name order. Raises InputError."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(each for each in path.rglob("*") if each.suffix in suffixes)
        if not found:
            raise InputError(f"{path}: {NOTHING}")
        yield from found


def simulated(*, seed: int, best_of: int = 3, position_hz: int = 1, rules: RuleSet = "current") -> Match:
    """Return a match from the simulator."""
    setting = Setting(seed=seed, best_of=best_of, position_hz=position_hz, rules=rules)
    return Match(name=f"simulated match {seed}", events=lambda: simulate(setting))


def stored(client: "Client", match_id: str) -> Match:
    """Return a match from the store's raw log, without undecodable records. Raises InputError."""
    from midround.rawlog import raw_events

    events = [event for event in raw_events(client, match_id) if not isinstance(event, DecodeError)]
    if not events:
        raise InputError(f"{FROM_STORE}{match_id}: no such match in cs2_events_raw")
    return Match(name=f"{FROM_STORE}{match_id}", events=lambda: events)


def files_of(match: Match) -> Mapping[str, str]:
    """Map each map id to its file, or to the match's name if there was no recording."""
    if match.series is not None:
        return {played.map_id: played.telling.recording.file for played in match.series.maps}
    ids = [event.map_id for event in match.events() if event.map_id is not None]
    return dict.fromkeys(ids, match.name)


def by_match(match: Match) -> dict[str, list[AnyEvent]]:
    """Group the events of a match by match id: an NDJSON file may hold several matches."""
    found: dict[str, list[AnyEvent]] = {}
    for event in match.events():
        found.setdefault(event.match_id, []).append(event)
    return found


def envelopes(path: Path) -> Iterator[AnyEvent]:
    """Yield the envelopes of an NDJSON file. Raises InputError naming line, field and reason."""
    is_empty = True
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                event = decode(line)
                if isinstance(event, DecodeError):
                    raise InputError(f"{path.name}: line {number}: {event.field}: {event.reason}")
                is_empty = False
                yield event
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    if is_empty:
        raise InputError(f"{path}: {NOTHING}")


def _told(series: Series, *, positions_hz: int) -> Match:
    name = " + ".join(played.telling.recording.file for played in series.maps)
    return Match(name=name, events=lambda: translate(series, positions_hz=positions_hz), series=series)


def _recording(path: Path) -> Recording:
    if not path.exists():
        raise InputError(f"{path}: no such file")
    recording = open_recording(path)
    if isinstance(recording, RecordingError):
        raise InputError(str(recording))
    return recording
