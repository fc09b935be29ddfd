"""Matches that hold what a plain one does not: a veto told twice, late sides, a surrender, a winner by word alone. No
tests here."""

from collections.abc import Iterable, Iterator
from itertools import takewhile

from msgspec.structs import replace

from game.events import AnyEvent, MapEnded, MapStarted, RoundStarted, SeriesAnnounced, SidesSet
from game.payloads import MapEndedData, SidesSetData, Team, VetoStep
from game.simulate.mess import mess
from game.state import other_side
from midround import inputs

VETO = (
    VetoStep(map_name="de_somewhere", action="ban", team="A"),
    VetoStep(map_name="de_somewhere", action="ban", team="B"),
    VetoStep(map_name="de_elsewhere", action="pick", team="B"),
    VetoStep(map_name="de_mirage", action="left"),
)
CUT = 0.8
"""Of the messy match: its last map stays undecided."""


def matches() -> Iterator[tuple[list[AnyEvent], bool]]:
    """A clean map with predictions, a veto that was told twice and sides that were told in its first round; without, a
    messy series that breaks off, a map that its leader gave up, and one that was given to who had lost it."""
    announced, *clean = inputs.simulated(seed=1, best_of=1, position_hz=0).events()
    yield [*(vetoed(announced, steps) for steps in (VETO[:1], VETO)), *late_sides(clean)], True
    messy = mess(inputs.simulated(seed=2, best_of=3, position_hz=0).events(), seed=2, options=2)
    yield messy[: int(len(messy) * CUT)], False
    yield given_up(inputs.simulated(seed=3, best_of=1, position_hz=0).events()), False
    yield corrected(inputs.simulated(seed=4, best_of=1, position_hz=0).events()), False


def given_up(events: Iterable[AnyEvent]) -> list[AnyEvent]:
    """A map that A, which leads 10:6, gives up amid the second half."""
    told = list(takewhile(lambda event: not isinstance(event, RoundStarted) or event.round_no != 17, events))
    return [*told, ended(told[-1], "B", reason="surrender")]


def corrected(events: Iterable[AnyEvent]) -> list[AnyEvent]:
    """A map that B won 13:9, and is then A's."""
    told = list(events)
    return [*told, ended(told[-1], "A", reason="admin decision")]


def ended(last: AnyEvent, winner: Team, *, reason: str) -> MapEnded:
    at = {name: getattr(last, name) for name in ("match_id", "map_id", "ts_event", "source")}
    payload = MapEndedData(winner_team=winner, reason=reason)
    return MapEnded(**at, event_id=f"{last.event_id}-{reason}", payload=payload)


def vetoed(event: AnyEvent, steps: tuple[VetoStep, ...]) -> AnyEvent:
    """The announcement with this veto, as a telling of its own."""
    assert isinstance(event, SeriesAnnounced)
    told = replace(event.payload, vetoes=steps)
    return replace(event, event_id=f"{event.event_id}-{len(steps)}", seq_no=None, payload=told)


def late_sides(events: list[AnyEvent]) -> Iterator[AnyEvent]:
    """The map begun on the wrong sides, and the right ones told once its first round has begun."""
    right = next(event.payload.a_side for event in events if isinstance(event, MapStarted))
    assert right is not None
    is_told = False
    for event in events:
        if isinstance(event, MapStarted):
            yield replace(event, payload=replace(event.payload, a_side=other_side(right)))
        elif isinstance(event, RoundStarted) and not is_told:
            yield replace(event, payload=replace(event.payload, a_side=None))
            at = {name: getattr(event, name) for name in ("match_id", "map_id", "ts_event", "source")}
            yield SidesSet(**at, event_id=f"{event.event_id}-sides", payload=SidesSetData(a_side=right))
            is_told = True
        else:
            yield event
