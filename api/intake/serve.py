"""The intake as a process: opens the broker, serves, stops. Only wiring."""

import asyncio
import socket
from collections.abc import Mapping, Sequence

from adapters.exit_codes import DONE
from adapters.kafka.connection import connection
from adapters.metrics import metrics
from api import server
from api.intake.app import create_app
from api.intake.bounds import MEBI, Limits
from api.intake.broker import KafkaBroker


def run(
    *,
    bootstrap_servers: str,
    is_embedded: bool,
    host: str = "127.0.0.1",
    port: int = 8081,
    kafka_options: Mapping[str, str] | None = None,
    readers: Mapping[str, Sequence[str]] | None = None,
    body_bytes_max: int,
    in_flight_bytes_max: int = 64 * MEBI,
) -> int:
    """Serve until SIGTERM or SIGINT. Returns 0, or after one line on stderr 4 if the port is taken and 2 if it cannot
    be bound otherwise.

    `readers`: the consumer groups that the embedded broker waits for (`adapters.kafka.connection.connection`).
    """
    listening = server.bind_or_tell(host, port)
    if isinstance(listening, int):
        return listening
    limits = Limits(body_bytes_max=body_bytes_max, in_flight_bytes_max=in_flight_bytes_max)
    to = connection(bootstrap_servers, kafka_options or {}, embedded=is_embedded, readers=readers)
    with listening, server.signals_end_quietly():
        asyncio.run(_serve(KafkaBroker(to), limits=limits, listening=listening))
    return DONE


async def _serve(broker: KafkaBroker, *, limits: Limits, listening: socket.socket) -> None:
    connecting = asyncio.create_task(broker.connect())
    try:
        await server.server(create_app(broker, metrics(), limits=limits)).serve(sockets=[listening])
    finally:
        connecting.cancel()
        await broker.close()
