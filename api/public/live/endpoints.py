"""WebSocket /matches/{id}/live."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from urllib.parse import unquote

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.public.backends import Backends, Behind
from api.public.desk import Desk
from api.public.live.feed import feed, subscribed
from api.public.live.queries import followed
from api.public.paging import SEQ_MAX

ROUTER = APIRouter()

CLOSE_GOING_AWAY = 1001
CLOSE_INVALID = 4400
CLOSE_UNKNOWN_MATCH = 4404


@ROUTER.websocket("/matches/{match_id}/live")
async def live(behind: Behind, websocket: WebSocket, match_id: str) -> None:
    """Snapshot, then deltas and predictions; resumes at `?from_seq=`."""
    await websocket.accept()
    from_seq = websocket.query_params.get("from_seq")
    if from_seq is not None and not _is_seq(from_seq):
        await websocket.close(CLOSE_INVALID, "from_seq: not a seq")
        return
    desk = await followed(behind.board, behind.history, unquote(match_id))
    if desk is None:
        await websocket.close(CLOSE_UNKNOWN_MATCH, "match_id: no such match is known")
        return
    await _serve(behind, websocket, desk, from_seq=None if from_seq is None else int(from_seq))


async def _serve(behind: Backends, websocket: WebSocket, desk: Desk, *, from_seq: int | None) -> None:
    """Send until the client goes or the process ends; reading goes on beside it, or a leave would go unnoticed."""
    clients = behind.metrics.queue_depth.labels("live_clients")
    with subscribed(desk) as subscriber, clients.track_inprogress():
        frames = feed(
            desk,
            subscriber,
            from_seq=from_seq,
            heartbeat_s=behind.heartbeat_s,
            now=behind.now,
            is_feed_alive=lambda: behind.board.is_fed,
        )
        tasks = {asyncio.create_task(_send(websocket, frames)), asyncio.create_task(_listen(websocket))}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _send(websocket: WebSocket, frames: AsyncGenerator[str, None]) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        async with contextlib.aclosing(frames):
            async for text in frames:
                await websocket.send_text(text)
        await websocket.close(CLOSE_GOING_AWAY, "the server stops")


async def _listen(websocket: WebSocket) -> None:
    """What a client says is not looked at; only that it left."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        continue


def _is_seq(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= SEQ_MAX
