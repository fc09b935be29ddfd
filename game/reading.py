"""A reader's view of a match over a log that may be read again, beside a store that may be ahead of it or behind.

Belongs here: which copy counts. Does not belong here: how a message changes a copy (`game.view`), who is told.
"""

import msgspec

from game.messages import Retraction, StateMessage
from game.view import MatchView, apply, new_view

VoidMark = tuple[int, int]
"""Which of two retractions of a match was told later: a wider one may follow at once, with the same seq."""


def void_mark(message: Retraction) -> VoidMark:
    """Higher than those of all retractions that were told before."""
    return message.seq, -message.from_seq


class Reading:
    """One match. `view` never goes back: while it is in doubt, what is read again makes a copy of its own, which takes
    the place of the view when it has come as far."""

    def __init__(self, match_id: str) -> None:
        self.view: MatchView = new_view(match_id)
        self._copy = self.view
        """What the log has told so far, or so far again; the view itself where that is not in doubt."""
        self._void: VoidMark = (0, 0)
        """That of the newest retraction: a state from before it may be void."""

    def take(self, message: StateMessage) -> None:
        """The next message of the log."""
        self._copy = apply(self._copy, message)
        if isinstance(message, Retraction):
            if void_mark(message) > self._void:
                self._void, self.view = void_mark(message), apply(self.view, message)
        elif self._copy.seq >= max(self.view.seq, self._void[0]):
            self.view = self._copy

    def begin(self, stored: MatchView) -> None:
        """Go on from a view that the store had, where it is newer and cannot be void. One that never was whole takes
        the state, and stays in doubt about what came since."""
        if stored.seq > self.view.seq and stored.seq >= self._void[0]:
            self.view = self._copy = stored
        elif not self.view.state:
            self.view = msgspec.structs.replace(self.view, state=stored.state)
            if not self._copy.state:
                self._copy = self.view
