"""Promotion on files: a bundle becomes champion, the one before comes back, one that was refuted is remembered.

Belongs here: taking a bundle in, the pointers, the history, and the order in which they are written. Does not belong
here: whether a model deserves it, the registry of experiments (it moves its aliases by what `promote` returns), who
switches when (`streaming.switching`).

Every step leaves files that mean something whole: a bundle appears by renaming, the pointer is replaced, and the line
of the pointer's promotion is in the history before the pointer moves on. A second promotion waits for the first.
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
    """A promotion that would make no sense; nothing was changed."""


class SucceededError(PromotionError):
    """The champion that was to go has gone: another one is champion, against which nobody judged."""


class RefutedError(PromotionError):
    """The one that was to follow was refuted on air itself: a person may bring it back, nothing else does."""


class Promotion(Struct, frozen=True, kw_only=True):
    """What was done: who is champion now, as what, and who was before. `refuted` tells why the champion was refuted
    on air, if it ever was; else it is empty."""

    champion: Champion
    previous: Champion
    manifest: Manifest
    refuted: str = ""


def seed(folder: Path, shipped: Path) -> None:
    """Give `folder` the champion of `shipped`, unless it has one; then only its card of today, where it is there too.
    Raises `BundleError`."""
    with _locked(folder):
        if (folder / POINTER).exists():
            with suppress(BundleError):  # what is wrong with a bundle is told where it is to be used
                _renew(folder, read_champion(shipped))
            return
        bundle = take_in(folder, read_champion(shipped))
        write_pointer(folder, Champion(bundle=bundle, hash=read_manifest(folder / bundle).model_hash))


def promote(
    folder: Path, bundle: str, *, who: str, why: str, now: Now = wall_clock, instead_of: str = ""
) -> Promotion:
    """Make `bundle`, the name of one in `folder` or a path to one elsewhere, champion `LEAD` after it is written;
    with `instead_of`, the hash of a champion, in the place of that one alone, and only what was never refuted on air:
    so does who is no person.

    Raises `BundleError` for a bundle that is not what it claims to be, `PromotionError` for one that is champion
    already or bears another's name, and with `instead_of` `SucceededError` where another one is champion and
    `RefutedError`; then no champion changes.
    """
    with _locked(folder):
        _holds(read_champions(folder).current, instead_of, bundle)
        return _promoted(
            folder, _inside(folder, bundle), who=who, why=why, now=now, by_itself=bool(instead_of)
        )


def rollback(folder: Path, *, who: str, why: str, now: Now = wall_clock, instead_of: str = "") -> Promotion:
    """Make the champion before the present one champion again, with `instead_of` as `promote`. Raises as that does, and
    where there is none."""
    with _locked(folder):
        champions = read_champions(folder)
        _holds(champions.current, instead_of, "the one before it")
        if (coming := champions.previous) is None:
            raise PromotionError(f"{folder}: there was no champion before this one")
        return _promoted(folder, coming.bundle, who=who, why=why, now=now, by_itself=bool(instead_of))


def refute(folder: Path, model_hash: str, *, why: str) -> None:
    """Keep that the live maps refuted the model of that hash, once. Raises `BundleError` for a list that cannot be
    read, OSError for one that cannot be written."""
    with _locked(folder):
        if model_hash not in read_refuted(folder):
            _append(folder / REFUTED, Refutation(hash=model_hash, why=why))


def _holds(current: Champion, instead_of: str, next_: str) -> None:
    if instead_of not in {"", current.hash}:
        raise SucceededError(f"{next_} was to follow {instead_of[:12]}, but {current.bundle} is champion")


def challenge(folder: Path, bundle: str, *, who: str, why: str, now: Now = wall_clock) -> Champion:
    """Make `bundle` the challenger in shadow, in the place of one that was. Raises as `promote`."""
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
    """Nobody challenges any more; its bundle stays."""
    with _locked(folder):
        (folder / CHALLENGER).unlink(missing_ok=True)
        sync(folder)


def read_challenger(folder: Path) -> Champion | None:
    """Who challenges; null where nobody does. Raises `BundleError` for a pointer that cannot be read."""
    return read_pointer(folder, CHALLENGER) if (folder / CHALLENGER).exists() else None


def _inside(folder: Path, bundle: str) -> str:
    """The name of `bundle` in `folder`, which takes in one from elsewhere. Raises as `promote`."""
    inside = folder / bundle
    return bundle if inside.parent == folder and inside.is_dir() else take_in(folder, Path(bundle))


def take_in(folder: Path, source: Path) -> str:
    """Copy the bundle in `source` into `folder`, whole or not at all; its name there. Of the same model that is there,
    its card is taken. Raises as `promote`."""
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
    """Where the folder has the model of `source` under its name, the card and manifest of `source`. The manifest comes
    last: what a crash leaves half done is done again."""
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
    """The clock is asked last: `LEAD` is counted from the pointer, whatever waiting and loading took before."""
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
    with suppress(OSError):  # it is champion; the next promotion writes the line that is missing
        _keep(folder, champion)
    _no_longer_challenges(folder, champion.hash)
    return Promotion(champion=champion, previous=before, manifest=manifest, refuted=refuted)


def _no_longer_challenges(folder: Path, model_hash: str) -> None:
    """A pointer to a challenger that cannot be read is left to who reads it."""
    with suppress(BundleError, OSError):
        challenger = read_challenger(folder)
        if challenger is not None and challenger.hash == model_hash:
            (folder / CHALLENGER).unlink()


def _whole_ms(moment: datetime) -> datetime:
    """The log counts in milliseconds."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _keep(folder: Path, champion: Champion) -> None:
    """Have the champion's promotion in the history. Raises OSError."""
    if champion not in read_history(folder):
        _append(folder / HISTORY, champion)


def _append(path: Path, told: Struct) -> None:
    """One line more; half a line, left by a crash, is cut off. Raises OSError."""
    with path.open("a+b") as file:
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
        file.write(msgspec.json.encode(told) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    sync(path.parent)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One promotion at a time; whoever comes second waits."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
