"""Replays a match from its raw events and turns it into columns for the batch path.

Belongs here: from events to the rows of facts, states, predictions and the scorecard, by map. Does not belong here:
reading and writing them (`adapters.lake`, which declares the columns), folding itself (`models.fold`), labels for
training (`models.dataset`).

Facts and predictions are those that `models.fold` publishes and no retraction covers. States are sampled from the
events in the order in which they counted, with the sampler that training uses.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from game.codec import DecodeError
from game.events import AnyEvent
from game.facts import Quality
from game.features import FEATURE_NAMES
from game.messages import HORIZONS, Message, Prediction, Processed
from game.state import MapState, MatchState, initial_state
from models.dataset import Drawn, Sampled, Sampler, Start, sampled, starts_of
from models.digest import facts_digest, valid
from models.fold import MatchFold
from models.play import Outcome
from models.predictor import Predictor
from models.shelf import Models

Columns = Mapping[str, Sequence[Any]]
JOINED_MIDWAY = "joined_midway"
"""The rule of `game.quality` that is broken by a map whose beginning is missing."""
HORIZON_FIELDS = ("p_a", "lo", "hi")
_AT = ("match_id", "map_id")
FACT_COLUMNS = (
    *_AT,
    "round_no",
    "seq",
    "fact_no",
    "event_id",
    "ts_event",
    "type",
    "match_tag",
    "is_post_round",
    "fact",
    "body",
)
STATE_COLUMNS = (
    *_AT,
    "map_name",
    "round_no",
    "seq",
    "event_id",
    "ts_event",
    "grid",
    "round_time_s",
    "a_side",
    "score_a",
    "score_b",
    "is_overtime",
    *FEATURE_NAMES,
    "ct_won",
)
START_COLUMNS = (*_AT, "map_name", *Start.__struct_fields__)
PREDICTION_COLUMNS = (
    *_AT,
    "map_name",
    "round_no",
    "seq",
    "event_id",
    "ts_event",
    "round_time_s",
    *(f"{horizon}_{name}" for horizon in HORIZONS for name in HORIZON_FIELDS),
    "round_p_ct",
    "model_version",
    "model_hash",
    "digest",
    "previous",
)
_JSON = msgspec.json.Encoder()


class Replay(Struct, frozen=True, kw_only=True):
    """A match after its last event. `messages` are those still valid, in order and without the state channel; `samples`
    come from the events of these; `counts` are the sequencer's."""

    match_id: str
    state: MatchState
    messages: tuple[Message, ...]
    samples: Sampled
    counts: Mapping[str, int]
    unreadable: int


class Scorecard(Struct, frozen=True, kw_only=True):
    """The result of a map and the defects of its feed. Counts of the feed are those of the whole match.

    `finality` is `provisional` until the map is decided, and stays so for a map left open, even once its series is
    over. `facts_digest` equals that of `midround fold`. `predictions_digest` is the last receipt's, which covers all
    before it.
    """

    match_id: str
    map_id: str
    map_name: str | None
    map_number: int
    finality: str
    name_a: str | None
    name_b: str | None
    score_a: int
    score_b: int
    rounds: int
    events: int
    facts: int
    predictions: int
    facts_digest: str
    predictions_digest: str
    first_at: datetime | None
    last_at: datetime | None
    duplicates: int
    late: int
    stale: int
    holes: int
    unreadable: int
    breaches: int
    rules: str
    model_hash: str | None

    @property
    def is_counted(self) -> bool:
        """Whether the score equals the number of decided rounds; a map that was joined midway is exempt."""
        is_whole = self.score_a + self.score_b == self.rounds
        return is_whole or JOINED_MIDWAY in msgspec.json.decode(self.rules, type=dict[str, int])


class MapReplay(Struct, frozen=True, kw_only=True):
    """One map: its scorecard, and each table's columns by table name."""

    card: Scorecard
    tables: Mapping[str, Columns]


def replayed(
    match_id: str,
    events: Iterable[AnyEvent | DecodeError],
    predictor: Predictor | None,
    *,
    models: Models | None = None,
) -> Replay:
    """Folds the match. Undecodable events and those of another match are counted and left out.

    The match starts with `predictor`; `models` are those that its events may switch it to.
    """
    sampler = Sampler(initial_state(match_id))

    def watch(event: AnyEvent, state: MatchState, outcome: Outcome) -> None:
        sampler.see(event, state, outcome.features)

    fold = MatchFold(match_id, predictor, models=models, with_states=False, watch=watch)
    messages, unreadable, set_aside = list[Message](), 0, list[str]()
    for event in events:
        if isinstance(event, DecodeError) or event.match_id != match_id:
            unreadable += 1
            continue
        before = fold.counts["stale"]
        messages += fold.step(event)
        if fold.counts["stale"] > before:
            set_aside.append(event.event_id)
    messages += fold.finish()
    still = valid(messages)
    is_corrected = len(still) < len(messages)
    return Replay(
        match_id=match_id,
        state=fold.state,
        messages=tuple(still),
        samples=sampled(m.event for m in still if isinstance(m, Processed))
        if is_corrected
        else sampler.found,
        counts=_judged(fold.counts, set_aside, messages),
        unreadable=unreadable,
    )


def _judged(
    counts: Mapping[str, int], set_aside: Sequence[str], messages: Sequence[Message]
) -> Mapping[str, int]:
    """The sequencer's counts, corrected in hindsight: a stale event whose id was folded, before it or by a later
    amendment, is a duplicate."""
    if not set_aside:
        return counts
    told = {m.event_id for m in messages if isinstance(m, Processed)}
    again = sum(event_id in told for event_id in set_aside)
    return {
        **counts,
        "stale": counts["stale"] - again,
        "duplicates": counts["duplicates"] + again,
    }


def maps_of(replay: Replay) -> list[MapReplay]:
    """Each map that was played, ordered by start. Messages before the first map belong to it, those
    between two maps to the later one."""
    parts: dict[str, list[Message]] = {}
    for message, map_id in zip(replay.messages, _places(replay.messages), strict=True):
        if map_id is not None:
            parts.setdefault(map_id, []).append(message)
    found, seqs = replay.samples, {m.event_id: m.seq for m in replay.messages if isinstance(m, Processed)}
    samples: dict[str, list[tuple[int, Drawn]]] = {}
    for drawn in found.drawn:
        samples.setdefault(drawn.map_id, []).append((seqs[drawn.event_id], drawn))
    return [
        _map(replay, map_id, told=told, samples=samples.get(map_id, ()), map_=found.maps.get(map_id))
        for map_id, told in parts.items()
    ]


def _places(messages: Sequence[Message]) -> list[str | None]:
    """The map of each message; a message without one belongs to the next map, or to the last one at the end."""
    places: list[str | None] = []
    following: str | None = None
    for message in reversed(messages):
        own = message.map_id if isinstance(message, Processed | Prediction) else None
        following = own or following
        places.append(following)
    places.reverse()
    last = next((place for place in reversed(places) if place is not None), None)
    return [place or last for place in places]


def _map(
    replay: Replay,
    map_id: str,
    *,
    told: Sequence[Message],
    samples: Sequence[tuple[int, Drawn]],
    map_: MapState | None,
) -> MapReplay:
    own = [m for m in told if isinstance(m, Processed) and m.map_id == map_id]
    predictions = [m for m in told if isinstance(m, Prediction)]
    card = _card(replay, map_id, own=own, predictions=predictions, map_=map_)
    return MapReplay(
        card=card,
        tables={
            "facts": _facts(map_id, told),
            "states": _states(replay.match_id, samples, map_=map_),
            "round_starts": _starts(replay.match_id, map_),
            "predictions": _predictions(predictions),
        },
    )


def _card(
    replay: Replay,
    map_id: str,
    *,
    own: Sequence[Processed],
    predictions: Sequence[Prediction],
    map_: MapState | None,
) -> Scorecard:
    rules = Counter(f.rule for m in own for f in m.facts if isinstance(f, Quality))
    state, counts = replay.state, replay.counts
    times = [m.ts_event for m in own]
    return Scorecard(
        match_id=replay.match_id,
        map_id=map_id,
        map_name=None if map_ is None else map_.name,
        map_number=1 if map_ is None else map_.number,
        finality="final" if _is_over(state, map_id, map_) else "provisional",
        name_a=state.name_a,
        name_b=state.name_b,
        score_a=0 if map_ is None else map_.score_a,
        score_b=0 if map_ is None else map_.score_b,
        rounds=0 if map_ is None else len(map_.rounds),
        events=len(own),
        facts=sum(len(m.facts) for m in own),
        predictions=len(predictions),
        facts_digest=facts_digest(own),
        predictions_digest=predictions[-1].receipt.digest if predictions else "",
        first_at=min(times, default=None),
        last_at=max(times, default=None),
        duplicates=counts["duplicates"],
        late=counts["late"],
        stale=counts["stale"],
        holes=counts["holes"],
        unreadable=replay.unreadable,
        breaches=sum(rules.values()),
        rules=_JSON.encode(dict(sorted(rules.items()))).decode(),
        model_hash=predictions[-1].receipt.model_hash if predictions else None,
    )


def _is_over(state: MatchState, map_id: str, map_: MapState | None) -> bool:
    return (map_ is not None and map_.is_over) or any(m.map_id == map_id for m in state.finished_maps)


def _facts(map_id: str, told: Sequence[Message]) -> Columns:
    rows = [
        (
            replay.match_id,
            map_id,
            replay.round_no,
            replay.seq,
            number,
            replay.event_id,
            replay.ts_event,
            replay.type,
            replay.match_tag,
            replay.is_post_round,
            fact.__struct_config__.tag,
            _JSON.encode(fact).decode(),
        )
        for replay in told
        if isinstance(replay, Processed)
        for number, fact in enumerate(replay.facts)
    ]
    return _columns(FACT_COLUMNS, rows)


def _states(match_id: str, told: Sequence[tuple[int, Drawn]], *, map_: MapState | None) -> Columns:
    ct_won = {} if map_ is None else {r.number: r.winner_side == "ct" for r in map_.rounds}
    name = None if map_ is None else map_.name
    rows = [
        (
            match_id,
            at.map_id,
            name,
            at.round_no,
            seq,
            at.event_id,
            at.ts_event,
            "clock" if at.is_clock else "event",
            at.round_time_s,
            at.a_side,
            at.score_a,
            at.score_b,
            at.is_overtime,
            *msgspec.structs.astuple(at.features),
            ct_won.get(at.round_no),
        )
        for seq, at in told
    ]
    return _columns(STATE_COLUMNS, rows)


def _starts(match_id: str, map_: MapState | None) -> Columns:
    starts = () if map_ is None else starts_of(map_)
    rows = [(match_id, map_.map_id, map_.name, *msgspec.structs.astuple(s)) for s in starts] if map_ else []
    return _columns(START_COLUMNS, rows)


def _predictions(told: Sequence[Prediction]) -> Columns:
    rows = [
        (
            p.match_id,
            p.map_id,
            p.map_name,
            p.round_no,
            p.seq,
            p.event_id,
            p.ts_event,
            p.round_time_s,
            *(getattr(getattr(p, horizon), name) for horizon in HORIZONS for name in HORIZON_FIELDS),
            p.round.p_ct,
            p.receipt.model_version,
            p.receipt.model_hash,
            p.receipt.digest,
            p.receipt.previous,
        )
        for p in told
    ]
    return _columns(PREDICTION_COLUMNS, rows)


def _columns(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Columns:
    if not rows:
        return {name: [] for name in names}
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
