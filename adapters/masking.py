"""Settings as they may be shown: without their secrets.

Belongs here: what is a secret, and what stands in its place. Does not belong here: settings themselves (`settings`).
"""

import re
from collections.abc import Mapping

_SECRET = r"passw|pwd|secret|token|credential|api_?key|webhook_url|sasl\.(?:username|jaas)|ssl\.key\.pem"
SECRET = re.compile(_SECRET, re.IGNORECASE)
URL_PASSWORD = re.compile(r"(?<=://)([^:\s]*):\S+(?=@)")
"""Up to the last `@`: in a password that nobody escaped, any character may stand."""
GIVEN = re.compile(rf"([\w.-]*(?:{_SECRET})[\w.-]*=)[^&;\s]+", re.IGNORECASE)
"""A secret in the query of a URL, or in another text of names and values."""
MASK = "********"


def masked(name: str, value: object) -> object:
    """`value` as it may be shown: the secret itself, or those within a URL, a table or a list, are replaced."""
    if value and SECRET.search(name):
        return MASK
    if isinstance(value, Mapping):
        return {key: masked(str(key), each) for key, each in value.items()}
    if isinstance(value, list):
        return [masked(name, each) for each in value]
    return _without_secrets(value) if isinstance(value, str) else value


def _without_secrets(text: str) -> str:
    return GIVEN.sub(rf"\1{MASK}", URL_PASSWORD.sub(rf"\1:{MASK}", text))
