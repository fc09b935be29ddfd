"""The models of one folder: loaded by hash, and who is champion when.

Belongs here: looking at the files, loading and warming, keeping what was good when something is not. Does not belong
here: which match switches when (`streaming.switching`), promoting (`models.promotion`).

One thread may `look` while others `find` and ask for `starting`: both answer from memory, but for a model that was
never loaded here (a match resumed after a restart) and for a moment that the last look does not cover.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from random import Random

from msgspec import Struct

from models.bundle import MANIFEST, BundleError, Champion, Manifest, read_manifest
from models.champions import LEAD, read_champions
from models.monotone import random_features
from models.predictor import Predictor, load_predictor
from models.promotion import read_challenger

FORGOTTEN = 256
"""Hashes that were asked for in vain and are not looked for again before the next look; more are forgotten at once."""


class Lineup:
    """Every model of `folder`, loaded when first needed. `problems` says what was wrong at the last look."""

    def __init__(self, folder: Path, *, now: datetime) -> None:
        """Raises `BundleError` where no champion can be loaded."""
        self.folder = folder
        self.problems: tuple[str, ...] = ()
        self._by_hash: dict[str, Predictor] = {}
        self._missing: set[str] = set()
        self._loading = threading.Lock()
        self._known_until = now
        self._champions = read_champions(folder)
        self.look(now)
        if self._first(reversed(self._champions.entries)) is None:
            self._load(folder / self._champions.current.bundle, self._champions.current.hash)

    def look(self, now: datetime) -> None:
        """Read the files anew and load a new champion; `now` is a moment before. What is wrong with them is then in
        `problems`, and the champions that can be loaded stay."""
        self._missing = set()
        try:
            self._champions = read_champions(self.folder)
            self._known_until = now + LEAD
            current = self._champions.current
            self._load(self.folder / current.bundle, current.hash)
            self.problems = ()
        except BundleError as error:
            self.problems = (str(error),)

    def find(self, model_hash: str) -> Predictor | None:
        """The model of that hash, from memory, else from the folder; null where there is none that can be used."""
        found = self._by_hash.get(model_hash)
        if found is not None or model_hash in self._missing:
            return found
        return self._found(model_hash)

    def starting(self, moment: datetime) -> Predictor:
        """The model that a match begins with whose first record the log has at `moment`."""
        if moment >= self._known_until:
            self.look(datetime.now(UTC))
        found = self._first(self._champions.at(moment)) or self._first(self._champions.entries)
        assert found is not None, "one was loaded at the start"
        return found

    def latest(self) -> Predictor:
        """The last champion that can be loaded."""
        found = self._first(reversed(self._champions.entries))
        assert found is not None, "one was loaded at the start"
        return found

    def champion(self, moment: datetime) -> Champion | None:
        """Who is champion at `moment`, among those that can be loaded."""
        return next((c for c in self._champions.at(moment) if self.find(c.hash) is not None), None)

    def _first(self, entries: Iterable[Champion]) -> Predictor | None:
        return next((found for c in entries if (found := self.find(c.hash)) is not None), None)

    def _found(self, model_hash: str) -> Predictor | None:
        for folder, manifest in bundles(self.folder):
            if isinstance(manifest, Manifest) and manifest.model_hash == model_hash:
                with suppress(BundleError):
                    return self._load(folder, model_hash)
        if len(self._missing) < FORGOTTEN:
            self._missing.add(model_hash)
        return None

    def _load(self, folder: Path, model_hash: str) -> Predictor:
        """Raises `BundleError`, also for a bundle with another hash than it was named with."""
        with self._loading:
            known = self._by_hash.get(model_hash)
            if known is not None:
                return known
            predictor = load_predictor(folder)
            if predictor.model_hash != model_hash:
                raise BundleError(
                    folder / MANIFEST, f"has model hash {predictor.model_hash}, not {model_hash}"
                )
            warm(predictor)
            self._by_hash[model_hash] = predictor
            return predictor


class Listed(Struct, frozen=True, kw_only=True):
    """One bundle of a folder. `roles` are among champion, previous, challenger; `problem`: why it cannot be loaded."""

    bundle: str
    model_version: str | None
    model_hash: str | None
    roles: tuple[str, ...] = ()
    since: datetime | None = None
    who: str = ""
    why: str = ""
    problem: str = ""


def listed(folder: Path) -> list[Listed]:
    """Every bundle of `folder` by name, with the last promotion of each. Raises `BundleError` without a pointer."""
    champions = read_champions(folder)
    by_name = {entry.bundle: entry for entry in champions.entries}
    previous = champions.previous
    roles = {champions.current.bundle: ("champion",)}
    if previous is not None:
        roles[previous.bundle] = (*roles.get(previous.bundle, ()), "previous")
    with suppress(BundleError):
        if (challenger := read_challenger(folder)) is not None:
            roles[challenger.bundle] = (*roles.get(challenger.bundle, ()), "challenger")
    return [
        _listed(path, manifest, entry=by_name.get(path.name), roles=roles.get(path.name, ()))
        for path, manifest in bundles(folder)
    ]


def _listed(
    path: Path, manifest: Manifest | BundleError, *, entry: Champion | None, roles: tuple[str, ...]
) -> Listed:
    told = manifest if isinstance(manifest, Manifest) else None
    return Listed(
        bundle=path.name,
        model_version=None if told is None else told.model_version,
        model_hash=None if told is None else told.model_hash,
        roles=roles,
        since=None if entry is None else entry.since,
        who="" if entry is None else entry.who,
        why="" if entry is None else entry.why,
        problem=_problem(path, entry),
    )


def _problem(path: Path, entry: Champion | None) -> str:
    """Why the bundle cannot be loaded; empty where it can."""
    found, problem = _checked(path, _stamp(path))
    if problem:
        return problem
    is_other = entry is not None and entry.hash != found
    return f"{path}: has model hash {found}, was promoted with another" if is_other else ""


Stamp = tuple[tuple[str, int, int], ...]
"""Files of a bundle by name, with size and time of change."""


def _stamp(path: Path) -> Stamp:
    told = ((file.name, file.stat()) for file in sorted(path.iterdir()))
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in told)


@lru_cache(maxsize=512)
def _checked(path: Path, stamp: Stamp) -> tuple[str, str]:
    """The model's hash, or why the bundle cannot be loaded. Loading takes some tenths of a second, and a bundle that
    was looked at is looked at again only when a file of it has changed (`stamp`)."""
    try:
        return load_predictor(path).model_hash, ""
    except BundleError as error:
        return "", str(error)


def warm(predictor: Predictor) -> None:
    """One look at live play, so that the first of a match is as quick as the rest."""
    predictor.rounds.margin(random_features(Random(0)))


def bundles(folder: Path) -> Iterator[tuple[Path, Manifest | BundleError]]:
    """Every bundle in `folder` by name: what it claims to be, or why that cannot be read."""
    for path in sorted(folder.glob(f"[!.]*/{MANIFEST}")):
        try:
            yield path.parent, read_manifest(path.parent)
        except BundleError as error:
            yield path.parent, error
