"""Options: the caller's win over our defaults, and never over what keeps the log whole."""

import pytest

from adapters.kafka.connection import (
    DURABLE_READERS,
    client_options,
    connection,
    consumer_options,
    producer_options,
)

FIXED = {
    "enable.auto.commit": "true",
    "auto.offset.reset": "latest",
    "enable.idempotence": "false",
    "partitioner": "random",
    "bootstrap.servers": "elsewhere:1",
}


@pytest.mark.parametrize("embedded", [True, False])
def test_options_pass_through(embedded: bool) -> None:
    made = connection(
        "h:1", {"linger.ms": "7", "fetch.wait.max.ms": "9", "sasl.username": "u"}, embedded=embedded
    )
    assert producer_options(made, delivery_timeout_s=None)["linger.ms"] == "7"
    assert consumer_options(made, "g")["fetch.wait.max.ms"] == "9"
    assert client_options(made)["sasl.username"] == "u"


def test_what_keeps_the_log_whole_cannot_be_changed() -> None:
    made = connection("h:1", FIXED, embedded=False)
    consumer, producer = consumer_options(made, "g"), producer_options(made, delivery_timeout_s=1)
    assert consumer["auto.offset.reset"] == "error"
    assert consumer["enable.auto.commit"] is False
    assert producer["enable.idempotence"] is True
    assert producer["partitioner"] == "murmur2_random"
    assert producer["bootstrap.servers"] == "h:1"


def test_an_empty_fetch_is_short_on_the_embedded_broker_only() -> None:
    waits = [
        consumer_options(connection("h:1", {}, embedded=kind), "g")["fetch.wait.max.ms"]
        for kind in (True, False)
    ]
    assert waits == [3, 500]


def test_readers_count_on_the_embedded_broker_only() -> None:
    assert connection("h:1", {}, embedded=True).readers == DURABLE_READERS
    assert connection("h:1", {}, embedded=True, readers={}).readers == {}
    assert connection("h:1", {}, embedded=False, readers=DURABLE_READERS).readers == {}


def test_a_delivery_is_given_up_in_time_or_never() -> None:
    made = connection("h:1", {}, embedded=False)
    assert producer_options(made, delivery_timeout_s=2.5)["message.timeout.ms"] == 2500
    assert producer_options(made, delivery_timeout_s=None)["message.timeout.ms"] == 0
