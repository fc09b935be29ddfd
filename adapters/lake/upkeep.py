"""Maintains the lake: verifies files, rows and digests, merges small files, deletes leftovers.

Belongs here: operations that change no content. Does not belong here: publishing rows (`files`, `raw`).
"""

import time
from collections.abc import Collection, Iterator
from pathlib import Path
from stat import S_ISREG
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from adapters.lake import raw
from adapters.lake.files import (
    LOCK,
    Manifest,
    Part,
    file_digest,
    locked,
    publish,
    read,
    read_manifest,
    retire,
    rows_of,
    with_offsets,
    written,
)
from adapters.lake.partitions import MANIFEST, LakeError, Partition, partition_of, published, unpublished
from adapters.lake.tables import DERIVED, RAW_EVENTS, TABLES, LakeTable

LEFTOVER_S = 3_600.0
"""Seconds after which a file that no manifest names is deleted: a writer publishes its files within seconds, and
readers of replaced files have this long to finish."""

GONE = "the raw events of its match are gone"
OTHERS = "was made from other raw events than those of its match: make it again"


class Finding(Struct, frozen=True, kw_only=True):
    """A problem with a file of the lake."""

    table: str
    partition: str
    file: str
    reason: str


class Checked(Struct, frozen=True, kw_only=True):
    """What a check covered, and its findings."""

    partitions: int
    files: int
    rows: int
    bytes: int
    findings: tuple[Finding, ...]


class Compacted(Struct, frozen=True, kw_only=True):
    """The number of files before and after, and of deleted leftovers."""

    partitions: int
    files_before: int
    files_after: int
    swept: int


def verify(root: Path) -> Checked:
    """Check every partition against its manifest: files and rows; for raw events, the content; for all other tables,
    that the match has raw events and that the partition was made from them. A partition that is derived during the
    check may be reported too early."""
    count, files, rows, size = 0, 0, 0, 0
    findings: list[Finding] = []
    for table in TABLES:
        for folder in published(root, table.name):
            count, where = count + 1, folder.name
            try:
                partition = partition_of(folder)
                where = partition.key
                manifest = read_manifest(root, table, partition)
            except LakeError as error:
                findings.append(Finding(table=table.name, partition=where, file=MANIFEST, reason=str(error)))
                continue
            for part in manifest.parts if manifest is not None else ():
                files, rows, size = files + 1, rows + part.rows, size + part.bytes
            if manifest is not None:
                findings += _findings(root, table, partition=partition, manifest=manifest)
    return Checked(partitions=count, files=files, rows=rows, bytes=size, findings=tuple(findings))


def _findings(root: Path, table: LakeTable, *, partition: Partition, manifest: Manifest) -> Iterator[Finding]:
    folder = partition.folder(root, table.name)
    found = {part.file: reason for part in manifest.parts if (reason := _of_file(folder / part.file, part))}
    if not found and (reason := _of_whole(root, table, partition=partition, manifest=manifest)):
        found[MANIFEST] = reason
    for file, reason in found.items():
        yield Finding(table=table.name, partition=partition.key, file=file, reason=reason)


def _of_file(path: Path, part: Part) -> str:
    """The problem with a file; empty if there is none."""
    if not path.is_file():
        return "is missing"
    if (size := path.stat().st_size) != part.bytes:
        return f"has {size} bytes, the manifest says {part.bytes}"
    if (sha := file_digest(path)) != part.sha256:
        return f"has SHA-256 {sha}, the manifest says {part.sha256}"
    try:
        rows = rows_of(path)
    except LakeError as error:
        return str(error)
    return "" if rows == part.rows else f"has {rows} rows, the manifest says {part.rows}"


def _of_whole(root: Path, table: LakeTable, *, partition: Partition, manifest: Manifest) -> str:
    """The problem with a manifest whose files are as it says; empty if there is none."""
    if (rows := sum(part.rows for part in manifest.parts)) != manifest.rows:
        return f"says {manifest.rows} rows, its files have {rows}"
    if table is not RAW_EVENTS:
        return _of_source(root, table, partition=partition, manifest=manifest)
    try:
        is_told = raw.content(root, partition) == manifest.content
        is_replaced = not is_told and read_manifest(root, table, partition) != manifest
    except LakeError as error:
        return str(error)
    return "" if is_told or is_replaced else "says another content than that of the events"


def _of_source(root: Path, table: LakeTable, *, partition: Partition, manifest: Manifest) -> str:
    """The problem with the raw events that a partition was made from; empty if there is none. Unreadable raw events are
    reported with their own partition."""
    try:
        source = read_manifest(root, RAW_EVENTS, partition.match)
    except LakeError:
        return ""
    if source is None:
        return GONE
    is_of_others = table in DERIVED and manifest.made_from.get(RAW_EVENTS.name) != source.content
    return OTHERS if is_of_others else ""


def compact(root: Path) -> Compacted:
    """Merge the files of each partition into one, in order, and delete files that no manifest names. Content and its
    digests do not change. Raises `LakeError` for unreadable partitions, which are left unchanged; the others are still
    processed."""
    done, failures = Compacted(partitions=0, files_before=0, files_after=0, swept=0), list[str]()
    for table in TABLES:
        for folder in (*published(root, table.name), *unpublished(root, table.name)):
            try:
                done = _compacted(root, table, folder, done=done)
            except LakeError as error:
                failures.append(str(error))
    if failures:
        raise LakeError("; ".join(failures))
    return done


def _compacted(root: Path, table: LakeTable, folder: Path, *, done: Compacted) -> Compacted:
    """Add the work in this folder to `done`."""
    if not (folder / MANIFEST).exists():
        return replace(done, swept=done.swept + _swept(folder))
    partition = partition_of(folder)
    with locked(folder):
        manifest = read_manifest(root, table, partition)
        if manifest is None:
            return done
        merged = _merged(root, table, partition=partition, manifest=manifest)
        swept = _sweep(folder, [part.file for part in merged.parts])
    return Compacted(
        partitions=done.partitions + 1,
        files_before=done.files_before + len(manifest.parts),
        files_after=done.files_after + len(merged.parts),
        swept=done.swept + swept,
    )


def _merged(root: Path, table: LakeTable, *, partition: Partition, manifest: Manifest) -> Manifest:
    if len(manifest.parts) < 2:
        return manifest
    folder = partition.folder(root, table.name)
    rows = read(root, table, partition)
    columns: dict[str, Any] = {name: rows.column(name).combine_chunks() for name in rows.column_names}
    part = with_offsets(written(folder, table, columns), manifest.offsets)
    if part.rows != manifest.rows:
        raise LakeError(f"{folder}: holds {part.rows} rows, the manifest says {manifest.rows}")
    merged = replace(manifest, parts=(part,))
    retire(folder, [old.file for old in manifest.parts if old.file != part.file])
    publish(folder, merged)
    return merged


def _swept(folder: Path) -> int:
    """Delete the leftovers of an unpublished folder. Returns how many there were."""
    if not _leftovers(folder, ()):
        return 0
    with locked(folder):
        return 0 if (folder / MANIFEST).exists() else _sweep(folder, ())


def _sweep(folder: Path, named: Collection[str]) -> int:
    leftovers = _leftovers(folder, named)
    for path in leftovers:
        path.unlink(missing_ok=True)
    return len(leftovers)


def _leftovers(folder: Path, named: Collection[str]) -> list[Path]:
    """Old files of the folder that are not in `named`."""
    kept, before = {MANIFEST, LOCK, *named}, time.time() - LEFTOVER_S
    return [path for path in folder.iterdir() if path.name not in kept and _is_older(path, before)]


def _is_older(path: Path, moment_s: float) -> bool:
    """Whether `path` is a file last changed before that moment; False if another process has just removed or renamed
    it."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    return S_ISREG(found.st_mode) and found.st_mtime < moment_s
