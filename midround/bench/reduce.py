"""`bench reduce`: one core through state, model inputs and model; a thousand matches in memory.

The baseline is the minimum work: decoding every event's bytes and encoding it again, in the same process. Also measured
are the whole step (with statistics and swings) and the fold (with ordering, receipts and encoded messages).
"""

import gc
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from msgspec import Struct

from game.advance import advance
from game.codec import DecodeError, decode, encode
from game.events import AnyEvent, ClockTick
from game.features import extract
from game.state import initial_state
from midround import inputs
from midround.bench.figures import Report, Span, Watch, at_least, at_most, resident_mb, span
from models.fold import MatchFold
from models.play import initial_play, may_matter, played
from models.predictor import Predictor, load_champion
from models.shelf import Shelf

SEEDS = (1, 2, 3)
MATCHES = 1000
EVENTS_EACH = 400
"""Into the third round: by then checkpoint, page, ids and book are filled."""


class Rates(Struct, frozen=True, kw_only=True):
    """Events per CPU second: through state, model inputs and model; and through the fold that encodes its messages."""

    reduce: float
    fold: float


def rates(told: Sequence[Sequence[AnyEvent]], predictor: Predictor) -> Rates:
    """Measure the baselines for other benchmarks in the same run."""
    count = sum(map(len, told))
    return Rates(reduce=count / _reduced(told, predictor).cpu_s, fold=count / _folded(told, predictor).cpu_s)


def measured(files: Sequence[Path], *, matches: int = MATCHES) -> Report:
    """Measure the maps in `files`, or simulated ones if there are none."""
    told = _told(files)
    predictor = load_champion()
    watch = Watch()
    count = sum(map(len, told))
    base, reduced, stepped = _codec(told), _reduced(told, predictor), _played(told, predictor)
    folded = _folded(told, predictor)
    memory_mb = _memory_mb(told, predictor, matches)
    values = {
        "events": float(count),
        "reduce_events_per_s": count / reduced.cpu_s,
        "with_statistics_and_swing_events_per_s": count / stepped.cpu_s,
        "fold_with_messages_events_per_s": count / folded.cpu_s,
        "codec_events_per_s": count / base.cpu_s,
        "reduce_to_codec_ratio": base.cpu_s / reduced.cpu_s,
        "matches_in_memory": float(matches),
        "memory_mb": memory_mb,
    }
    return Report(
        bench="reduce",
        load=f"{len(told)} maps, {count:,} events, one core; {matches} matches of {EVENTS_EACH} events in memory",
        machine=watch.machine(),
        values={name: round(value, 3) for name, value in values.items()},
        targets=(
            at_least("events/s through advance, extract, predict", asked=25_000, found=count / reduced.cpu_s),
            at_most("MB of 1,000 matches", asked=400, found=memory_mb * 1000 / matches),
        ),
    )


def _told(files: Sequence[Path]) -> list[list[AnyEvent]]:
    if files:
        return [list(match.events()) for match in inputs.recorded(files)]
    return [list(inputs.simulated(seed=seed, best_of=1, position_hz=0).events()) for seed in SEEDS]


def _codec(told: Sequence[Sequence[AnyEvent]]) -> Span:
    raws = [encode(event) for events in told for event in events]
    with span() as taken:
        for raw in raws:
            event = decode(raw)
            assert not isinstance(event, DecodeError)
            encode(event)
    return taken


def _reduced(told: Sequence[Sequence[AnyEvent]], predictor: Predictor) -> Span:
    """Run every event through `advance`; run model inputs and model where a prediction may follow, as in the live
    path."""
    with span() as taken:
        for events in told:
            state = initial_state(events[0].match_id)
            for event in events:
                before, (state, _) = state, advance(state, event)
                if isinstance(event, ClockTick) or may_matter(before, state):
                    predictor.predict(state, extract(state))
    return taken


def _played(told: Sequence[Sequence[AnyEvent]], predictor: Predictor) -> Span:
    models = Shelf((predictor,))
    with span() as taken:
        for events in told:
            play = initial_play(events[0].match_id, predictor.model_hash)
            for event in events:
                play, _ = played(play, event, models)
    return taken


def _folded(told: Sequence[Sequence[AnyEvent]], predictor: Predictor) -> Span:
    with span() as taken:
        for events in told:
            fold = MatchFold(events[0].match_id, predictor)
            for event in events:
                for message in fold.step(event):
                    encode(message)
    return taken


def _memory_mb(told: Sequence[Sequence[AnyEvent]], predictor: Predictor, matches: int) -> float:
    """Return the memory that `matches` folds add to this process; each decodes its own events, so that nothing is
    shared."""
    raws = [[encode(event) for event in islice(events, EVENTS_EACH)] for events in told]
    gc.collect()
    before_mb = resident_mb()
    folds = []
    for n in range(matches):
        fold = MatchFold(f"match-{n}", predictor)
        for raw in raws[n % len(raws)]:
            event = decode(raw)
            assert not isinstance(event, DecodeError)
            fold.step(event)
        folds.append(fold)
    gc.collect()
    return (resident_mb() - before_mb) if folds else 0.0
