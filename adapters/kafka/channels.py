"""Maps a message of a match to its topics, for the stream and for everything that publishes like it.

Belongs here: message to topic names. Does not belong here: the names (`records`), the content of messages
(`game.messages`), records that are not messages of a match.
"""

from typing import assert_never

from adapters.kafka.records import PREDICTIONS, PROCESSED, STATE
from game.messages import Message, Prediction, Processed, Retraction, StateDelta, StateSnapshot


def topics_of(message: Message) -> tuple[str, ...]:
    """The topics of `message`; a retraction is on every topic whose messages it may invalidate."""
    match message:
        case Processed():
            return (PROCESSED,)
        case StateDelta() | StateSnapshot():
            return (STATE,)
        case Prediction():
            return (PREDICTIONS,)
        case Retraction():
            return (PROCESSED, STATE, PREDICTIONS)
        case _:
            assert_never(message)
