"""A model bundle on disk: the names of its files, and the check that they are what the manifest claims.

Belongs here: the manifest, hashes, reading and writing a bundle folder. Does not belong here: what the files mean
(`models.predictor`) or how they are produced (`models.training`).

A bundle is a folder with a `manifest.json` that holds the SHA-256 of each file. The model's hash covers the names and
hashes of the files that predictions depend on, sorted by name, optional files included if present. The card is not
covered, so it may be reworded without a new model.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

BOOSTER, MAP, ROUND, SPREAD = "booster.txt", "map.json", "round.json", "spread.txt"
REGION, SWING, SWING_TREES = "region.json", "swing.json", "swing.txt"
PREDICTIVE = (BOOSTER, MAP, ROUND, SPREAD)
"""Required files: no prediction is possible without them."""
OPTIONAL = (REGION, SWING, SWING_TREES)
"""Files that older bundles lack. If one is missing, its outputs are left out."""
CARD, CARD_TEXT = "card.json", "card.md"
MANIFEST, POINTER, CHALLENGER = "manifest.json", "champion.json", "challenger.json"


class BundleError(ValueError):
    """A bundle cannot be used. Names the file and what is wrong with it."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.file = file
        self.reason = reason


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The contents of `manifest.json`. `files` maps names to SHA-256."""

    model_version: str
    model_hash: str
    feature_schema_hash: str
    files: dict[str, str]


class Bundle(Struct, frozen=True, kw_only=True):
    """A verified bundle: its manifest and the bytes of its predictive files, including the optional ones it has."""

    manifest: Manifest
    files: dict[str, bytes]


class Champion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A pointer to a bundle: its folder beside the pointer file, and its model hash.

    It applies to matches that start at `since` or later; without `since` it always applied. `who` promoted it, and
    `why`.
    """

    bundle: str
    hash: str
    since: Annotated[datetime, Meta(tz=True)] | None = None
    who: str = ""
    why: str = ""


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def model_hash(hashes: Mapping[str, str]) -> str:
    """The model's hash from those of its predictive files. Other files in `hashes` are ignored."""
    return sha256("".join(f"{name} {hashes[name]}\n" for name in predictive(hashes)).encode())


def predictive(names: Iterable[str]) -> list[str]:
    """The names of the files that predictions depend on, sorted: all required ones, and
    the optional ones in `names`."""
    return sorted({*PREDICTIVE, *(set(OPTIONAL) & set(names))})


def read_bundle(folder: Path) -> Bundle:
    """The bundle in `folder`. Raises `BundleError` for a missing, unreadable or altered file."""
    path, manifest = folder / MANIFEST, read_manifest(folder)
    missing = [name for name in PREDICTIVE if name not in manifest.files]
    outside = [name for name in manifest.files if Path(name).name != name]
    if outside:
        raise BundleError(path, f"names {outside[0]}, which is not beside it")
    if missing:
        raise BundleError(path, f"names no {missing[0]}")
    files = {name: _verified(folder / name, expected) for name, expected in manifest.files.items()}
    found = model_hash(manifest.files)
    if found != manifest.model_hash:
        raise BundleError(path, f"model hash is {found}, the manifest says {manifest.model_hash}")
    return Bundle(manifest=manifest, files={name: files[name] for name in predictive(files)})


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the bundle in `folder`; its files are not verified. Raises `BundleError`."""
    path = folder / MANIFEST
    try:
        return msgspec.json.decode(_bytes(path), type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BundleError(path, f"is no manifest: {error}") from error


def read_pointer(folder: Path, name: str = POINTER) -> Champion:
    """The pointer `champion.json` (or `name`) in `folder`, unchecked. Raises `BundleError`."""
    path = folder / name
    try:
        return msgspec.json.decode(_bytes(path), type=Champion)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BundleError(path, f"names no champion: {error}") from error


def read_champion(folder: Path) -> Path:
    """The folder of the bundle that `champion.json` in `folder` points to. Raises
    `BundleError`, also for another hash."""
    champion = read_pointer(folder)
    found = read_bundle(folder / champion.bundle).manifest.model_hash
    if found != champion.hash:
        path = folder / POINTER
        raise BundleError(path, f"names hash {champion.hash}, but {champion.bundle} has {found}")
    return folder / champion.bundle


def write_bundle(
    folder: Path, files: Mapping[str, bytes], *, model_version: str, schema_hash: str
) -> Manifest:
    """Writes `files` and their manifest. Other files in `folder` are left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    hashes = {name: sha256(content) for name, content in sorted(files.items())}
    manifest = Manifest(
        model_version=model_version,
        model_hash=model_hash(hashes),
        feature_schema_hash=schema_hash,
        files=hashes,
    )
    (folder / MANIFEST).write_bytes(readable(manifest))
    return manifest


def write_champion(folder: Path, bundle: str) -> None:
    """Points `champion.json` in `folder` at the bundle `bundle` beside it, without a `since`, `who` or `why`."""
    manifest = read_bundle(folder / bundle).manifest
    write_pointer(folder, Champion(bundle=bundle, hash=manifest.model_hash))


def write_pointer(folder: Path, champion: Champion, name: str = POINTER) -> None:
    """Replaces `champion.json` (or `name`) in `folder` atomically: a reader sees the old file or the new
    one, whole, even after a crash."""
    new = folder / f".{name}.new"
    with new.open("wb") as file:
        file.write(readable(champion))
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / name)
    sync(folder)


def sync(path: Path) -> None:
    """Calls fsync on a file (its contents) or on a folder (its entries)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def readable(value: object) -> bytes:
    """Indented JSON with a final newline."""
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleError(path, f"cannot be read: {error.strerror}") from error


def _verified(path: Path, expected: str) -> bytes:
    content = _bytes(path)
    found = sha256(content)
    if found != expected:
        raise BundleError(path, f"has SHA-256 {found}, the manifest says {expected}")
    return content
