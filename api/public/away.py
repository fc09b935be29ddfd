"""The error raised when a part behind the API does not answer; it names the part.

Belongs here: the error only. Does not belong here: its text for clients (`answers`, `graphql.errors`).
"""

from typing import Literal

Part = Literal["store", "catalog", "broker"]


class AwayError(Exception):
    """A required part does not answer, or has no free slot for the query. The message contains only the reason."""

    def __init__(self, part: Part, reason: str) -> None:
        super().__init__(reason)
        self.part: Part = part
