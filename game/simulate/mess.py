"""Adds the faults of real matches and feeds to a clean simulated match.

Belongs here: the number of faults of each kind, and the order in which they are applied. Does not belong here: mishaps
of a match (`game.simulate.mishaps`), disturbances of a feed (`game.simulate.disorder`).

All faults are recoverable: duplicates and reordering within the window change nothing; late events, restores and
restarts leave the facts that count unchanged; gaps lose only events that do not affect the score.
"""

from collections.abc import Iterable
from random import Random

from msgspec import Struct

from game import events as e
from game.simulate import disorder, mishaps


class Options(Struct, frozen=True, kw_only=True):
    """Shares are of events; all other numbers are counts over the whole feed."""

    duplicate_share: float = 0.0
    reorder_share: float = 0.0
    reorder_window: int = 8
    """No event moves more than this many places."""
    late_events: int = 0
    """Number of events held back for `late_by` events, within their round."""
    late_by: int = 48
    gaps: int = 0
    gap_events: int = 3
    session_restarts: int = 0
    has_session: bool = True
    """False: envelopes have no session, so that a restart shows only by the falling counter."""
    match_restarts: int = 0
    restores: int = 0
    silent_restores: int = 0
    reconnects: int = 0
    renames: int = 0
    bot_takeovers: int = 0


LEVELS = (
    Options(),
    Options(duplicate_share=0.02, reorder_share=0.02),
    Options(duplicate_share=0.05, reorder_share=0.1, session_restarts=1, restores=1, reconnects=2, renames=1),
    Options(
        duplicate_share=0.1,
        reorder_share=0.3,
        late_events=3,
        gaps=3,
        session_restarts=2,
        match_restarts=1,
        restores=2,
        silent_restores=1,
        reconnects=4,
        renames=2,
        bot_takeovers=1,
    ),
)
"""The levels: 0 clean, 1 a bad connection, 2 a bad day, 3 every kind of fault."""


class Messed(Struct, frozen=True, kw_only=True):
    """`events` as they arrive; `clean`: the same match without faults, with the same event times."""

    events: list[e.AnyEvent]
    clean: list[e.AnyEvent]


def mess(events: Iterable[e.AnyEvent], *, seed: int, options: Options | int = 1) -> list[e.AnyEvent]:
    """The events as they arrive; `options` may be a level. The same arguments give the same result."""
    return messed(events, seed=seed, options=options).events


def messed(events: Iterable[e.AnyEvent], *, seed: int, options: Options | int = 1) -> Messed:
    """The events with faults and, for comparison, the clean match. A restored match takes longer, in both."""
    chosen = LEVELS[options] if isinstance(options, int) else options
    rng = Random(f"midround/mess/{seed}")
    lived = mishaps.undergo(
        list(events),
        restarts=chosen.match_restarts,
        restores=chosen.restores,
        silent_restores=chosen.silent_restores,
        rng=rng,
    )
    arrived = mishaps.with_presence(
        lived.events,
        reconnects=chosen.reconnects,
        renames=chosen.renames,
        takeovers=chosen.bot_takeovers,
        rng=rng,
    )
    numbered = disorder.in_sessions(arrived, chosen.session_restarts, has_session=chosen.has_session, rng=rng)
    kept = disorder.without(numbered, gaps=chosen.gaps, size=chosen.gap_events, rng=rng)
    held = disorder.held_back(kept, count=chosen.late_events, places=chosen.late_by, rng=rng)
    shuffled = disorder.shuffled(held, share=chosen.reorder_share, window=chosen.reorder_window, rng=rng)
    repeated = disorder.repeated(
        shuffled, share=chosen.duplicate_share, window=chosen.reorder_window, rng=rng
    )
    return Messed(events=repeated, clean=lived.clean)
