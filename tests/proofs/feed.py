"""How a proof sends matches: clean, repeated, shuffled within the bound, interleaved. Seeded; no tests here.

A shuffle stays inside of what the stream waits for a missing number, in events and in seconds
(`game.sequence.Bounds`), and uses it to the last place.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from random import Random

from msgspec import Struct

from game.events import AnyEvent
from game.sequence import Bounds

REPEATED_SHARE = 0.1
NEAR, FAR = 64, 4_000
"""Places by which a repeated event follows: within its round, or rounds later."""
LENGTH_MOST = 40
"""Events of one match in a row, where matches are interleaved."""


class Variant(Struct, frozen=True, kw_only=True):
    """What is done to the feed of a proof."""

    name: str
    is_repeated: bool = False
    is_shuffled: bool = False
    is_interleaved: bool = False


CLEAN = Variant(name="clean")
REPEATED = Variant(name="with duplicates", is_repeated=True)
SHUFFLED = Variant(name="shuffled", is_shuffled=True)
INTERLEAVED = Variant(name="interleaved", is_interleaved=True)
EVERYTHING = Variant(name="all at once", is_repeated=True, is_shuffled=True, is_interleaved=True)
VARIANTS = (CLEAN, REPEATED, SHUFFLED, INTERLEAVED, EVERYTHING)


def feed(matches: Sequence[Sequence[AnyEvent]], variant: Variant, *, seed: int) -> Iterator[AnyEvent]:
    """The events of all matches in the order in which they are sent."""
    rng = Random(f"midround/proofs/{seed}")
    told = [list(match) for match in matches]
    if variant.is_shuffled:
        told = [shuffled(match, rng) for match in told]
    if variant.is_repeated:
        told = [repeated(match, rng) for match in told]
    if variant.is_interleaved:
        yield from interleaved(told, rng)
        return
    for match in told:
        yield from match


def shuffled(events: Sequence[AnyEvent], rng: Random, bounds: Bounds | None = None) -> list[AnyEvent]:
    """Blocks as long as the bound allows, each in any order: whoever comes first waits for the bound at most.

    Nothing is exchanged over a silence so long that a block could outlast the bound in seconds.
    """
    bound = bounds or Bounds()
    moved: list[AnyEvent] = []
    for stretch in _stretches(events, bound.seconds / bound.events):
        left = list(stretch)
        while left:
            block, left = left[: (size := rng.randint(2, bound.events))], left[size:]
            moved += rng.sample(block, len(block))
    return moved


def repeated(events: Sequence[AnyEvent], rng: Random) -> list[AnyEvent]:
    """Some events again, soon or much later."""
    slots: list[list[AnyEvent]] = [[event] for event in events]
    for place, event in enumerate(events):
        if rng.random() < REPEATED_SHARE:
            away = rng.randint(0, NEAR if rng.random() < 0.5 else FAR)
            slots[min(len(slots) - 1, place + away)].append(event)
    return [event for slot in slots for event in slot]


def interleaved(matches: Sequence[Sequence[AnyEvent]], rng: Random) -> Iterator[AnyEvent]:
    """A few events of one match, then of another, until all are told."""
    left = dict.fromkeys(range(len(matches)), 0)
    while left:
        number = rng.choice(list(left))
        begin = left[number]
        left[number] = begin + rng.randint(1, LENGTH_MOST)
        yield from matches[number][begin : left[number]]
        if left[number] >= len(matches[number]):
            del left[number]


def _stretches(events: Sequence[AnyEvent], still_s: float) -> Iterator[Sequence[AnyEvent]]:
    """Cut where nothing happened for longer than `still_s`."""
    begin = 0
    for place, (before, after) in enumerate(pairwise(events), start=1):
        if (after.ts_event - before.ts_event).total_seconds() > still_s:
            yield events[begin:place]
            begin = place
    yield events[begin:]
