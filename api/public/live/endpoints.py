"""Routes of the live feed: WebSocket /matches/{id}/live and /live, Server-Sent Events /live/sse.

Belongs here: routes, their parameters, reading from sockets. Does not belong here: what is sent (`session`, `feed`),
encodings (`sending`).
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated
from urllib.parse import unquote

import msgspec
from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.problems import ProblemError, problem
from api.public.access.asking import plan_of
from api.public.access.gate import CLOSE_AWAY, CLOSE_TOO_MANY, TENANT, key_text
from api.public.access.keys import stream_pass
from api.public.access.plans import Plan
from api.public.answers import demand_known, demand_once, shows_text
from api.public.away import AwayError
from api.public.backends import Backends, Behind
from api.public.desk import Desk
from api.public.live.bookmark import Bookmark, Head, starts_of
from api.public.live.carrier import Outlet
from api.public.live.feed import feed, subscribed
from api.public.live.frames import RefusedFrame
from api.public.live.line import Line
from api.public.live.operations import Subscribe, operation
from api.public.live.queries import followed
from api.public.live.sending import CLOSE_GOING_AWAY, ENCODINGS, framer, putter, sender, text_frame
from api.public.live.session import MATCHES_MAX, Session, is_fed
from api.public.minute import IN_A_MINUTE, minute_of
from api.seqs import SEQ_MAX

ROUTER = APIRouter(tags=["live"])

EVENT_STREAM = "text/event-stream"
Matches = Annotated[list[str], Query(min_length=1, max_length=MATCHES_MAX, description="matches to follow")]
Channels = Annotated[
    str | None,
    Query(max_length=64, description="state, predictions, events, results, positions; with commas between"),
]
LastEventId = Annotated[
    str | None,
    Header(max_length=4096, description="the `id` that came last: goes on there, in place of from_seq"),
]
Ticket = Annotated[
    str | None, Query(max_length=256, description="in place of a key, which browsers cannot send")
]
From = Annotated[int | None, Query(ge=0, le=SEQ_MAX, description="the last seq that you have, plus 1")]

CLOSE_INVALID = 4400
CLOSE_UNKNOWN_MATCH = 4404
REASON_MAX = 123
"""Bytes of a reason that fit into a close frame."""
TICKET = "ticket"
"""Read by the gate; ignored where no keys are required."""
REFUSED_MAX = 50
"""Invalid operations after which a connection is closed."""


@ROUTER.websocket("/matches/{match_id}/live")
async def live(behind: Behind, websocket: WebSocket, match_id: str) -> None:
    """Snapshot, then deltas and predictions; resumes at `?from_seq=`."""
    await websocket.accept()
    if await _is_misspelt(websocket, "from_seq", TICKET):
        return
    from_seq = websocket.query_params.get("from_seq")
    if from_seq is not None and not _is_seq(from_seq):
        await websocket.close(CLOSE_INVALID, "from_seq: not a seq")
        return
    try:
        desk = await followed(behind.board, behind.history, unquote(match_id))
    except AwayError as error:
        await websocket.close(CLOSE_AWAY, f"{error.part}: {error}")
        return
    if desk is None:
        await websocket.close(CLOSE_UNKNOWN_MATCH, "match_id: no such match is known")
        return
    await _serve(behind, websocket, desk, from_seq=None if from_seq is None else int(from_seq))


async def _serve(behind: Backends, websocket: WebSocket, desk: Desk, *, from_seq: int | None) -> None:
    """Send until the client leaves or the process stops. A concurrent task reads from the socket, to notice that the
    client leaves."""
    clients = behind.metrics.queue_depth.labels("live_clients")
    with subscribed(desk) as subscriber, clients.track_inprogress():
        frames = feed(
            desk,
            subscriber,
            from_seq=from_seq,
            heartbeat_s=behind.heartbeat_s,
            now=behind.now,
            is_feed_alive=lambda: is_fed(behind.board, desk.view.match_id),
        )
        tasks = {asyncio.create_task(_send(websocket, frames)), asyncio.create_task(_listen(websocket))}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _send(websocket: WebSocket, frames: AsyncGenerator[str, None]) -> None:
    put = putter(websocket)
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        async with contextlib.aclosing(frames):
            async for text in frames:
                if not put(text_frame(text)):
                    await websocket.send_text(text)
        await websocket.close(CLOSE_GOING_AWAY, "the server stops")


async def _listen(websocket: WebSocket) -> None:
    """Read and ignore messages until the client disconnects."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        continue


async def _is_misspelt(websocket: WebSocket, *names: str) -> bool:
    """Close the socket if a parameter is unknown or repeated; return whether it was closed."""
    try:
        demand_known(websocket, names)
        demand_once(websocket, names)
    except ProblemError as error:
        reason = error.problem.detail.encode()[:REASON_MAX].decode(errors="ignore")
        await websocket.close(CLOSE_INVALID, reason)
        return True
    return False


def _is_seq(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= SEQ_MAX


@ROUTER.websocket("/live")
async def live_many(behind: Behind, websocket: WebSocket) -> None:
    """Any matches and channels on one connection, as the client requests; `?encoding=msgpack` for binary frames."""
    await websocket.accept()
    if await _is_misspelt(websocket, "encoding", TICKET):
        return
    encoding = websocket.query_params.get("encoding", "json")
    if encoding not in ENCODINGS:
        await websocket.close(CLOSE_INVALID, f"encoding: is none of {', '.join(ENCODINGS)}")
        return
    session = _session(behind, plan_of(websocket.scope))
    put, send = putter(websocket), sender(websocket, encoding)
    outlet = Outlet(behind.carrier, session.due, frame=framer(encoding), put=put, send=send)
    session.changed = outlet
    with (
        behind.metrics.queue_depth.labels("live_clients").track_inprogress(),
        beating(session, behind.heartbeat_s),
    ):
        try:
            await _operate(websocket, session)
        finally:
            session.close()
            outlet.close()


@ROUTER.get("/live/sse", response_class=StreamingResponse, responses=shows_text(EVENT_STREAM))
async def live_sse(
    *,
    behind: Behind,
    request: Request,
    match_id: Matches,
    channels: Channels = None,
    from_seq: From = None,
    last_event_id: LastEventId = None,
    ticket: Ticket = None,
) -> StreamingResponse:
    """The same frames as Server-Sent Events: `event` is the frame's message, `id` the point to resume from. The gate
    reads `ticket`."""
    matches = tuple(dict.fromkeys(match_id))
    starts = [from_seq] * len(matches) if last_event_id is None else _starts(last_event_id, len(matches))
    asked = [_subscribe(each, channels, start) for each, start in zip(matches, starts, strict=True)]
    session = _session(behind, plan_of(request.scope))
    try:
        for each in asked:
            await session.take(each)
        if not session.is_following:
            if session.away is not None:
                raise session.away
            reason = "no such match is known yet: ask again later"
            raise ProblemError(problem(404, "not-found", field="query.match_id", reason=reason))
    except BaseException:
        session.close()
        raise
    return Following(session, Bookmark(matches, asked[0].channels, starts, pass_=_pass_of(behind, request)))


def _pass_of(behind: Backends, request: Request) -> Callable[[], str] | None:
    """Return the function that issues passes for a stream; None if it was opened with a key, or keys are not
    required."""
    tenant = request.scope.get(TENANT)
    if tenant is None or key_text(request.headers) is not None:
        return None
    return lambda: stream_pass(tenant.key_id, behind.ticket_secret, now=behind.now())


def _subscribe(match_id: str, channels: str | None, from_seq: int | None) -> Subscribe:
    asked: dict[str, object] = {"op": "subscribe", "match_id": match_id, "from_seq": from_seq}
    asked |= {} if channels is None else {"channels": channels.split(",")}
    found = operation(msgspec.json.encode(asked))
    if isinstance(found, Subscribe):
        return found
    field, reason = (
        (found.field, found.reason) if isinstance(found, RefusedFrame) else ("$", "subscribes to nothing")
    )
    raise ProblemError(problem(400, "invalid", field=f"query{field.removeprefix('$')}", reason=reason))


class Following(StreamingResponse):
    """A response with the Server-Sent Events of a session, which is closed with it, even if it was never started."""

    def __init__(self, session: Session, bookmark: Bookmark) -> None:
        self._session = session
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__(_events(session, bookmark), media_type=EVENT_STREAM, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._session.close()


def _starts(last_event_id: str, count: int) -> list[int | None]:
    try:
        return starts_of(last_event_id, count)
    except ValueError as error:
        raise ProblemError(
            problem(400, "invalid", field="header.last-event-id", reason=str(error))
        ) from error


def _session(behind: Backends, plan: Plan) -> Session:
    return Session(
        behind.board,
        behind.history,
        heartbeat_s=behind.heartbeat_s,
        now=behind.now,
        matches_max=plan.matches,
    )


@contextmanager
def beating(session: Session, heartbeat_s: float) -> Iterator[None]:
    """Send a heartbeat now and every `heartbeat_s` for the duration of the context."""
    loop = asyncio.get_running_loop()
    timers: list[asyncio.TimerHandle] = []

    def beat() -> None:
        session.beat()
        timers[:] = [loop.call_later(heartbeat_s, beat)]

    beat()
    try:
        yield
    finally:
        timers[0].cancel()


async def _operate(websocket: WebSocket, session: Session) -> None:
    """Process the client's operations until it leaves; close the connection after too many, or too many invalid
    ones."""
    async with asyncio.TaskGroup() as tasks:
        with contextlib.closing(Line(session, tasks)) as line:
            await _listen_to(websocket, line)


async def _listen_to(websocket: WebSocket, line: Line) -> None:
    minute, refused = minute_of(websocket.scope), 0
    while (message := await websocket.receive())["type"] != "websocket.disconnect":
        if not minute.take():
            await websocket.close(CLOSE_TOO_MANY, f"more than {IN_A_MINUTE} operations in a minute")
            return
        found = operation(message.get("text") or message.get("bytes") or "")
        refused += isinstance(found, RefusedFrame)
        if refused > REFUSED_MAX:
            await websocket.close(CLOSE_INVALID, f"more than {REFUSED_MAX} operations that are none")
            return
        await line.take(found)


async def _events(session: Session, bookmark: Bookmark) -> AsyncGenerator[str, None]:
    async with contextlib.aclosing(session.told()) as frames:
        async for text in frames:
            head = _HEAD.decode(text)
            place = bookmark.turn(head)
            number = "" if place is None else f"id: {place}\n"
            yield f"{number}event: {head.message}\ndata: {text}\n\n"


_HEAD = msgspec.json.Decoder(Head)
