"""How a text leaves on a socket: as JSON or MessagePack, as a frame that all clients share where the server takes one.

Belongs here: encodings and frames. Does not belong here: whose turn it is (`carrier`), what is said (`session`).
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
"""Frames that are kept: clients of one match get them one after the other."""


def putter(websocket: WebSocket) -> Put:
    """Takes whole frames where the server does, else none."""
    put: Put = websocket.scope["extensions"].get(framed.EXTENSION, _takes_none)
    return put


def _takes_none(_frame: bytes) -> bool:
    return False


def framer(encoding: str) -> Frame:
    """The frame of a text, the same object for all clients that get it."""
    return text_frame if encoding == "json" else _binary_frame


def sender(websocket: WebSocket, encoding: str) -> Send:
    """Sends a text as one message, and `END` as the close."""

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
