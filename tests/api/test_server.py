"""An answer in several writes waits for no ACK of its client."""

import asyncio
import socket

from adapters.ports import bind


def test_connections_send_at_once_what_they_have() -> None:
    async def run() -> int:
        accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def come(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = writer.get_extra_info("socket")
            accepted.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with bind("127.0.0.1", 0) as listening:
            serving = await asyncio.start_server(come, sock=listening)
            async with serving:
                _, writer = await asyncio.open_connection(*listening.getsockname()[:2])
                found = await asyncio.wait_for(accepted, 60)
                writer.close()
        return found

    assert asyncio.run(run()) == 1
