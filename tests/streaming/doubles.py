"""Doubles of the loader's ports, which fail when told to. No tests here."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from adapters.catalog.changes import CatalogAwayError, Change, ChangeRefusedError
from adapters.clickhouse.inserts import encode
from adapters.clickhouse.store import FactsOfMessage, RowsRefusedError, StoreAwayError, Withdrawn
from adapters.clickhouse.tables import table
from adapters.kafka.origin import ForeignRecoveryError
from adapters.kafka.records import Record
from streaming.rows import Row

Place = tuple[str, int]


class Log:
    """A log that is read from the committed offsets on, as a broker's."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = list(records)
        self.committed: dict[Place, int] = {}
        self._next: dict[Place, int] = {}
        self.per_poll = 5
        self._has_turned = False
        self.is_slow = False
        """Whether every other look brings nothing, though there is something."""
        self._was_slow = False

    def open(self) -> None:
        pass

    def poll(self, timeout_s: float) -> list[Record]:
        if self.is_slow and not self._was_slow:
            self._was_slow = True
            return []
        self._was_slow = False
        if self._has_turned:
            self._has_turned = False
            raise ForeignRecoveryError("the broker has another log")
        due = [r for r in self.records if r.offset >= self._next.get((r.topic, r.partition), 0)]
        taken = due[: self.per_poll]
        self._next |= {(record.topic, record.partition): record.offset + 1 for record in taken}
        return taken

    def ends(self) -> Mapping[Place, int]:
        return {(record.topic, record.partition): record.offset + 1 for record in self.records}

    def is_at(self, ends: Mapping[Place, int]) -> bool:
        return all(self._next.get(place, 0) >= end for place, end in ends.items())

    def restart(self) -> None:
        """What a new process reads: all that was not committed."""
        self._next = dict(self.committed)

    def turn(self, records: Sequence[Record]) -> None:
        """The broker has another log, with these."""
        self.records, self.committed, self._next = list(records), {}, {}
        self._has_turned = True

    def commit(self, positions: Mapping[Place, int]) -> None:
        """As the loader's reader does: what was read of a log that is gone is no offset of this one."""
        known = {place: offset for place, offset in positions.items() if offset <= self._next.get(place, 0)}
        self.committed.update(known)

    def lag(self) -> Mapping[Place, int]:
        return dict.fromkeys(self.committed, 0)

    def close(self) -> None:
        pass


class Shelf:
    """A store in memory with ReplacingMergeTree's law: one row a key, the highest version, then the latest."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[tuple[object, ...], Row]] = defaultdict(dict)
        self.away = 0
        """How many of the next calls fail."""
        self.inserts = 0
        self.poison: object = None
        """A value that no row may have."""
        self.refuses_questions = False
        """Whether nothing is withdrawn or read back."""

    def prepare(self) -> None:
        self._answer()

    def insert(self, name: str, rows: Sequence[Row]) -> None:
        self._answer()
        if any(self.poison in row.values() for row in rows if self.poison is not None):
            raise RowsRefusedError("poison")
        encode(table(name), rows)
        self.inserts += 1
        for row in rows:
            self._put(name, row)

    def _put(self, name: str, row: Row) -> None:
        key = tuple(row[column] for column in table(name).order_by)
        version = table(name).version
        kept = self.tables[name].get(key)
        if kept is None or not version or row[version] >= kept[version]:
            self.tables[name][key] = row

    def withdraw(self, name: str, withdrawn: Withdrawn) -> None:
        self._answer()
        if self.refuses_questions:
            raise RowsRefusedError("poison")
        for row in self.valid(name):
            if row["match_id"] == withdrawn.match_id and withdrawn.from_seq <= row["seq"] <= withdrawn.to_seq:
                version = max(row["version"] + 1, withdrawn.cause_seq)
                self._put(name, {**row, "is_retracted": True, "version": version})

    def valid(self, name: str) -> list[Row]:
        """The valid rows of a table."""
        return [row for row in self.tables[name].values() if not row.get("is_retracted", False)]

    def round_facts(self, match_id: str, *, map_id: str, round_no: int) -> list[FactsOfMessage]:
        self._answer()
        if self.refuses_questions:
            raise RowsRefusedError("poison")
        return [
            FactsOfMessage(seq=row["seq"], ts_event=row["ts_event"], facts=row["facts"])
            for row in self.valid("game_events")
            if (row["match_id"], row["map_id"], row["round_no"]) == (match_id, map_id, round_no)
        ]

    def close(self) -> None:
        pass

    def _answer(self) -> None:
        if self.away:
            self.away -= 1
            raise StoreAwayError("away")


class Ledger:
    """A catalog that only remembers."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.away = 0
        self.poison = ""
        """A text that no change may have."""
        self.left_out = 0
        """Ids elsewhere that have no room, each time."""

    def apply(self, changes: Sequence[Change]) -> int:
        if self.away:
            self.away -= 1
            raise CatalogAwayError("locked")
        if self.poison and any(self.poison in repr(change) for change in changes):
            raise ChangeRefusedError("poison")
        self.changes.extend(changes)
        return self.left_out
