"""The Parquet files of a partition and the manifest that publishes them.

Belongs here: atomic writes, reads whose errors name the file, the manifest. Does not belong here: the meaning of rows
(`raw`, `models.replay`), views (`views`).

A file is written under a temporary name, fsynced, and renamed to a name derived from its content. A partition consists
of the files that its `manifest.json` lists, and replacing that file is the single step that publishes. Readers never
see a file that no manifest names. A lock on the partition's folder excludes a second writer; it ends with its process.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from adapters.lake.partitions import MANIFEST, LakeError, Partition
from adapters.lake.tables import SCHEMA_VERSION, LakeTable
from adapters.whole import replacing, synced
from game.codec import UNREADABLE

LOCK = ".lock"
UNFINISHED = ".tmp-"
ROWS_A_GROUP = 65_536


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file. `offsets` holds the first and last log offset by `topic/partition`; empty for other inputs."""

    file: str
    rows: int
    bytes: int
    sha256: str
    offsets: dict[str, tuple[int, int]] = {}


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The manifest of a partition. `content` is a digest of what its rows say, regardless of how they are split into
    files. `made_from` names the sources by digest or hash. `partition` is the key, set only if the folder's name does
    not show it."""

    table: str
    schema_version: int
    code_version: str
    rows: int
    content: str
    parts: tuple[Part, ...]
    made_from: dict[str, str] = {}
    partition: str | UnsetType = UNSET

    @property
    def offsets(self) -> dict[str, tuple[int, int]]:
        """First and last log offset by `topic/partition`, over all files."""
        ranges: dict[str, tuple[int, int]] = {}
        for part in self.parts:
            for name, (low, high) in part.offsets.items():
                known = ranges.get(name, (low, high))
                ranges[name] = (min(known[0], low), max(known[1], high))
        return ranges

    @property
    def is_of_log(self) -> bool:
        """Whether the partition contains records of the log."""
        return any(part.offsets for part in self.parts)


def read_manifest(root: Path, table: LakeTable, partition: Partition) -> Manifest | None:
    """The manifest of a partition; None if nothing is published. Raises `LakeError`."""
    path = partition.folder(root, table.name) / MANIFEST
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LakeError(f"{path}: {error.strerror}") from error
    return _manifest(path, raw, table)


def _manifest(path: Path, raw: bytes, table: LakeTable) -> Manifest:
    try:
        version = msgspec.json.decode(raw, type=dict[str, Any]).get("schema_version")
        if isinstance(version, int) and version > SCHEMA_VERSION:
            raise LakeError(
                f"{path}: schema_version {version} is later than {SCHEMA_VERSION}, the one that this code reads"
            )
        manifest = msgspec.json.decode(raw, type=Manifest)
    except UNREADABLE as error:
        raise LakeError(f"{path}: is no manifest: {error}") from error
    if manifest.table != table.name:
        raise LakeError(f"{path}: table is {manifest.table}, the folder is of {table.name}")
    return manifest


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock a partition's folder for one writer; a second writer waits. Raises `LakeError` if the folder is not
    writable."""
    try:
        _make(folder)
        lock = (folder / LOCK).open("wb")
    except OSError as error:
        raise LakeError(f"{folder}: cannot be written: {error.strerror or error}") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(folder: Path) -> None:
    """Create the folder and its parents durably: published files must not be lost with an unsynced directory entry."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        synced(each.parent)


def replaced(
    root: Path,
    table: LakeTable,
    partition: Partition,
    *,
    columns: Mapping[str, Sequence[Any]],
    content: str,
    code_version: str,
    made_from: Mapping[str, str],
) -> bool:
    """Publish the rows as the entire content of the partition. Returns False, and publishes nothing, if the partition
    already has that content.

    Raises `LakeError` for rows that do not fit the table and for a full disk.
    """
    folder = partition.folder(root, table.name)
    with locked(folder):
        before = read_manifest(root, table, partition)
        part = written(folder, table, columns)
        manifest = Manifest(
            table=table.name,
            schema_version=SCHEMA_VERSION,
            code_version=code_version,
            rows=part.rows,
            content=content,
            parts=(part,),
            made_from=dict(made_from),
            partition=_untold(partition),
        )
        if manifest == before:
            return False
        if before is not None:
            retire(folder, [old.file for old in before.parts if old.file != part.file])
        publish(folder, manifest)
    return True


def withdraw(root: Path, table: LakeTable, partition: Partition) -> None:
    """Unpublish the partition; readers that opened the lake before can continue. Raises `LakeError`."""
    folder = partition.folder(root, table.name)
    with locked(folder):
        before = read_manifest(root, table, partition)
        if before is None:
            return
        retire(folder, [part.file for part in before.parts])
        try:
            (folder / MANIFEST).unlink()
            synced(folder)
        except OSError as error:
            raise LakeError(f"{folder}: cannot be withdrawn: {error.strerror or error}") from error


def added(
    root: Path,
    table: LakeTable,
    partition: Partition,
    *,
    part: Part,
    content: str,
    before: Manifest | None,
    code_version: str,
) -> None:
    """Publish one more file of a partition that the caller has locked."""
    parts = (*(before.parts if before is not None else ()), part)
    manifest = Manifest(
        table=table.name,
        schema_version=SCHEMA_VERSION,
        code_version=code_version,
        rows=sum(each.rows for each in parts),
        content=content,
        parts=parts,
        partition=_untold(partition),
    )
    publish(partition.folder(root, table.name), manifest)


def _untold(partition: Partition) -> str | UnsetType:
    return partition.key if partition.is_cut else UNSET


def written(folder: Path, table: LakeTable, columns: Mapping[str, Sequence[Any]]) -> Part:
    """Write these rows to a file named by its content; no manifest names it yet."""
    temporary = folder / f"{UNFINISHED}{os.getpid()}.parquet"
    try:
        arrow = _arrow(folder, table, columns)
        with temporary.open("wb") as file:
            pq.write_table(
                arrow, file, compression="zstd", row_group_size=ROWS_A_GROUP, write_page_index=True
            )
            file.flush()
            os.fsync(file.fileno())
        sha, size = file_digest(temporary), temporary.stat().st_size
        name = f"part-{sha[:16]}.parquet"
        temporary.replace(folder / name)
    except OSError as error:
        raise LakeError(f"{folder}: cannot be written: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)
    return Part(file=name, rows=arrow.num_rows, bytes=size, sha256=sha)


def publish(folder: Path, manifest: Manifest) -> None:
    """Replace the partition's manifest, in one step that survives a crash."""
    try:
        with replacing(folder / MANIFEST, unfinished=f"{UNFINISHED}{os.getpid()}.json") as file:
            file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
    except OSError as error:
        raise LakeError(f"{folder}: cannot be published: {error.strerror or error}") from error


def retire(folder: Path, files: Sequence[str]) -> None:
    """Mark files that the next manifest will not name as new leftovers: readers that opened the lake before can still
    read them until `upkeep.compact` finds them old."""
    for name in files:
        with suppress(FileNotFoundError):
            os.utime(folder / name)


def read(
    root: Path, table: LakeTable, partition: Partition, *, columns: Sequence[str] | None = None
) -> pa.Table:
    """All rows of a partition, restricted to `columns` if given. Raises `LakeError` naming the file that is missing,
    damaged or has another schema."""
    manifest = read_manifest(root, table, partition)
    if manifest is None:
        raise LakeError(f"{table.name} {partition.key}: is not in the lake")
    folder = partition.folder(root, table.name)
    names = table.schema.names if columns is None else columns
    schema = pa.schema([table.schema.field(name) for name in names])
    return pa.concat_tables([_read(folder / part.file, schema, part.rows) for part in manifest.parts])


def _read(path: Path, schema: pa.Schema, rows: int) -> pa.Table:
    try:
        with pq.ParquetFile(path) as file:
            found = file.read(columns=schema.names).select(schema.names).cast(schema)
    except (OSError, pa.ArrowException, KeyError) as error:
        raise LakeError(f"{path}: cannot be read: {error}") from error
    if found.num_rows != rows:
        raise LakeError(f"{path}: has {found.num_rows} rows, the manifest says {rows}")
    return found


def rows_of(path: Path) -> int:
    """The number of rows according to the file's metadata. Raises `LakeError`."""
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowException) as error:
        raise LakeError(f"{path}: cannot be read: {error}") from error


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def with_offsets(part: Part, offsets: Mapping[str, tuple[int, int]]) -> Part:
    """The part with the log offset ranges that it holds."""
    return replace(part, offsets=dict(offsets))


def _arrow(folder: Path, table: LakeTable, columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    unknown = columns.keys() - set(table.schema.names)
    if unknown:
        raise LakeError(f"{folder}: {table.name} has no column {', '.join(sorted(unknown))}")
    try:
        return pa.table(
            {c.name: pa.array(columns[c.name], c.type) for c in table.columns}, schema=table.schema
        )
    except (pa.ArrowException, KeyError, ValueError, TypeError) as error:
        raise LakeError(f"{folder}: rows do not fit {table.name}: {error}") from error
