"""Keeping the lake sound: every digest checked, small files merged, leftovers swept.

Belongs here: what changes no content. Does not belong here: publishing rows (`files`, `raw`).
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from adapters.lake.files import (
    LOCK,
    Manifest,
    file_digest,
    locked,
    publish,
    read,
    read_manifest,
    retire,
    with_offsets,
    written,
)
from adapters.lake.partitions import MANIFEST, LakeError, Partition, partitions
from adapters.lake.tables import TABLES, LakeTable

LEFTOVER_S = 3_600.0
"""A file that no manifest names is swept when it is older: what a writer publishes is named within seconds, and who
reads what was replaced has so long to end."""


class Finding(Struct, frozen=True, kw_only=True):
    """What is wrong with a file of the lake."""

    table: str
    partition: str
    file: str
    reason: str


class Checked(Struct, frozen=True, kw_only=True):
    """What a check looked at, and what it found."""

    partitions: int
    files: int
    rows: int
    bytes: int
    findings: tuple[Finding, ...]


class Compacted(Struct, frozen=True, kw_only=True):
    """Files before and after, and leftovers swept."""

    partitions: int
    files_before: int
    files_after: int
    swept: int


def verify(root: Path) -> Checked:
    """Every file of every partition against its manifest."""
    count, files, rows, size = 0, 0, 0, 0
    findings: list[Finding] = []
    for table in TABLES:
        for partition in partitions(root, table.name):
            count += 1
            manifest = _manifest(root, table, partition=partition, findings=findings)
            for part in manifest.parts if manifest is not None else ():
                files, rows, size = files + 1, rows + part.rows, size + part.bytes
            if manifest is not None:
                findings += _findings(root, table, partition=partition, manifest=manifest)
    return Checked(partitions=count, files=files, rows=rows, bytes=size, findings=tuple(findings))


def _manifest(
    root: Path, table: LakeTable, *, partition: Partition, findings: list[Finding]
) -> Manifest | None:
    try:
        return read_manifest(root, table, partition)
    except LakeError as error:
        findings.append(Finding(table=table.name, partition=partition.key, file=MANIFEST, reason=str(error)))
        return None


def _findings(root: Path, table: LakeTable, *, partition: Partition, manifest: Manifest) -> Iterator[Finding]:
    folder = partition.folder(root, table.name)
    for part in manifest.parts:
        path = folder / part.file
        reason = ""
        if not path.is_file():
            reason = "is missing"
        elif (size := path.stat().st_size) != part.bytes:
            reason = f"has {size} bytes, the manifest says {part.bytes}"
        elif (found := file_digest(path)) != part.sha256:
            reason = f"has SHA-256 {found}, the manifest says {part.sha256}"
        if reason:
            yield Finding(table=table.name, partition=partition.key, file=part.file, reason=reason)


def compact(root: Path) -> Compacted:
    """Merges the files of each partition into one, in order, and sweeps what no manifest names. Content and digests of
    content stay. Raises `LakeError` for a partition that cannot be read; that one stays as it is."""
    count, before, after, swept = 0, 0, 0, 0
    for table in TABLES:
        for partition in partitions(root, table.name):
            folder = partition.folder(root, table.name)
            with locked(folder):
                manifest = read_manifest(root, table, partition)
                if manifest is None:
                    continue
                merged = _merged(root, table, partition=partition, manifest=manifest)
                count, before, after = (
                    count + 1,
                    before + len(manifest.parts),
                    after + len(merged.parts),
                )
                swept += _sweep(folder, merged)
    return Compacted(partitions=count, files_before=before, files_after=after, swept=swept)


def _merged(root: Path, table: LakeTable, *, partition: Partition, manifest: Manifest) -> Manifest:
    if len(manifest.parts) < 2:
        return manifest
    folder = partition.folder(root, table.name)
    rows = read(root, table, partition)
    columns: dict[str, Any] = {name: rows.column(name).combine_chunks() for name in rows.column_names}
    part = with_offsets(written(folder, table, columns), _offsets(manifest))
    if part.rows != manifest.rows:
        raise LakeError(f"{folder}: holds {part.rows} rows, the manifest says {manifest.rows}")
    merged = replace(manifest, parts=(part,))
    retire(folder, [old.file for old in manifest.parts if old.file != part.file])
    publish(folder, merged)
    return merged


def _offsets(manifest: Manifest) -> dict[str, tuple[int, int]]:
    ranges: dict[str, tuple[int, int]] = {}
    for part in manifest.parts:
        for name, (low, high) in part.offsets.items():
            known = ranges.get(name, (low, high))
            ranges[name] = (min(known[0], low), max(known[1], high))
    return ranges


def _sweep(folder: Path, manifest: Manifest) -> int:
    named, swept = {MANIFEST, LOCK, *(part.file for part in manifest.parts)}, 0
    for path in folder.iterdir():
        is_old = path.is_file() and time.time() - path.stat().st_mtime > LEFTOVER_S
        if path.name not in named and is_old:
            path.unlink(missing_ok=True)
            swept += 1
    return swept
