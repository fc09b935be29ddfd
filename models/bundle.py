"""A model's files on disk: what they are called, and that they are what they claim to be.

Belongs here: the manifest, hashes, reading and writing of a bundle folder. Does not belong here: what the files mean
(`models.predictor`), how they come about (`models.training`).

A bundle is a folder with a `manifest.json` that gives the SHA-256 of each file. The model's hash covers the files that
predictions follow from, by name and hash, in order of their names, the optional ones where they are there; the card may
be reworded without a new model.
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
"""Without these nothing is predicted."""
OPTIONAL = (REGION, SWING, SWING_TREES)
"""What older bundles lack: without it nothing is said of what it is about."""
CARD, CARD_TEXT = "card.json", "card.md"
MANIFEST, POINTER, CHALLENGER = "manifest.json", "champion.json", "challenger.json"


class BundleError(ValueError):
    """A bundle that cannot be used: names the file and what is wrong with it."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.file = file
        self.reason = reason


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`files` maps names to SHA-256."""

    model_version: str
    model_hash: str
    feature_schema_hash: str
    files: dict[str, str]


class Bundle(Struct, frozen=True, kw_only=True):
    """A verified bundle: its manifest and the bytes of its predictive files, the optional ones where it has them."""

    manifest: Manifest
    files: dict[str, bytes]


class Champion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The pointer to the bundle in use: its folder beside this file, and its model hash.

    It is in force for matches that begin at `since` or later; without one it always was. `who` promoted it, and `why`.
    """

    bundle: str
    hash: str
    since: Annotated[datetime, Meta(tz=True)] | None = None
    who: str = ""
    why: str = ""


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def model_hash(hashes: Mapping[str, str]) -> str:
    """The model's hash from those of its predictive files; `hashes` may have others too."""
    return sha256("".join(f"{name} {hashes[name]}\n" for name in predictive(hashes)).encode())


def predictive(names: Iterable[str]) -> list[str]:
    """Those of a bundle's files that predictions follow from, in order: all that must be there, what else is there."""
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
    """What the bundle in `folder` claims to be. Raises `BundleError`."""
    path = folder / MANIFEST
    try:
        return msgspec.json.decode(_bytes(path), type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BundleError(path, f"is no manifest: {error}") from error


def read_pointer(folder: Path, name: str = POINTER) -> Champion:
    """What `champion.json` (or `name`) in `folder` says, unchecked. Raises `BundleError`."""
    path = folder / name
    try:
        return msgspec.json.decode(_bytes(path), type=Champion)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BundleError(path, f"names no champion: {error}") from error


def read_champion(folder: Path) -> Path:
    """The folder of the bundle that `champion.json` in `folder` names, once its hash agrees. Raises `BundleError`."""
    champion = read_pointer(folder)
    found = read_bundle(folder / champion.bundle).manifest.model_hash
    if found != champion.hash:
        path = folder / POINTER
        raise BundleError(path, f"names hash {champion.hash}, but {champion.bundle} has {found}")
    return folder / champion.bundle


def write_bundle(
    folder: Path, files: Mapping[str, bytes], *, model_version: str, schema_hash: str
) -> Manifest:
    """Writes `files` and their manifest; whatever else lies in `folder` stays."""
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
    """Points `champion.json` in `folder` at one of the bundles beside it, as if it had always been so."""
    manifest = read_bundle(folder / bundle).manifest
    write_pointer(folder, Champion(bundle=bundle, hash=manifest.model_hash))


def write_pointer(folder: Path, champion: Champion, name: str = POINTER) -> None:
    """Replaces `champion.json` (or `name`) in `folder`: a reader sees the old one or the new one, whole, also after a
    crash."""
    new = folder / f".{name}.new"
    with new.open("wb") as file:
        file.write(readable(champion))
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / name)
    sync(folder)


def sync(path: Path) -> None:
    """Has the disk keep what stands in a file, or which names stand in a folder."""
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
