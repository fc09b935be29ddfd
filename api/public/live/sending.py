"""Encodes texts for a socket: as JSON or MessagePack, as a frame shared by all clients if the server accepts whole
frames.

Belongs here: encodings and frames. Does not belong here: scheduling (`carrier`), what is sent (`session`).
"""

from collections.abc import Coroutine
from functools import lru_cache
from typing import Any

import msgspec
from starlette.websockets import WebSocket

from api import framed
from api.public.live.carrier import END, Frame, Put, Send

ENCODINGS = ("json", "msgpack")
CLOSE_GOING_AWAY = 1001
SHARED = 512
"""Number of cached frames: the clients of one match receive them one after another."""


def putter(websocket: WebSocket) -> Put:
    """Return a function that passes whole frames to the server; if the server does not accept them, one that accepts
    none."""
    put: Put = websocket.scope["extensions"].get(framed.EXTENSION, _takes_none)
    return put


def _takes_none(_frame: bytes) -> bool:
    return False


def framer(encoding: str) -> Frame:
    """Return the function that builds the frame of a text, the same object for all clients that receive it."""
    return text_frame if encoding == "json" else _binary_frame


def sender(websocket: WebSocket, encoding: str) -> Send:
    """Return the function that sends a text as one message, and `END` as a close."""

    def send(text: str) -> Coroutine[Any, Any, None]:
        if text == END:
            return websocket.close(CLOSE_GOING_AWAY, "the server stops")
        if encoding == "json":
            return websocket.send({"type": "websocket.send", "text": text})
        return websocket.send({"type": "websocket.send", "bytes": _packed(text)})

    return send


@lru_cache(SHARED)
def text_frame(text: str) -> bytes:
    return framed.text_frame(text)


@lru_cache(SHARED)
def _binary_frame(text: str) -> bytes:
    return framed.binary_frame(_packed(text))


def _packed(text: str) -> bytes:
    return msgspec.msgpack.encode(msgspec.json.decode(text))
