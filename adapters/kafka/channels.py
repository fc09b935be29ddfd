"""Which topics a message of a match stands on: for the stream that publishes it, and for all that do as it does.

Belongs here: message to names of topics. Does not belong here: the names (`records`), what a message says
(`game.messages`), records that are no message of a match.
"""

from typing import assert_never

from adapters.kafka.records import PREDICTIONS, PROCESSED, STATE
from game.messages import Message, Prediction, Processed, Retraction, StateDelta, StateSnapshot


def topics_of(message: Message) -> tuple[str, ...]:
    """A retraction is on every topic that it may make something void on."""
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
