"""Topics, intake, live feed and webhooks as an AsyncAPI 3 document.

Belongs here: which messages are sent where, and by whom. Does not belong here: the messages themselves
(`game.messages`, `game.events`, the frames of the feed, `api.outbox.events`), whose schemas are derived from their
types.
"""

from collections.abc import Mapping
from typing import Any, get_args

import msgspec
from msgspec import Struct

from adapters.kafka import records
from api.seqs import SEQ_MAX
from game.events import AnyEvent
from game.messages import (
    DeadLetter,
    Prediction,
    Processed,
    Retraction,
    ShadowPrediction,
    StateDelta,
    StateSnapshot,
)

VERSION = "1"
EVENT = "Event"
FROM_SEQ = {"type": "integer", "minimum": 0, "maximum": SEQ_MAX, "description": "the first seq that you lack"}
TICKET = {
    "type": "string",
    "description": "in place of a key, which a browser cannot send (POST /api/v1/tickets)",
}


class Channel(Struct, frozen=True, kw_only=True):
    """A channel and its message types. Clients write to it if `is_written`, otherwise they read from it."""

    name: str
    address: str | None
    """None: the client chooses it."""
    server: str
    description: str
    types: tuple[Any, ...]
    is_written: bool = False
    parameters: tuple[str, ...] = ()
    query: Mapping[str, Any] = {}
    """Schemas of the query parameters, by name."""


KEYED = "Key: the match's id. At least once: readers ignore what they have seen."
BY_HTTP = "POST: one event, an array, or one a line; 202 once the broker has them (docs/API.md)."
BY_MATCH = "WebSocket: snapshot, then deltas and predictions; resumes at ?from_seq= (docs/API.md)."
BY_STREAM = (
    "GET with an answer that does not end, text/event-stream: `event` is the frame's message, `data` the frame as "
    "JSON, `id` where to go on after a cut, which a browser sends back as the header last-event-id (docs/API.md)."
)
BY_WEBHOOK = (
    "POST of one event to the URL of a client's webhook, signed after Standard Webhooks (docs/webhooks.md). "
    "At least once: receivers ignore a webhook-id that they have seen."
)
BY_SESSION = (
    "WebSocket: many matches and channels, as live-operations ask for them. Text frames of JSON; with "
    "?encoding=msgpack binary frames of the same in MessagePack (docs/API.md)."
)


def channels() -> tuple[Channel, ...]:
    """Return all channels."""
    raw = f"Events as they came, for the stream to understand. {KEYED}"
    understood = f"Events as they were understood, with facts. {KEYED}"
    return (
        _topic(records.RAW, raw, AnyEvent, is_written=True),
        _topic(records.PROCESSED, understood, Processed, Retraction),
        _topic(records.STATE, f"The state of each match. {KEYED}", StateSnapshot, StateDelta, Retraction),
        _topic(records.PREDICTIONS, f"Win probabilities with receipts. {KEYED}", Prediction, Retraction),
        _topic(records.SHADOW, f"What a challenger says. {KEYED}", ShadowPrediction, Retraction),
        _topic(records.DEAD_LETTERS, "Input that is no event, with the reason.", DeadLetter),
        Channel(
            name="intake",
            address="/events",
            server="intake",
            description=BY_HTTP,
            types=(AnyEvent,),
            is_written=True,
        ),
        *_feeds(),
        _webhooks(),
    )


def _feeds() -> tuple[Channel, ...]:
    """The live feed over WebSocket and server-sent events, and the operations that clients send on it."""
    from api.public.live import frames as f
    from api.public.live.operations import Subscribe, Unsubscribe
    from api.public.live.sending import ENCODINGS
    from api.public.predictions.resources import PredictionView

    told = (f.SnapshotFrame, StateSnapshot, StateDelta, PredictionView, f.RetractionFrame)
    managed = (f.SubscribedFrame, f.UnsubscribedFrame, f.RefusedFrame, f.ConflatedFrame)
    chosen = (f.EventFrame, f.ResultFrame, f.PositionsFrame, f.MovesFrame)
    session = (*told, *chosen, *managed, f.SuspendFrame, f.ResumeFrame, f.BeatFrame)
    return (
        _feed(
            "match-live",
            "/api/v1/matches/{match_id}/live",
            description=BY_MATCH,
            types=(*told, f.HeartbeatFrame),
            parameters=("match_id",),
            query={"from_seq": FROM_SEQ, "ticket": TICKET},
        ),
        _feed(
            "live",
            "/api/v1/live",
            description=BY_SESSION,
            types=session,
            query={"encoding": {"type": "string", "enum": [*ENCODINGS], "default": "json"}, "ticket": TICKET},
        ),
        _stream(session),
        _feed(
            "live-operations",
            "/api/v1/live",
            description="What clients say on that WebSocket: JSON, as text or binary, whatever its encoding.",
            types=(Subscribe, Unsubscribe),
            is_written=True,
        ),
    )


def _stream(types: tuple[Any, ...]) -> Channel:
    """The same frames for clients that cannot open a WebSocket."""
    from api.public.live.session import MATCHES_MAX

    match_ids = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MATCHES_MAX}
    asked = "state, predictions, events, results, positions; with commas between"
    return Channel(
        name="live-sse",
        address="/api/v1/live/sse",
        server="streams",
        description=BY_STREAM,
        types=types,
        query={
            "match_id": match_ids,
            "channels": {"type": "string", "description": asked},
            "from_seq": FROM_SEQ,
            "ticket": TICKET,
        },
    )


def _webhooks() -> Channel:
    """The events sent to the clients' webhooks."""
    from api.outbox.events import AnyTold

    return Channel(
        name="webhooks",
        address=None,
        server="receiver",
        description=BY_WEBHOOK,
        types=get_args(AnyTold),
    )


def described() -> dict[str, Any]:
    """Return the AsyncAPI document."""
    found = channels()
    types = list(dict.fromkeys(each for channel in found for each in channel.types))
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    messages = {_name(type_): {"payload": schema} for type_, schema in zip(types, schemas, strict=True)}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Midround",
            "version": VERSION,
            "description": "Events in, processed events, states and predictions out. docs/API.md has the rules.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "api": {"host": "localhost:8080", "protocol": "ws"},
            "intake": {"host": "localhost:8081", "protocol": "http"},
            "kafka": {"host": "localhost:9092", "protocol": "kafka"},
            "receiver": {"host": "receiver.example", "protocol": "https"},
            "streams": {"host": "localhost:8080", "protocol": "http"},
        },
        "channels": {channel.name: _channel(channel) for channel in found},
        "operations": {channel.name: _operation(channel) for channel in found},
        "components": {"messages": messages, "schemas": components},
    }


def _topic(name: str, description: str, *types: Any, is_written: bool = False) -> Channel:
    return Channel(
        name=name, address=name, server="kafka", description=description, types=types, is_written=is_written
    )


def _feed(name: str, address: str, **told: Any) -> Channel:
    return Channel(name=name, address=address, server="api", **told)


def _channel(channel: Channel) -> dict[str, Any]:
    described = {
        "address": channel.address,
        "description": channel.description,
        "servers": [{"$ref": f"#/servers/{channel.server}"}],
        "messages": {
            _name(type_): {"$ref": f"#/components/messages/{_name(type_)}"} for type_ in channel.types
        },
    }
    more: dict[str, Any] = {}
    if channel.parameters:
        more["parameters"] = {name: {} for name in channel.parameters}
    if channel.query and channel.server == "api":
        more["bindings"] = {"ws": _websocket(channel)}
    return described | more


def _operation(channel: Channel) -> dict[str, Any]:
    """The operation from the application's side, as AsyncAPI requires: it receives what clients write. Query parameters
    over HTTP belong here."""
    described = {
        "action": "receive" if channel.is_written else "send",
        "channel": {"$ref": f"#/channels/{channel.name}"},
    }
    is_asked_by_http = channel.server == "streams"
    return described | ({"bindings": {"http": _http(channel)}} if is_asked_by_http else {})


def _http(channel: Channel) -> dict[str, Any]:
    query = _object(channel.query) | {"required": ["match_id"]}
    return {"method": "GET", "query": query, "bindingVersion": "0.3.0"}


def _websocket(channel: Channel) -> dict[str, Any]:
    return {"method": "GET", "query": _object(channel.query), "bindingVersion": "0.1.0"}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "additionalProperties": False}


def _name(type_: Any) -> str:
    return EVENT if type_ == AnyEvent else str(type_.__name__)
