"""WebSocket clients of the live feed that record every event's latency by stage.

Belongs here: receiving. Does not belong here: summaries (`midround.bench.figures`).
"""

import asyncio
import contextlib
import gc
import time
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

KNOWN_WITHIN_S = 30.0


class Seen(msgspec.Struct):
    """Latency in milliseconds of every event after the warm-up, by stage: to the intake, to the stream's result, to the
    client."""

    intake_ms: list[float] = []
    stream_ms: list[float] = []
    delivery_ms: list[float] = []
    total_ms: list[float] = []
    frames: int = 0


class _Frame(msgspec.Struct):
    message: str
    ts_event: datetime | None = None
    received_at: datetime | None = None
    processed_at: datetime | None = None


_DECODER = msgspec.json.Decoder(_Frame)


def watch(base: str, *, ids: Sequence[str], from_s: float, seconds: float) -> Seen:
    """Follow the matches at `base` (`ws://host:port`) until `seconds` after `from_s` (wall clock); earlier frames are
    discarded."""
    gc.disable()
    return asyncio.run(_watch(base, ids, from_s=from_s, seconds=seconds))


async def _watch(base: str, ids: Sequence[str], *, from_s: float, seconds: float) -> Seen:
    seen = Seen()
    tasks = [asyncio.create_task(_follow(base, match_id, seen=seen, from_s=from_s)) for match_id in ids]
    await asyncio.sleep(from_s + seconds - time.time())
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return seen


async def _follow(base: str, match_id: str, *, seen: Seen, from_s: float) -> None:
    """One client; reconnects until the match is known."""
    deadline_s = time.time() + KNOWN_WITHIN_S
    while time.time() < deadline_s:
        with contextlib.suppress(ConnectionClosed, OSError):
            async with connect(
                f"{base}/api/v1/matches/{quote(match_id, safe='')}/live", compression=None
            ) as socket:
                async for text in socket:
                    _note(seen, text, from_s)
        await asyncio.sleep(0.2)


def _note(seen: Seen, text: str | bytes, from_s: float) -> None:
    now_s = time.time()
    if now_s < from_s:
        return
    seen.frames += 1
    frame = _DECODER.decode(text)
    if frame.message != "delta" or not (frame.ts_event and frame.received_at and frame.processed_at):
        return
    sent, received, processed = (
        t.timestamp() for t in (frame.ts_event, frame.received_at, frame.processed_at)
    )
    seen.intake_ms.append((received - sent) * 1000)
    seen.stream_ms.append((processed - received) * 1000)
    seen.delivery_ms.append((now_s - processed) * 1000)
    seen.total_ms.append((now_s - sent) * 1000)
