"""The readiness probe of a part, over its own port."""

import http.client

from midround import ports
from midround.parts import NOWHERE, Part

TIMEOUT_S = 0.25


def is_ready(part: Part) -> bool:
    """Whether the part is ready: it answers 200 on its ready path or, without one, accepts connections. A part without
    a port is always ready."""
    if part.port == NOWHERE:
        return True
    if part.ready_path is None:
        return ports.answers(part.host, part.port, timeout_s=TIMEOUT_S)
    connection = http.client.HTTPConnection(part.host, part.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", part.ready_path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
