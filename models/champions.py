"""Which model was champion when: the pointer in force and the promotions before it; which were refuted on air.

Belongs here: reading them, and the rule that names a match's first model. Does not belong here: loading models
(`models.lineup`), promoting one (`models.promotion`).

`champion.json` is the truth about the present. `champions.jsonl` beside it keeps every promotion, a line each; the
pointer counts as one of them whether or not its line is there yet, and a line that the pointer never came to does not.
`refuted.jsonl` keeps every champion that the live maps refuted, whatever followed from it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from models.bundle import BundleError, Champion, read_pointer

T = TypeVar("T")

HISTORY, REFUTED = "champions.jsonl", "refuted.jsonl"
LEAD = timedelta(seconds=2)
"""A promotion is in force this long after it is written. Whoever read the files at a moment knows who is champion for
this long after it, so that stream and batch name the same model for a match that begins meanwhile."""
ALWAYS = datetime.min.replace(tzinfo=UTC)


class Refutation(Struct, frozen=True, kw_only=True):
    """`hash` is that of the model, `why` the evidence as it was told."""

    hash: str
    why: str


class Champions(Struct, frozen=True, kw_only=True):
    """All champions in the order of their promotion, the one in force (or about to be) last; never empty."""

    entries: tuple[Champion, ...]

    @property
    def current(self) -> Champion:
        return self.entries[-1]

    @property
    def previous(self) -> Champion | None:
        """The champion before the current one."""
        return self.entries[-2] if len(self.entries) > 1 else None

    def at(self, moment: datetime) -> Iterator[Champion]:
        """Who was champion at `moment`, and before that, and so on: the first that can be loaded counts. Before the
        first of all it is that one."""
        begun = [entry for entry in self.entries if since(entry) <= moment]
        yield from reversed(begun or self.entries[:1])


def since(champion: Champion) -> datetime:
    return champion.since or ALWAYS


def read_champions(folder: Path) -> Champions:
    """The champions of `folder`. Raises `BundleError` for a pointer or a history that cannot be read."""
    current = read_pointer(folder)
    before = [entry for entry in read_history(folder) if since(entry) < since(current)]
    return Champions(entries=(*before, current))


def read_history(folder: Path) -> tuple[Champion, ...]:
    """The lines of the history; a last line without its end, as a crash leaves it, is none. Raises `BundleError`."""
    return _lines(folder / HISTORY, Champion)


def read_refuted(folder: Path) -> dict[str, str]:
    """Why each champion was refuted that ever was, by its hash. Raises `BundleError` as `read_history`."""
    return {told.hash: told.why for told in _lines(folder / REFUTED, Refutation)}


def _lines(path: Path, of: type[T]) -> tuple[T, ...]:
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
        return tuple(msgspec.json.decode(line, type=of) for line in lines)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise BundleError(path, f"cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BundleError(path, f"is no list of champions: {error}") from error
