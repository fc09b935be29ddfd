"""How a key of the API looks, and what stands for one: a ticket for a minute, a pass of a stream for an hour. Pure but
for the randomness of a new key.

Belongs here: making, reading and checking. Does not belong here: what is kept (`adapters.catalog.clients`), who asks
(`gate`).

A key is `mr_` + 12 characters that name it + `_` + 43 characters of 256 random bits. The secret is that long, so one
SHA-256 keeps it: nobody can try them all.
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
"""How long a ticket is taken, and how long a stream may be cut."""
Kind = Literal["ticket", "pass"]


class Key(Struct, frozen=True, kw_only=True):
    """A key in parts. Its `text` is shown once, to whom it is for."""

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
    """A ticket or pass in parts, not checked yet."""

    key_id: str
    until_s: int
    seal: str


def new_key() -> Key:
    return Key(key_id=secrets.token_hex(6), secret=secrets.token_urlsafe(32))


def key_of(text: str) -> Key | None:
    """The key in a header's text; null where it is none."""
    found = _KEY.fullmatch(text)
    return None if found is None else Key(key_id=found[1], secret=found[2])


def hidden(text: str) -> str:
    """A text that may be kept: the secrets of keys and tickets that somebody put into it are left out."""
    return _TICKET.sub(r"\1...", _KEY.sub(r"mr_\1_...", text))


def is_secret(key: Key, secret_hash: str) -> bool:
    """Whether it is the key that is kept, in a time that tells nothing."""
    return hmac.compare_digest(key.secret_hash, secret_hash)


def ticket(key_id: str, secret: bytes, *, now: datetime) -> tuple[str, int]:
    """A ticket for that key, and the second at which it ends. Every process of the API that has the secret can check
    it, and nobody who reads the catalog can make one."""
    until_s = int(now.timestamp()) + TICKET_S
    return _sealed("ticket", key_id, until_s, secret=secret), until_s


def stream_pass(key_id: str, secret: bytes, *, now: datetime) -> str:
    """A pass with which a stream that a ticket opened goes on after a cut. It is in no address, so that it may last
    longer; within a minute it stays the same."""
    until_s = int(now.timestamp()) // 60 * 60 + PASS_S
    return _sealed("pass", key_id, until_s, secret=secret)


def ticket_of(text: str) -> Ticket | None:
    found = _TICKET.fullmatch(text)
    return None if found is None else Ticket(key_id=found[1], until_s=int(found[2]), seal=found[3])


def is_good(found: Ticket, secret: bytes, *, now: datetime, kind: Kind = "ticket") -> bool:
    """Whether it is of that kind, was made with that secret for its key, and has not ended."""
    seal = _seal(kind, found.key_id, found.until_s, secret=secret)
    return hmac.compare_digest(found.seal, seal) and now.timestamp() < found.until_s


def _sealed(kind: Kind, key_id: str, until_s: int, *, secret: bytes) -> str:
    return f"{key_id}.{until_s}.{_seal(kind, key_id, until_s, secret=secret)}"


def _seal(kind: Kind, key_id: str, until_s: int, *, secret: bytes) -> str:
    told = hmac.new(secret, f"{kind} {key_id} {until_s}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(told).decode().rstrip("=")
