"""`bench backfill`: from the lake's raw events to facts, states and predictions, in one process and in several.

The baselines are those of `bench reduce`, from the same process within minutes: the reducer with its model, and the
fold that encodes its messages. Simulated maps are added to the recorded ones: some are really simulated, the rest are
copies under other match ids, because each match is derived independently and simulating takes longer than deriving.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from multiprocessing import active_children
from pathlib import Path

from msgspec import Struct

from adapters.lake import raw
from adapters.lake.partitions import Partition, partitions
from adapters.lake.raw import RawEvent
from adapters.lake.tables import RAW_EVENTS
from game.codec import DecodeError, encode
from game.events import AnyEvent
from midround import inputs
from midround.bench.figures import Report, Target, Watch, at_least, at_most, peak_mb, span
from midround.bench.reduce import Rates, rates
from models.code import code_version
from models.predictor import load_champion
from orchestration.derivation import derive_many

SIMULATED = 1_000
DISTINCT = 24
SAMPLE, OF_BASE = 60, 6
"""Matches derived in one process and again in several, spread over the lake: enough that starting processes hardly
counts; and how many of these go through the baselines."""
EARLY = 50
"""Matches after which memory is first measured. The largest matches come first, so any later growth is due to their
number."""


class Pass(Struct, frozen=True, kw_only=True):
    """A pass over matches: wall-clock seconds, and the peak memory of the largest process after `EARLY` matches and at
    the end."""

    events: int
    wall_s: float
    early_mb: float
    peak_mb: float


def measured(
    files: Sequence[Path], *, simulated: int = SIMULATED, distinct: int = DISTINCT, processes: int = 2
) -> Report:
    """Measure the maps in `files` and `simulated` more, in a temporary lake. Raises `inputs.InputError`."""
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        fill(root, files, simulated=simulated, distinct=distinct)
        matches = partitions(root, RAW_EVENTS.name)
        sample = matches[:: max(1, len(matches) // SAMPLE)]
        base = rates([list(_events(root, match)) for match in sample[:OF_BASE]], load_champion())
        with span() as taken:
            alone = _derived(root, sample, processes=1)
        together = _derived(root, sample, processes=processes)
        whole = _derived(root, _largest_first(root, matches), processes=processes)
    load = f"{len(files)} recorded maps and {simulated} simulated ones, {min(distinct, simulated)} of these distinct"
    values, targets = _figures(
        base,
        a_core=alone.events / taken.cpu_s,
        scaling=together.events / together.wall_s * alone.wall_s / alone.events,
        processes=processes,
        whole=whole,
    )
    return Report(
        bench="backfill",
        load=f"{load}; {processes} processes",
        machine=watch.machine(),
        values={"matches": float(len(matches)), **values},
        targets=targets,
    )


def _figures(
    base: Rates, *, a_core: float, scaling: float, processes: int, whole: Pass
) -> tuple[dict[str, float], tuple[Target, ...]]:
    growth = whole.peak_mb / whole.early_mb
    values = {
        "events": float(whole.events),
        "derived_events_per_s_a_core": a_core,
        "reduce_events_per_s": base.reduce,
        "fold_with_messages_events_per_s": base.fold,
        "all_events_per_s": whole.events / whole.wall_s,
        "all_minutes": whole.wall_s / 60,
        "scaling": scaling,
        "memory_mb_early": whole.early_mb,
        "memory_mb_peak": whole.peak_mb,
    }
    targets = (
        at_least("x the fold with messages, a core", asked=0.7, found=a_core / base.fold),
        at_least("x the reducer alone, a core", asked=0.7, found=a_core / base.reduce),
        at_least("x one process, by each of several", asked=0.9, found=scaling / processes),
        at_most("x the memory of the first matches, at the end", asked=1.2, found=growth),
    )
    return {name: round(value, 3) for name, value in values.items()}, targets


def fill(root: Path, files: Sequence[Path], *, simulated: int, distinct: int) -> None:
    """Fill the lake with the maps in `files` and `simulated` more, `distinct` of them really simulated. Raises
    `inputs.InputError`."""
    for match in inputs.recorded(files, positions_hz=inputs.POSITIONS_HZ):
        _add(root, [encode(event) for event in match.events()], name=match.name)
    for seed in range(min(distinct, simulated)):
        match = inputs.simulated(seed=seed, best_of=1, position_hz=0)
        events = list(match.events())
        raws = [encode(event) for event in events]
        _add(root, raws, name=match.name)
        own = events[0].match_id.encode()
        for number in range(seed + distinct, simulated, distinct):
            copied = f"{number:08d}".encode() + own[8:]
            _add(root, [each.replace(own, copied) for each in raws], name=f"{match.name}, copy {number}")


def _add(root: Path, raws: Sequence[bytes], *, name: str) -> None:
    events = [RawEvent(raw=each, file=name) for each in raws]
    first = events[0].event
    assert not isinstance(first, DecodeError), "what was encoded here decodes"
    raw.add(root, first.match_id, events, code_version=code_version())


def _events(root: Path, match: Partition) -> Iterator[AnyEvent]:
    return (event for event in raw.events(root, match) if not isinstance(event, DecodeError))


def _largest_first(root: Path, matches: Sequence[Partition]) -> list[Partition]:
    return sorted(matches, key=lambda match: raw.manifest_of(root, match).rows, reverse=True)


def _derived(root: Path, matches: Sequence[Partition], *, processes: int) -> Pass:
    """Derive the matches. Raises RuntimeError if a match fails, as the result would then be meaningless."""
    events = sum(raw.manifest_of(root, match).rows for match in matches)
    early_mb = most_mb = 0.0
    begun_s = time.perf_counter()
    attempts = derive_many(root, matches, processes=processes, is_forced=True)
    for number, attempt in enumerate(attempts, start=1):
        if attempt.error is not None:
            raise RuntimeError(attempt.error)
        if number == min(EARLY, len(matches)):
            early_mb = _memory_mb()
        if number == len(matches):
            most_mb = _memory_mb()
    return Pass(events=events, wall_s=time.perf_counter() - begun_s, early_mb=early_mb, peak_mb=most_mb)


def _memory_mb() -> float:
    """Return the highest peak memory of the deriving processes."""
    return max(peak_mb(pid) for pid in [child.pid for child in active_children()] or [None])
