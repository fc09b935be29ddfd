"""The embedded broker as it is reached by who waits for no reader. No tests here."""

from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka.connection import Connection, connection


def reached(broker: EmbeddedBroker) -> Connection:
    return connection(broker.bootstrap_servers, {}, embedded=True, readers={})
