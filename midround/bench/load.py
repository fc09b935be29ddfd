"""A steady load: simulated matches, all running now, at a fixed rate over HTTP. Runs in a process of its own.

Belongs here: which event is sent when. Does not belong here: what is measured (`midround.bench.latency`).

An event's time is the moment of its sending, in microseconds: whoever receives it again knows how long it took.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import cycle

from msgspec.structs import replace

from game.codec import encode
from game.events import AnyEvent
from midround import inputs
from midround.sending import Intake

SEEDS = 5
TICK_S = 0.01
POST_MOST = 500
"""Events a request. Who falls behind sends the rest at once after it: what is late shows in the figures."""


def match_ids(count: int, run: str) -> list[str]:
    """The ids of a run's matches."""
    return [f"bench-{run}-{n}" for n in range(count)]


def send(url: str, *, ids: Sequence[str], rate: float, starts_at_s: float, seconds: float) -> None:
    """From the wall clock's `starts_at_s` on send `rate` events a second in turn over the matches, each `TICK_S` what
    is due."""
    events = _endless(ids)
    time.sleep(max(0.0, starts_at_s - time.time()))
    begun_s, sent = time.perf_counter(), 0
    with closing(Intake(url)) as intake:
        while (now_s := time.perf_counter() - begun_s) < seconds:
            due = min(POST_MOST, int(now_s * rate) - sent)
            if due > 0:
                intake.post_lines([_stamped(next(events)) for _ in range(due)])
                sent += due
            time.sleep(max(0.0, TICK_S - (time.perf_counter() - begun_s - now_s)))


def first_events(url: str, ids: Sequence[str]) -> None:
    """One event of each match, so that it is known to who asks for it."""
    events = _endless(ids)
    with closing(Intake(url)) as intake:
        intake.post_lines([_stamped(next(events)) for _ in ids])


def mean_bytes(ids: Sequence[str]) -> int:
    """The size of an event of this load."""
    events = _endless(ids[:SEEDS])
    sizes = [len(_stamped(next(events))) for _ in range(2000)]
    return sum(sizes) // len(sizes)


def _endless(ids: Sequence[str]) -> Iterator[AnyEvent]:
    """The events of all matches in turn, ready to be taken; one that is over begins again."""
    told = [list(inputs.simulated(seed=seed, best_of=1, position_hz=1).events()) for seed in range(SEEDS)]
    feeds = [_feed(match_id, told[n % SEEDS]) for n, match_id in enumerate(ids)]
    return (next(feed) for feed in cycle(feeds))


def _feed(match_id: str, events: Sequence[AnyEvent]) -> Iterator[AnyEvent]:
    for number, event in enumerate(cycle(events), start=1):
        yield replace(
            event, match_id=match_id, event_id=f"{match_id}/{number}", seq_no=number, session=match_id
        )


def _stamped(event: AnyEvent) -> bytes:
    return encode(replace(event, ts_event=datetime.now(UTC)))
