"""Names and folders of partitions: a partition is a match, or one map of it, on the day it was played.

Belongs here: names and folders. Does not belong here: files and manifests (`files`), the meaning of rows (`tables`).

A partition's key is `date:match` or `date:match:map`, with percent-encoded ids. Its folder is
`<table>/date=.../match=.../map=...`, so that DuckDB and other tools can prune by date and match. An id too long for a
file name is cut and made unique by its digest; the partition's manifest then holds its key.
"""

from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, unquote

import msgspec
from msgspec import Struct

from game.codec import UNREADABLE

MANIFEST = "manifest.json"
_DEPTHS = ("date=*/match=*", "date=*/match=*/map=*")
NAME_BYTES = 249
"""The most bytes of an id in a folder's name, which makes 255 with `match=` before it."""
_KEPT_BYTES, _DIGEST_DIGITS = 200, 32
_WORDS = {"": "%00", "\0": "%"}
"""The encodings of the empty id, and of NUL, whose own percent-encoding the empty id uses. Nothing else is encoded as a
bare `%`."""
_IDS = {word: value for value, word in _WORDS.items()}
_CUT = "!"
"""The mark after a cut id; percent-encoding never produces it."""


class LakeError(Exception):
    """Something in the lake cannot be used; the text names the partition or file, and the reason."""


class Partition(Struct, frozen=True, kw_only=True, order=True):
    """A partition. `date` is the UTC day of the match's first event, in ISO format. `map_id` is None for the whole
    match."""

    date: str
    match_id: str
    map_id: str | None = None

    @property
    def key(self) -> str:
        """The key as one word; different partitions never share it, whatever their ids contain."""
        ids = [self.match_id] if self.map_id is None else [self.match_id, self.map_id]
        return ":".join([self.date, *(_quoted(each) for each in ids)])

    @property
    def match(self) -> "Partition":
        """The partition of the whole match."""
        return Partition(date=self.date, match_id=self.match_id)

    @property
    def is_cut(self) -> bool:
        """Whether an id is cut in the folder's name."""
        return any(_CUT in _named(each) for each in (self.match_id, self.map_id or ""))

    def folder(self, root: Path, table: str) -> Path:
        of_match = root / table / f"date={self.date}" / f"match={_named(self.match_id)}"
        return of_match if self.map_id is None else of_match / f"map={_named(self.map_id)}"


def parsed(key: str) -> Partition:
    """The partition of a key. Raises `LakeError`."""
    date, *ids = key.split(":")
    if len(ids) not in {1, 2} or not date or not all(ids):
        raise LakeError(f"{key}: no partition; those are date:match or date:match:map")
    names = [_unquoted(each) for each in ids]
    return Partition(date=date, match_id=names[0], map_id=names[1] if len(names) > 1 else None)


def partitions(root: Path, table: str) -> list[Partition]:
    """The published partitions of a table, in order. Raises `LakeError` as `partition_of` does."""
    return sorted(map(partition_of, published(root, table)))


def of_match(root: Path, table: str, match_id: str) -> Partition | None:
    """The partition that holds the match in a table of matches, on any day; None if there is none."""
    found = sorted((root / table).glob(f"date=*/match={_named(match_id)}/{MANIFEST}"))
    return Partition(date=_values(found[0])["date"], match_id=match_id) if found else None


def maps_of(root: Path, table: str, match: Partition) -> list[Partition]:
    """The partitions of a match's maps in a table of maps."""
    return sorted(partition_of(found.parent) for found in match.folder(root, table).glob(f"map=*/{MANIFEST}"))


def published(root: Path, table: str) -> list[Path]:
    """The folders of the published partitions of a table, in order."""
    return sorted(found.parent for depth in _DEPTHS for found in (root / table).glob(f"{depth}/{MANIFEST}"))


def unpublished(root: Path, table: str) -> list[Path]:
    """Folders without a manifest: withdrawn partitions, leftovers of a killed first writer, and folders that only
    contain maps."""
    folders = [found for depth in _DEPTHS for found in (root / table).glob(depth)]
    return [found for found in folders if found.is_dir() and not (found / MANIFEST).exists()]


def partition_of(folder: Path) -> Partition:
    """The partition of a folder. Raises `LakeError` if an id in its name is cut and its manifest has no key."""
    values = _values(folder)
    map_id = values.get("map")
    if _CUT in values["match"] or _CUT in (map_id or ""):
        return _told(folder / MANIFEST)
    return Partition(
        date=values["date"],
        match_id=_unquoted(values["match"]),
        map_id=None if map_id is None else _unquoted(map_id),
    )


def _values(path: Path) -> dict[str, str]:
    return dict(part.partition("=")[::2] for part in path.parts if "=" in part)


class _Told(Struct, frozen=True):
    partition: str


def _told(manifest: Path) -> Partition:
    """The partition that a manifest names."""
    try:
        return parsed(msgspec.json.decode(manifest.read_bytes(), type=_Told).partition)
    except (OSError, *UNREADABLE) as error:
        raise LakeError(f"{manifest}: does not say what it is of: {error}") from error


def _quoted(value: str) -> str:
    """Encode an id as one word: never empty, never `.` or `..`, without separators or glob characters."""
    return _WORDS.get(value) or quote(value, safe="").replace(".", "%2E")


def _unquoted(word: str) -> str:
    return _IDS[word] if word in _IDS else unquote(word)


def _named(value: str) -> str:
    """An id as a folder's name."""
    word = _quoted(value)
    if len(word) <= NAME_BYTES:
        return word
    return f"{word[:_KEPT_BYTES]}{_CUT}{sha256(value.encode()).hexdigest()[:_DIGEST_DIGITS]}"
