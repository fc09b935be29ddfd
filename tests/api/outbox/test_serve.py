"""The sending side on a real broker, catalog and receiver: what is published arrives, signed, in order, once."""

import asyncio
import json
import logging
import threading
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka.connection import Connection, connection
from adapters.kafka.producer import AcknowledgedProducer
from adapters.kafka.records import Outgoing
from adapters.metrics import metrics
from api.outbox.schedule import Schedule
from api.outbox.serve import Manner, serve
from api.outbox.signing import new_secret
from game.messages import Message
from tests.api.outbox.doubles import WITHIN_S, Office
from tests.api.outbox.receiver import Receiver, receiving
from tests.api.public.doubles import messages, records

pytestmark = pytest.mark.slow

MANNER = Manner(is_private_allowed=True, schedule=Schedule(first_s=0.0))


async def publish(to: Connection, told: tuple[Message, ...]) -> None:
    producer = AcknowledgedProducer(to)
    sent = [Outgoing(topic=r.topic, key=r.key, value=r.value) for r in records(told)]
    await producer.acknowledged(sent, timeout_s=WITHIN_S)
    await asyncio.to_thread(producer.close)


async def life(to: Connection, office: Office, receiver: Receiver, *, until: int) -> None:
    """One process that ends once the receiver has got so many."""
    stopping = threading.Event()
    serving = asyncio.create_task(
        serve(
            to,
            office.outbox,
            measured=metrics(),
            manner=MANNER,
            stopping=stopping,
            on_ready=lambda: None,
        )
    )
    try:
        async with asyncio.timeout(WITHIN_S):
            while len(receiver.got) < until and not serving.done():
                await asyncio.sleep(0.01)
    finally:
        stopping.set()
        await serving


def test_what_is_published_arrives_over_two_lives_of_the_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    office, secret, told = Office(tmp_path), new_secret(), messages()

    async def scene(receiver: Receiver, to: Connection) -> None:
        receiver.statuses = [204, 500]
        office.webhook(f"{receiver.url}/ok", secret=secret)
        await publish(to, told)
        await life(to, office, receiver, until=3)
        await life(to, office, receiver, until=6)

    with receiving() as receiver, EmbeddedBroker(partitions=2) as broker:
        asyncio.run(scene(receiver, connection(broker.bootstrap_servers, {}, embedded=True, readers={})))
        ids = [got.headers["webhook-id"] for got in receiver.got]
        arrived = {
            got.headers["webhook-id"]: Webhook(secret).verify(got.body, got.headers) for got in receiver.got
        }
    assert ids[1] in ids[2:], "the one that was refused comes again under its id"
    of_states = [each for each in arrived.values() if each["type"] in {"match.started", "round.ended"}]
    seqs = [each["data"]["seq"] for each in of_states]
    assert (of_states[0]["type"], seqs) == ("match.started", sorted(seqs))
    assert secret not in caplog.text
    assert f":{receiver.port}/ok" not in caplog.text, "a URL may hold a token of its owner's"
    assert secret.removeprefix("whsec_") not in json.dumps(office.catalog.all("audit"), default=str)
    office.catalog.close()
