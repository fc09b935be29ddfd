"""A steady load: simulated matches, all running at once, at a fixed rate over HTTP. Runs in its own process.

Belongs here: which event is sent when. Does not belong here: what is measured (`midround.bench.latency`).

An event's timestamp is the moment of sending, in microseconds, so any receiver knows its latency.
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
"""Events per request. A sender that falls behind sends the rest right after it; the delay shows in the latencies."""


def match_ids(count: int, run: str) -> list[str]:
    """Return the ids of a run's matches."""
    return [f"bench-{run}-{n}" for n in range(count)]


def send(url: str, *, ids: Sequence[str], rate: float, starts_at_s: float, seconds: float) -> None:
    """From `starts_at_s` (wall clock) on, send `rate` events per second, rotating over the matches; every `TICK_S` send
    those due."""
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
    """Send one event of each match, so that clients can subscribe to it."""
    events = _endless(ids)
    with closing(Intake(url)) as intake:
        intake.post_lines([_stamped(next(events)) for _ in ids])


def mean_bytes(ids: Sequence[str]) -> int:
    """Return the mean size of this load's events in bytes."""
    events = _endless(ids[:SEEDS])
    sizes = [len(_stamped(next(events))) for _ in range(2000)]
    return sum(sizes) // len(sizes)


def _endless(ids: Sequence[str]) -> Iterator[AnyEvent]:
    """Return the events of all matches in rotation, simulated beforehand; a finished match starts over."""
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
