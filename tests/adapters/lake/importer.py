"""A process that imports one match in pieces, and may be made to die or to run out of space on the way.

Belongs here: what only a process of its own can suffer. Run as `python importer.py ROOT PIECES [DIE_AT [BYTES]]`: it is
killed at its `DIE_AT`th write to disk (0: never), and no file may grow beyond `BYTES`.
"""

import os
import resource
import signal
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from adapters.lake import raw
from adapters.lake.partitions import LakeError
from adapters.lake.raw import RawEvent
from game.codec import encode
from game.events import AnyEvent
from midround import inputs

EVENTS: list[AnyEvent] = list(islice(inputs.simulated(seed=3, best_of=1, position_hz=0).events(), 300))


def pieces(count: int) -> list[list[RawEvent]]:
    """The match in so many imports, each with all that came before it."""
    told = [RawEvent(raw=encode(event), file="a.ndjson") for event in EVENTS]
    return [told[: len(told) * (number + 1) // count] for number in range(count)]


def imported(root: Path, count: int) -> raw.Added:
    """Raises `LakeError`."""
    return [raw.add(root, EVENTS[0].match_id, piece, code_version="test") for piece in pieces(count)][-1]


def _dying(call: Callable[..., Any], left: list[int]) -> Callable[..., Any]:
    def called(*given: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*given, **named)

    return called


def main(root: str, count: str, die_at: str = "0", most_bytes: str = "0") -> int:
    """The process. 3 where the lake refused."""
    left = [int(die_at)]
    os.fsync = _dying(os.fsync, left)
    Path.replace = _dying(Path.replace, left)  # type: ignore[method-assign]
    if int(most_bytes):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(most_bytes),) * 2)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    try:
        imported(Path(root), int(count))
    except LakeError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
