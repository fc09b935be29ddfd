"""Each message of a match stands on the topics whose readers know its kind; one of no known kind on none."""

from typing import cast, get_args

import pytest

from adapters.kafka.channels import topics_of
from adapters.kafka.records import PREDICTIONS, PROCESSED, STATE
from game.messages import (
    DeadLetter,
    Message,
    PredictionMessage,
    ProcessedMessage,
    StateDelta,
    StateMessage,
)
from tests.streaming import messages as m

READ = {PROCESSED: ProcessedMessage, STATE: StateMessage, PREDICTIONS: PredictionMessage}
TOLD: tuple[Message, ...] = (
    m.processed(1),
    m.snapshot(1),
    StateDelta(match_id=m.MATCH, seq=2, prev_seq=1, ts_event=m.moment(2)),
    m.prediction(1),
    m.retraction(9, from_seq=7, to_seq=8),
)


@pytest.mark.parametrize("message", TOLD, ids=lambda message: type(message).__name__)
def test_a_message_is_on_the_topics_whose_readers_know_it(message: Message) -> None:
    assert topics_of(message) == tuple(
        topic for topic, read in READ.items() if type(message) in get_args(read)
    )


def test_every_kind_is_looked_at() -> None:
    assert {type(message) for message in TOLD} == set(get_args(Message))


def test_a_kind_that_nobody_placed_is_on_no_topic() -> None:
    letter = DeadLetter(field="$", reason="for the test", topic=PROCESSED, partition=0, offset=0, raw=b"")
    with pytest.raises(AssertionError):
        topics_of(cast("Message", letter))
