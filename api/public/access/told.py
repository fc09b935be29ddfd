"""Counts the events that a live connection sends to its client, against its plan.

Belongs here: which message is an event. Does not belong here: totals and limits (`usage`), the messages
(`api.public.live` and `api.public.graphql`).

An event is one message of a live feed, or one result of a GraphQL subscription. Heartbeats and protocol messages do not
count. Counting only inspects the first bytes of a message and adds 1.
"""

from typing import TYPE_CHECKING, Any

from api.framed import EXTENSION
from api.public.access.usage import Tally

if TYPE_CHECKING:
    from starlette.types import Message, Send
    from starlette.types import Scope as Asked

HEAD = 32
"""Leading bytes that cover the WebSocket header and the kind of a message, but no id."""
GRAPHQL, GRAPHQL_HEAD = "/graphql", 512
"""Leading bytes that cover an operation's id of up to 64 bytes, even fully escaped."""


def counted(scope: "Asked", send: "Send", tally: Tally) -> "Send":
    """Wrap `send` to count events; frames that bypass it are counted too."""
    if scope["type"] == "http":
        return _counted_stream(send, tally)
    extensions: dict[str, Any] = scope.get("extensions") or {}
    put = extensions.get(EXTENSION)
    if put is not None:

        def put_counted(frame: bytes) -> bool:
            is_taken: bool = put(frame)
            if is_taken and b"heartbeat" not in frame[:HEAD]:
                tally.events += 1
            return is_taken

        scope["extensions"] = {**extensions, EXTENSION: put_counted}
    is_event = _is_result if scope["path"] == GRAPHQL else _is_of_the_feed

    async def say(message: "Message") -> None:
        await send(message)
        if message["type"] == "websocket.send" and is_event(message):
            tally.events += 1

    return say


def _counted_stream(send: "Send", tally: Tally) -> "Send":
    async def say(message: "Message") -> None:
        await send(message)
        is_of_stream = message["type"] == "http.response.body" and message.get("more_body", False)
        if is_of_stream and not _is_beat_of_stream(message["body"]):
            tally.events += 1

    return say


def _is_of_the_feed(message: "Message") -> bool:
    text = message.get("text")
    if text is not None:
        return "heartbeat" not in text[:HEAD]
    return b"heartbeat" not in message["bytes"][:HEAD]


def _is_beat_of_stream(body: bytes) -> bool:
    """Whether the message is a heartbeat. In a stream opened by a ticket, the id precedes the event's name."""
    return b"event: heartbeat\n" in body.partition(b"data: ")[0]


def _is_result(message: "Message") -> bool:
    return '"next"' in (message.get("text") or "")[:GRAPHQL_HEAD]
