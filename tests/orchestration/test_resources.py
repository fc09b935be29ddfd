"""What an asset needs from outside: a store that is busy is there."""

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from orchestration.resources import StoreResource

BUSY_S = 1.5


class Busy(BaseHTTPRequestHandler):
    """Answers a ping, but not at once."""

    def do_GET(self) -> None:
        time.sleep(BUSY_S)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"Ok.\n")


@pytest.fixture
def busy() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Busy) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/midround"
        server.shutdown()
        thread.join()


@pytest.mark.slow
def test_a_store_that_is_busy_is_there_and_one_that_refuses_is_not(busy: str) -> None:
    assert StoreResource(url=busy, options={}, ttl_days={}).is_there()
    assert not StoreResource(url="http://127.0.0.1:9/midround", options={}, ttl_days={}).is_there()
