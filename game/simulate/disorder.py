"""Disturbances of a feed: sessions, gaps, delays, reordering, duplicates.

Belongs here: changes of numbering and order. Does not belong here: changes of what happened in the match
(`game.simulate.mishaps`).
"""

from random import Random
from uuid import UUID, uuid5

from msgspec.structs import replace

from game import events as e
from game.simulate.feed import NAMESPACE

LOSABLE = (
    e.PositionSample,
    e.ClockTick,
    e.WeaponFire,
    e.Footstep,
    e.GrenadeDetonated,
    e.GrenadeExpired,
    e.Blind,
)
"""Events whose loss leaves score and deaths known."""
DELAYABLE = (e.Damage, e.Blind, e.GrenadeThrown)
"""Events of a running round that may arrive after later events of that round."""
STILL_S = 5.0
"""Events are reordered only within this many seconds, because over a pause a reader stops waiting."""


def in_sessions(
    events: list[e.AnyEvent], restarts: int, *, has_session: bool, rng: Random
) -> list[e.AnyEvent]:
    """Number the events from 1 in each session. Each restart of the source begins a new session, within a round or
    between rounds."""
    cuts = set(rng.sample(range(1, len(events)), min(restarts, max(0, len(events) - 1))))
    numbered: list[e.AnyEvent] = []
    seq_no, session = 0, 0
    for index, event in enumerate(events):
        if index in cuts:
            seq_no, session = 0, session + 1
        seq_no += 1
        numbered.append(
            replace(event, seq_no=seq_no, session=_session(event, session) if has_session else None)
        )
    return numbered


def without(events: list[e.AnyEvent], *, gaps: int, size: int, rng: Random) -> list[e.AnyEvent]:
    """Drop up to `gaps` runs of up to `size` events each; never the first event of a session."""
    lost: set[int] = set()
    starts = [i for i, event in enumerate(events) if isinstance(event, LOSABLE) and event.seq_no != 1]
    for start in rng.sample(starts, min(gaps, len(starts))):
        for index in range(start, min(start + size, len(events))):
            if not isinstance(events[index], LOSABLE) or events[index].seq_no == 1:
                break
            lost.add(index)
    return [event for index, event in enumerate(events) if index not in lost]


def held_back(events: list[e.AnyEvent], *, count: int, places: int, rng: Random) -> list[e.AnyEvent]:
    """Delay `count` events by `places` each, where the round lasts long enough."""
    able = [i for i in range(len(events)) if isinstance(events[i], DELAYABLE) and _lasts(events, i, places)]
    late = sorted(rng.sample(able, min(count, len(able))))
    held = list(events)
    for index in reversed(late):
        held.insert(index + places, held.pop(index))
    return held


def shuffled(events: list[e.AnyEvent], *, share: float, window: int, rng: Random) -> list[e.AnyEvent]:
    """Shuffle blocks of up to `window` events so that about `share` of all events lie in one."""
    found: list[e.AnyEvent] = []
    index = 0
    while index < len(events):
        length = rng.randint(2, max(2, window))
        is_shuffled = rng.random() < share
        block = events[index : index + length] if is_shuffled else [events[index]]
        if is_shuffled and _is_together(block):
            rng.shuffle(block)
        found += block
        index += len(block)
    return found


def repeated(events: list[e.AnyEvent], *, share: float, window: int, rng: Random) -> list[e.AnyEvent]:
    """Send some events twice, the second time at once or up to `window` events later."""
    slots: list[list[e.AnyEvent]] = [[event] for event in events]
    for index, event in enumerate(events):
        if rng.random() < share:
            slots[min(len(slots) - 1, index + rng.randint(0, window))].append(event)
    return [event for slot in slots for event in slot]


def _session(event: e.AnyEvent, number: int) -> str | None:
    if number == 0:
        return event.session
    return str(uuid5(UUID(event.session) if event.session else NAMESPACE, f"{number}"))


def _lasts(events: list[e.AnyEvent], index: int, places: int) -> bool:
    """Whether the next events, to well beyond the delay, are of the same live round and session."""
    ahead = events[index : index + places + 12]
    return (
        len(ahead) == places + 12
        and not any(isinstance(event, e.RoundStarted | e.RoundEnded | e.BackupRestored) for event in ahead)
        and all(event.seq_no != 1 and event.round_no == events[index].round_no for event in ahead)
    )


def _is_together(block: list[e.AnyEvent]) -> bool:
    """Whether no session begins in the block, and little time passes in it."""
    passed = max(event.ts_event for event in block) - min(event.ts_event for event in block)
    return passed.total_seconds() <= STILL_S and all(event.seq_no != 1 for event in block)
