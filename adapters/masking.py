"""Masks the secrets in settings, so that they can be shown.

Belongs here: what counts as a secret, and its replacement. Does not belong here: the settings themselves (`settings`).
"""

import re
from collections.abc import Mapping

_SECRET = r"passw|pwd|secret|token|credential|api_?key|webhook_url|sasl\.(?:username|jaas)|ssl\.key\.pem"
SECRET = re.compile(_SECRET, re.IGNORECASE)
URL_PASSWORD = re.compile(r"(?<=://)([^:\s]*):\S+(?=@)")
"""Matches up to the last `@`: a password that was not escaped may contain any character."""
GIVEN = re.compile(rf"([\w.-]*(?:{_SECRET})[\w.-]*=)[^&;\s]+", re.IGNORECASE)
"""A secret in the query string of a URL, or in any other text of names and values."""
MASK = "********"


def masked(name: str, value: object) -> object:
    """`value` in a form that can be shown: a secret, or the secrets within a URL, a table or a list, are replaced."""
    if value and SECRET.search(name):
        return MASK
    if isinstance(value, Mapping):
        return {key: masked(str(key), each) for key, each in value.items()}
    if isinstance(value, list):
        return [masked(name, each) for each in value]
    return _without_secrets(value) if isinstance(value, str) else value


def _without_secrets(text: str) -> str:
    return GIVEN.sub(rf"\1{MASK}", URL_PASSWORD.sub(rf"\1:{MASK}", text))
