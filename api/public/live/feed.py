"""The frames of one client of one match: initial frames or resumption, then published frames with heartbeats between.

Belongs here: the order of frames. Does not belong here: the socket (`endpoints`), frames themselves (`frames`).
"""

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from api.public.desk import Desk
from api.public.live import frames
from api.public.live.subscriber import Subscriber


@contextmanager
def subscribed(desk: Desk) -> Iterator[Subscriber]:
    """Register a new client of the match for the duration of the context."""
    subscriber = Subscriber()
    desk.subscribers.add(subscriber)
    try:
        yield subscriber
    finally:
        desk.subscribers.discard(subscriber)


async def feed(
    desk: Desk,
    subscriber: Subscriber,
    *,
    from_seq: int | None,
    heartbeat_s: float,
    now: Callable[[], datetime],
    is_feed_alive: Callable[[], bool],
) -> AsyncGenerator[str, None]:
    """Yield frames for one client until its subscriber is closed."""
    subscriber.catch_up()
    for text in desk.opening() if from_seq is None else desk.resumption(from_seq):
        yield text
    while not subscriber.is_closed:
        if not await subscriber.wait(heartbeat_s):
            beat = frames.heartbeat(
                desk.view.match_id, seq=desk.view.seq, now=now(), is_feed_alive=is_feed_alive()
            )
            yield frames.encoded(beat)
            continue
        for text in _waiting(desk, subscriber):
            yield text


def _waiting(desk: Desk, subscriber: Subscriber) -> list[str]:
    """Return the queued frames, or the initial frames for a client that fell behind."""
    if not subscriber.is_behind:
        return subscriber.take()
    subscriber.catch_up()
    return desk.opening()
