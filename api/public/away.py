"""What does not answer behind the API: an error that names the part, so that whoever asked is told which it is.

Belongs here: the error alone. Does not belong here: its words for clients (`answers`, `graphql.errors`).
"""

from typing import Literal

Part = Literal["store", "catalog", "broker"]


class AwayError(Exception):
    """A part is needed and does not answer, or has no turn for the question. Its text is the reason alone."""

    def __init__(self, part: Part, reason: str) -> None:
        super().__init__(reason)
        self.part: Part = part
