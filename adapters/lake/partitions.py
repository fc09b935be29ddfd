"""Where a partition lies and what it is called: a match, or one map of it, on the day it was played.

Belongs here: names and folders. Does not belong here: files and manifests (`files`), what rows mean (`tables`).

A partition's key is `date:match` or `date:match:map`, ids percent-encoded; its folder is
`<table>/date=.../match=.../map=...`, so that DuckDB and others prune by date and match.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

from msgspec import Struct

MANIFEST = "manifest.json"


class LakeError(Exception):
    """What in the lake cannot be used: names the partition or file, and why."""


class Partition(Struct, frozen=True, kw_only=True, order=True):
    """`date` as ISO, UTC day of the match's first event. `map_id` is null for the whole match."""

    date: str
    match_id: str
    map_id: str | None = None

    @property
    def key(self) -> str:
        """One word; no id, however odd, makes two partitions share it."""
        ids = [self.match_id] if self.map_id is None else [self.match_id, self.map_id]
        return ":".join([self.date, *(_quoted(each) for each in ids)])

    @property
    def match(self) -> "Partition":
        """The partition of the whole match."""
        return Partition(date=self.date, match_id=self.match_id)

    def folder(self, root: Path, table: str) -> Path:
        of_match = root / table / f"date={self.date}" / f"match={_quoted(self.match_id)}"
        return of_match if self.map_id is None else of_match / f"map={_quoted(self.map_id)}"


def parsed(key: str) -> Partition:
    """The partition of a key. Raises `LakeError`."""
    date, *ids = key.split(":")
    if len(ids) not in {1, 2} or not date or not all(ids):
        raise LakeError(f"{key}: no partition; those are date:match or date:match:map")
    names = [unquote(each) for each in ids]
    return Partition(date=date, match_id=names[0], map_id=names[1] if len(names) > 1 else None)


def partitions(root: Path, table: str) -> list[Partition]:
    """The published partitions of a table, in order."""
    return sorted(_of(folder) for folder in _published(root / table))


def of_match(root: Path, table: str, match_id: str) -> Partition | None:
    """The partition that holds the match in a table of matches, on whatever day; null where there is none."""
    found = sorted((root / table).glob(f"date=*/match={_globbed(_quoted(match_id))}/{MANIFEST}"))
    return _of(found[0].parent) if found else None


def maps_of(root: Path, table: str, match: Partition) -> list[Partition]:
    """The partitions of a match's maps in a table of maps."""
    return sorted(_of(found.parent) for found in match.folder(root, table).glob(f"map=*/{MANIFEST}"))


def _published(folder: Path) -> Iterator[Path]:
    for depth in ("date=*/match=*", "date=*/match=*/map=*"):
        yield from (found.parent for found in folder.glob(f"{depth}/{MANIFEST}"))


def _of(folder: Path) -> Partition:
    values = dict(part.partition("=")[::2] for part in folder.parts if "=" in part)
    map_id = values.get("map")
    return Partition(
        date=values["date"],
        match_id=unquote(values["match"]),
        map_id=None if map_id is None else unquote(map_id),
    )


def _quoted(value: str) -> str:
    """An id as a folder's name: never empty, never a dot or two, no separator."""
    return quote(value, safe="").replace(".", "%2E") or "%00"


def _globbed(value: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in value)
