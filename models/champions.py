"""Which model was champion when: the pointer in force, the promotions before it, and the champions refuted on air.

Belongs here: reading these records, and the rule that names a match's first model. Does not belong here: loading models
(`models.lineup`), promoting one (`models.promotion`).

`champion.json` is authoritative for the present. `champions.jsonl` beside it keeps every promotion, one per line. The
pointer counts as a promotion even if its line is not written yet, and a line that the pointer never followed does not
count. `refuted.jsonl` keeps every champion that live maps refuted, whatever the consequence.
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
"""A promotion takes effect this long after it is written. So a process that has read the files knows the champion for
this long, and stream and batch choose the same model for a match that starts meanwhile."""
ALWAYS = datetime.min.replace(tzinfo=UTC)


class Refutation(Struct, frozen=True, kw_only=True):
    """A refuted champion: `hash` is the model's hash, `why` the reported evidence."""

    hash: str
    why: str


class Champions(Struct, frozen=True, kw_only=True):
    """All champions in the order of promotion; the last one is in force or about to be. Never empty."""

    entries: tuple[Champion, ...]

    @property
    def current(self) -> Champion:
        return self.entries[-1]

    @property
    def previous(self) -> Champion | None:
        """The champion before the current one."""
        return self.entries[-2] if len(self.entries) > 1 else None

    def at(self, moment: datetime) -> Iterator[Champion]:
        """The champion at `moment`, followed by its predecessors: the first one that can be loaded is used. Before the
        first promotion it is the first champion."""
        begun = [entry for entry in self.entries if since(entry) <= moment]
        yield from reversed(begun or self.entries[:1])


def since(champion: Champion) -> datetime:
    return champion.since or ALWAYS


def read_champions(folder: Path) -> Champions:
    """The champions of `folder`. Raises `BundleError` if the pointer or the history cannot be read."""
    current = read_pointer(folder)
    before = [entry for entry in read_history(folder) if since(entry) < since(current)]
    return Champions(entries=(*before, current))


def read_history(folder: Path) -> tuple[Champion, ...]:
    """The entries of the history. An incomplete last line, as a crash leaves it, is ignored. Raises `BundleError`."""
    return _lines(folder / HISTORY, Champion)


def read_refuted(folder: Path) -> dict[str, str]:
    """The reason by model hash for every champion that was ever refuted. Raises `BundleError` like `read_history`."""
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
