"""The format of the API's keys, and of what replaces one: a ticket for a minute, a stream's pass for an hour. Pure,
apart from the randomness of a new key.

Belongs here: creating, parsing and verifying. Does not belong here: storage (`adapters.catalog.clients`),
authentication of requests (`gate`).

A key is `mr_` + 12 characters that identify it + `_` + 43 characters of 256 random bits. The secret is long enough for
a single SHA-256 to store it safely: it cannot be brute-forced.
"""

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime
from typing import Literal

from msgspec import Struct

_KEY = re.compile(r"mr_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_TICKET = re.compile(r"([0-9a-f]{12})\.([0-9]{10,12})\.([A-Za-z0-9_-]{43})")
TICKET_S, PASS_S = 60, 3600
"""Lifetime of a ticket, and how long an interrupted stream may be resumed, in seconds."""
Kind = Literal["ticket", "pass"]


class Key(Struct, frozen=True, kw_only=True):
    """A parsed key. Its `text` is shown once, to the client that it is for."""

    key_id: str
    secret: str

    @property
    def text(self) -> str:
        return f"mr_{self.key_id}_{self.secret}"

    @property
    def secret_hash(self) -> str:
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def __repr__(self) -> str:
        return f"Key({self.key_id})"


class Ticket(Struct, frozen=True, kw_only=True):
    """A parsed ticket or pass, not verified yet."""

    key_id: str
    until_s: int
    seal: str


def new_key() -> Key:
    return Key(key_id=secrets.token_hex(6), secret=secrets.token_urlsafe(32))


def key_of(text: str) -> Key | None:
    """Parse a key; None if the text is not one."""
    found = _KEY.fullmatch(text)
    return None if found is None else Key(key_id=found[1], secret=found[2])


def hidden(text: str) -> str:
    """Return a text that is safe to store, without the secrets of any keys and tickets in it."""
    return _TICKET.sub(r"\1...", _KEY.sub(r"mr_\1_...", text))


def is_secret(key: Key, secret_hash: str) -> bool:
    """Whether the key's secret matches the stored hash; compared in constant time."""
    return hmac.compare_digest(key.secret_hash, secret_hash)


def ticket(key_id: str, secret: bytes, *, now: datetime) -> tuple[str, int]:
    """Return a ticket for that key, and when it expires (Unix seconds). Any API process with the secret can verify it,
    and reading the catalog is not enough to create one."""
    until_s = int(now.timestamp()) + TICKET_S
    return _sealed("ticket", key_id, until_s, secret=secret), until_s


def stream_pass(key_id: str, secret: bytes, *, now: datetime) -> str:
    """Return a pass with which a stream opened by a ticket is resumed. It is not part of a URL, so it may last longer;
    within the same minute it does not change."""
    until_s = int(now.timestamp()) // 60 * 60 + PASS_S
    return _sealed("pass", key_id, until_s, secret=secret)


def ticket_of(text: str) -> Ticket | None:
    found = _TICKET.fullmatch(text)
    return None if found is None else Ticket(key_id=found[1], until_s=int(found[2]), seal=found[3])


def is_good(found: Ticket, secret: bytes, *, now: datetime, kind: Kind = "ticket") -> bool:
    """Whether it is of that kind, was signed with that secret, and has not expired."""
    seal = _seal(kind, found.key_id, found.until_s, secret=secret)
    return hmac.compare_digest(found.seal, seal) and now.timestamp() < found.until_s


def _sealed(kind: Kind, key_id: str, until_s: int, *, secret: bytes) -> str:
    return f"{key_id}.{until_s}.{_seal(kind, key_id, until_s, secret=secret)}"


def _seal(kind: Kind, key_id: str, until_s: int, *, secret: bytes) -> str:
    told = hmac.new(secret, f"{kind} {key_id} {until_s}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(told).decode().rstrip("=")
