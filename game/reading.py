"""A reader's view of one match, from a log that may be read again and a store that may be ahead of it or behind.

Belongs here: which copy of the state counts. Does not belong here: how a message changes a copy (`game.view`), and who
receives it.
"""

import msgspec

from game.messages import Retraction, StateMessage
from game.view import MatchView, apply, new_view

VoidMark = tuple[int, int]
"""Orders the retractions of a match by when they were published: a wider one may follow at once, with the same seq."""


def void_mark(message: Retraction) -> VoidMark:
    """The retraction's mark, higher than those of all retractions published before it."""
    return message.seq, -message.from_seq


class Reading:
    """One match. `view` never goes back: while it is in doubt, the messages read again build a separate copy, which
    replaces the view once it has come as far."""

    def __init__(self, match_id: str) -> None:
        self.view: MatchView = new_view(match_id)
        self._copy = self.view
        """The state as read from the log so far, or read again; the same object as the view while that is not in
        doubt."""
        self._void: VoidMark = (0, 0)
        """Mark of the newest retraction: a state from before it may be void."""

    def take(self, message: StateMessage) -> None:
        """Take the next message of the log."""
        self._copy = apply(self._copy, message)
        if isinstance(message, Retraction):
            if void_mark(message) > self._void:
                self._void, self.view = void_mark(message), apply(self.view, message)
        elif self._copy.seq >= max(self.view.seq, self._void[0]):
            self.view = self._copy

    def begin(self, stored: MatchView) -> None:
        """Continue from a view that the store had, if it is newer and cannot be void. A view without any state takes
        over the stored state alone, and stays in doubt about what came since."""
        if stored.seq > self.view.seq and stored.seq >= self._void[0]:
            self.view = self._copy = stored
        elif not self.view.state:
            self.view = msgspec.structs.replace(self.view, state=stored.state)
            if not self._copy.state:
                self._copy = self.view
