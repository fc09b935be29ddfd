"""Settings as they may be shown: without their secrets.

Belongs here: what is a secret, and what stands in its place. Does not belong here: settings themselves (`settings`).
"""

import re

SECRET = re.compile(
    r"password|secret|token|webhook_url|sasl\.(username|jaas)|ssl\.key\.pem|credential", re.IGNORECASE
)
URL_PASSWORD = re.compile(r"(?<=://)([^:/@\s]*):[^@/\s]+(?=@)")
MASK = "********"


def masked(name: str, value: object) -> object:
    """`value` as it may be shown: the secret itself, or the password in a URL, is replaced."""
    if value and SECRET.search(name):
        return MASK
    return URL_PASSWORD.sub(rf"\1:{MASK}", value) if isinstance(value, str) else value
