"""Secrets and signatures of webhooks, after Standard Webhooks 1.0. Pure, apart from the randomness of a new secret.

Belongs here: their format. Does not belong here: storage of secrets (`adapters.catalog.webhooks`), sending.

A secret is `whsec_` + base64 of 256 random bits. The signature of a delivery is `v1,` + base64 of HMAC-SHA256 over
`id.timestamp.body`, one for each active secret, separated by spaces.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed(body: str, *, delivery_id: str, at_s: int, with_secrets: Sequence[str]) -> dict[str, str]:
    """Return the three headers of a delivery sent at `at_s` (Unix seconds)."""
    content = f"{delivery_id}.{at_s}.{body}".encode()
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(_signature(content, secret) for secret in with_secrets),
    }


def _signature(content: bytes, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
