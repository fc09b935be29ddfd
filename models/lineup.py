"""The models of one folder: loaded by hash, with the champion at any moment.

Belongs here: reading the files, loading and warming models, keeping the last good ones if a file is bad. Does not
belong here: which match switches when (`streaming.switching`), promoting (`models.promotion`).

One thread may call `look` while others call `find` and `starting`. Both answer from memory, except for a model that was
never loaded here (a match resumed after a restart) and for a moment beyond the last look.
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
"""Number of unknown hashes remembered until the next look, so that they are not searched again.
Further ones are not remembered."""


class Lineup:
    """Every model of `folder`, loaded when first needed. `problems` lists what was wrong at the last look."""

    def __init__(self, folder: Path, *, now: datetime) -> None:
        """Raises `BundleError` if no champion can be loaded."""
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
        """Reads the files again and loads a new champion. `now` is a moment before the call. Errors end up in
        `problems`, and the champions that can be loaded stay in use."""
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
        """The model with that hash, from memory or else from the folder; null if there is no usable one."""
        found = self._by_hash.get(model_hash)
        if found is not None or model_hash in self._missing:
            return found
        return self._found(model_hash)

    def starting(self, moment: datetime) -> Predictor:
        """The model for a match whose first log record has the timestamp `moment`."""
        if moment >= self._known_until:
            self.look(datetime.now(UTC))
        found = self._first(self._champions.at(moment)) or self._first(self._champions.entries)
        assert found is not None, "one was loaded at the start"
        return found

    def latest(self) -> Predictor:
        """The latest champion that can be loaded."""
        found = self._first(reversed(self._champions.entries))
        assert found is not None, "one was loaded at the start"
        return found

    def champion(self, moment: datetime) -> Champion | None:
        """The champion at `moment`, among those that can be loaded."""
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
        """Raises `BundleError`, also if the bundle's hash is not `model_hash`."""
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
    """One bundle of a folder. `roles` is a subset of champion, previous, challenger.
    `problem`: why it cannot be loaded."""

    bundle: str
    model_version: str | None
    model_hash: str | None
    roles: tuple[str, ...] = ()
    since: datetime | None = None
    who: str = ""
    why: str = ""
    problem: str = ""


def listed(folder: Path) -> list[Listed]:
    """Every bundle of `folder` by name, each with its last promotion. Raises `BundleError` if there is no pointer."""
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
    """Why the bundle cannot be loaded; empty if it can."""
    found, problem = _checked(path, _stamp(path))
    if problem:
        return problem
    is_other = entry is not None and entry.hash != found
    return f"{path}: has model hash {found}, was promoted with another" if is_other else ""


Stamp = tuple[tuple[str, int, int], ...]
"""Names of a bundle's files, with size and modification time."""


def _stamp(path: Path) -> Stamp:
    told = ((file.name, file.stat()) for file in sorted(path.iterdir()))
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in told)


@lru_cache(maxsize=512)
def _checked(path: Path, stamp: Stamp) -> tuple[str, str]:
    """(model hash, "") or ("", why the bundle cannot be loaded). Loading takes some tenths of a second, so the answer
    is cached until a file of the bundle changes (`stamp`)."""
    try:
        return load_predictor(path).model_hash, ""
    except BundleError as error:
        return "", str(error)


def warm(predictor: Predictor) -> None:
    """Runs the model once on a state of live play, so that a match's first prediction is as fast as later ones."""
    predictor.rounds.margin(random_features(Random(0)))


def bundles(folder: Path) -> Iterator[tuple[Path, Manifest | BundleError]]:
    """Every bundle in `folder` by name: its manifest, or why that cannot be read."""
    for path in sorted(folder.glob(f"[!.]*/{MANIFEST}")):
        try:
            yield path.parent, read_manifest(path.parent)
        except BundleError as error:
            yield path.parent, error
