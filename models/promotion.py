"""Promotion on files: makes a bundle champion, rolls back, and records refuted champions.

Belongs here: copying a bundle in, the pointers, the history, and the order in which they are written. Does not belong
here: whether a model deserves promotion, the registry of experiments (it moves its aliases by the result of `promote`),
which match switches when (`streaming.switching`).

The files are consistent after every step: a bundle appears by renaming, the pointer is replaced atomically, and a
promotion is in the history before the pointer moves on. Concurrent promotions wait for each other.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from models.bundle import (
    CARD,
    CARD_TEXT,
    CHALLENGER,
    MANIFEST,
    POINTER,
    BundleError,
    Champion,
    Manifest,
    read_champion,
    read_manifest,
    read_pointer,
    sync,
    write_pointer,
)
from models.champions import (
    HISTORY,
    LEAD,
    REFUTED,
    Refutation,
    read_champions,
    read_history,
    read_refuted,
    since,
)
from models.clock import Now, wall_clock
from models.predictor import load_predictor

LOCK = ".lock"
MILLISECOND = timedelta(milliseconds=1)


class PromotionError(ValueError):
    """The promotion would make no sense; nothing was changed."""


class SucceededError(PromotionError):
    """The champion to be replaced is no longer champion; the decision was not made against the present one."""


class RefutedError(PromotionError):
    """The model to be promoted was itself refuted on air. Only a person may bring it back."""


class Promotion(Struct, frozen=True, kw_only=True):
    """The result of a promotion: the new champion with its manifest, and the previous one. `refuted` says why the new
    champion was once refuted on air; empty if it never was."""

    champion: Champion
    previous: Champion
    manifest: Manifest
    refuted: str = ""


def seed(folder: Path, shipped: Path) -> None:
    """Gives `folder` the champion of `shipped`, unless it has one. If it already has that bundle, only the card is
    updated. Raises `BundleError`."""
    with _locked(folder):
        if (folder / POINTER).exists():
            with suppress(BundleError):  # a bad bundle is reported where it is used
                _renew(folder, read_champion(shipped))
            return
        bundle = take_in(folder, read_champion(shipped))
        write_pointer(folder, Champion(bundle=bundle, hash=read_manifest(folder / bundle).model_hash))


def promote(
    folder: Path, bundle: str, *, who: str, why: str, now: Now = wall_clock, instead_of: str = ""
) -> Promotion:
    """Makes `bundle`, the name of one in `folder` or a path to one elsewhere, champion `LEAD` after the pointer is
    written. Automatic promotions pass `instead_of`, the hash of the champion to replace: then only that champion is
    replaced, and only by a model that was never refuted on air.

    Raises `BundleError` for a bundle that is not what its manifest claims, `PromotionError` if it is champion already
    or its name is taken by another bundle; with `instead_of` also `SucceededError` if another model is champion, and
    `RefutedError`. Then no champion changes.
    """
    with _locked(folder):
        _holds(read_champions(folder).current, instead_of, bundle)
        return _promoted(
            folder, _inside(folder, bundle), who=who, why=why, now=now, by_itself=bool(instead_of)
        )


def rollback(folder: Path, *, who: str, why: str, now: Now = wall_clock, instead_of: str = "") -> Promotion:
    """Makes the previous champion champion again; `instead_of` as in `promote`. Raises like `promote`, and
    `PromotionError` if there is no previous champion."""
    with _locked(folder):
        champions = read_champions(folder)
        _holds(champions.current, instead_of, "the one before it")
        if (coming := champions.previous) is None:
            raise PromotionError(f"{folder}: there was no champion before this one")
        return _promoted(folder, coming.bundle, who=who, why=why, now=now, by_itself=bool(instead_of))


def refute(folder: Path, model_hash: str, *, why: str) -> None:
    """Records, once, that live maps refuted the model with that hash. Raises `BundleError` if the list cannot be read,
    OSError if it cannot be written."""
    with _locked(folder):
        if model_hash not in read_refuted(folder):
            _append(folder / REFUTED, Refutation(hash=model_hash, why=why))


def _holds(current: Champion, instead_of: str, next_: str) -> None:
    if instead_of not in {"", current.hash}:
        raise SucceededError(f"{next_} was to follow {instead_of[:12]}, but {current.bundle} is champion")


def challenge(folder: Path, bundle: str, *, who: str, why: str, now: Now = wall_clock) -> Champion:
    """Makes `bundle` the challenger in shadow, replacing any other. Raises like `promote`."""
    with _locked(folder):
        name = _inside(folder, bundle)
        load_predictor(folder / name)
        found = read_manifest(folder / name).model_hash
        if found == read_champions(folder).current.hash:
            raise PromotionError(f"{name} is champion")
        named = Champion(bundle=name, hash=found, since=_whole_ms(now()), who=who, why=why)
        write_pointer(folder, named, CHALLENGER)
        return named


def stand_down(folder: Path) -> None:
    """Removes the challenger's pointer; its bundle stays."""
    with _locked(folder):
        (folder / CHALLENGER).unlink(missing_ok=True)
        sync(folder)


def read_challenger(folder: Path) -> Champion | None:
    """The challenger; null if there is none. Raises `BundleError` if the pointer cannot be read."""
    return read_pointer(folder, CHALLENGER) if (folder / CHALLENGER).exists() else None


def _inside(folder: Path, bundle: str) -> str:
    """The name of `bundle` in `folder`; a bundle from elsewhere is copied in. Raises like `promote`."""
    inside = folder / bundle
    return bundle if inside.parent == folder and inside.is_dir() else take_in(folder, Path(bundle))


def take_in(folder: Path, source: Path) -> str:
    """Copies the bundle in `source` into `folder`, whole or not at all, and returns its name there. If the same model
    is already there, only its card is updated. Raises like `promote`."""
    load_predictor(source)
    manifest, name = read_manifest(source), source.resolve().name
    if (folder / name).exists():
        if read_manifest(folder / name).model_hash != manifest.model_hash:
            raise PromotionError(f"{folder / name}: there is another bundle of this name")
        _renew(folder, source.resolve())
        return name
    new = folder / f".{name}.new"
    shutil.rmtree(new, ignore_errors=True)
    try:
        new.mkdir(parents=True)
        for file in {*manifest.files, CARD, CARD_TEXT, MANIFEST}:
            if (source / file).exists():
                shutil.copyfile(source / file, new / file)
                sync(new / file)
        sync(new)
        load_predictor(new)
        new.rename(folder / name)
        sync(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return name


def _renew(folder: Path, source: Path) -> None:
    """Updates card and manifest from `source`, if the folder has the same model under the same name. The manifest is
    written last, so that a crash half-way leads to another update."""
    known, manifest = folder / source.name, read_manifest(source)
    before = read_manifest(known)
    if before == manifest or before.model_hash != manifest.model_hash:
        return
    for file in (CARD, CARD_TEXT, MANIFEST):
        if (source / file).exists():
            new = known / f".{file}.new"
            shutil.copyfile(source / file, new)
            sync(new)
            new.replace(known / file)
            sync(known)


def _promoted(folder: Path, bundle: str, *, who: str, why: str, now: Now, by_itself: bool) -> Promotion:
    """The clock is read last, so that `LEAD` counts from writing the pointer, however long waiting and loading took."""
    load_predictor(folder / bundle)
    manifest = read_manifest(folder / bundle)
    before = read_champions(folder).current
    if before.hash == manifest.model_hash:
        raise PromotionError(f"{bundle} is champion already")
    refuted = read_refuted(folder).get(manifest.model_hash, "")
    if refuted and by_itself:
        raise RefutedError(f"{bundle} was refuted on air: {refuted}")
    _keep(folder, before)
    begins = max(_whole_ms(now()) + LEAD, since(before) + MILLISECOND)
    champion = Champion(bundle=bundle, hash=manifest.model_hash, since=begins, who=who, why=why)
    write_pointer(folder, champion)
    with suppress(OSError):  # the promotion stands; the next one writes the missing line
        _keep(folder, champion)
    _no_longer_challenges(folder, champion.hash)
    return Promotion(champion=champion, previous=before, manifest=manifest, refuted=refuted)


def _no_longer_challenges(folder: Path, model_hash: str) -> None:
    """Removes the challenger's pointer if it names this model. An unreadable pointer is
    left for its readers to report."""
    with suppress(BundleError, OSError):
        challenger = read_challenger(folder)
        if challenger is not None and challenger.hash == model_hash:
            (folder / CHALLENGER).unlink()


def _whole_ms(moment: datetime) -> datetime:
    """Truncated to milliseconds, the resolution of the log."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _keep(folder: Path, champion: Champion) -> None:
    """Ensures that the champion's promotion is in the history. Raises OSError."""
    if champion not in read_history(folder):
        _append(folder / HISTORY, champion)


def _append(path: Path, told: Struct) -> None:
    """Appends a line, after cutting off an incomplete one that a crash left. Raises OSError."""
    with path.open("a+b") as file:
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
        file.write(msgspec.json.encode(told) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    sync(path.parent)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Allows one promotion at a time; further ones wait."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
