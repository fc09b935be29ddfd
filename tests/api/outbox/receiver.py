"""A receiver of webhooks on loopback that remembers what it got, and one that misbehaves. No tests here."""

import contextlib
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from msgspec import Struct

ENDLESS = b"x" * 65_536


class Got(Struct, frozen=True, kw_only=True):
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


class Receiver:
    """Answers by path: /ok 204, /no 500, /moved a redirect to /ok, /drip and /endless a body that never ends, /silent
    nothing. `statuses` are the next answers of /ok."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.got: list[Got] = []
        self.statuses: list[int] = []
        self.released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextlib.contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver that is stopped at the end whatever happened."""
    receiver = Receiver(tls)
    try:
        yield receiver
    finally:
        receiver.close()


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            body = self.rfile.read(length)
            if len(body) < length:  # who sent it is gone amid it: that is no request
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            port = int(self.client_address[1])
            receiver.got.append(Got(path=self.path, headers=headers, body=body, connection=port))
            with contextlib.suppress(OSError):
                self._answer(self.path)

        def _answer(self, path: str) -> None:
            if path == "/silent":
                receiver.released.wait(60)
                return
            status = {"/no": 500, "/moved": 307, "/drip": 200, "/endless": 200}.get(path, 204)
            if path == "/ok" and receiver.statuses:
                status = receiver.statuses.pop(0)
            self.send_response_only(status)
            self.send_header("location", f"{receiver.url}/ok")
            self.send_header("content-length", "0" if status in {204, 307, 500} else str(10**12))
            self.end_headers()
            while path == "/endless":
                self.wfile.write(ENDLESS)
            while path == "/drip" and not receiver.released.wait(0.01):
                self.wfile.write(b".")

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """A request is no event worth a line."""

    return Handler
