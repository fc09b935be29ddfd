"""The registry: retrainings as MLflow runs, bundles as registered models, and aliases for the champion and others.

Belongs here: everything that calls MLflow. Does not belong here: the result of a run (`models.retraining`), the folder
of models and its history (`models.promotion`), which alias follows what in it (`models.following`). Functions here take
and return plain values.

Versions are created only once all their artifacts are logged; aliases move last, the champion's last of all. So a
failure on the way leaves a failed run and nothing published. `import mlflow` takes seconds and inspects the machine
(home folder, processes), so it happens inside the functions.
"""

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from msgspec import Struct

from models.bundle import MANIFEST, BundleError, read_bundle, readable
from models.registry_record import Record

EXPERIMENT = "midround-round"
ROUND_MODEL, MAP_MODEL = "midround-round", "midround-map"
MODELS: Mapping[str, str] = {ROUND_MODEL: "models.round_pyfunc", MAP_MODEL: "models.map_pyfunc"}
Alias = Literal["champion", "challenger", "previous"]
CHAMPION: Alias = "champion"
CHALLENGER: Alias = "challenger"
PREVIOUS: Alias = "previous"
ALIASES: tuple[Alias, ...] = (CHAMPION, CHALLENGER, PREVIOUS)
SHIPPED = ("midround", "shipped")
"""Who put the shipped champion on air, and why; it was never promoted."""
SAME = ("model_hash", "model_version", "gates")
"""Tags that two versions of one bundle share."""
BUNDLE, TABLES, PICTURES = "bundle", "tables", "pictures"
DESCRIPTION_CHARS = 5_000
SQLITE = "sqlite:///"
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
"""Defaults for unset environment variables: no telemetry, and an unreachable store is reported soon."""


class RegistryError(RuntimeError):
    """The store cannot be reached or lacks what was asked for. Names the store and the reason."""

    def __init__(self, uri: str, reason: str) -> None:
        super().__init__(f"MLflow at {uri}: {reason}")
        self.uri = uri
        self.reason = reason


class Store(Struct, frozen=True, kw_only=True):
    """An MLflow store. `uri` is what MLflow accepts (`sqlite:///...`, `http://...`, `postgresql://...`).

    `artifacts` is the folder or URI of artifacts for an experiment that does not exist yet; null: the server's
    default.
    """

    uri: str
    artifacts: str | None = None


class Version(Struct, frozen=True, kw_only=True):
    """A registered bundle. `round_version` and `map_version` are its version numbers in the two registered models."""

    round_version: int
    map_version: int
    run_id: str
    model_version: str
    model_hash: str
    feature_schema_hash: str
    code_version: str
    gates: str
    """`passed` or `refused`; `none` for a bundle that no retraining made."""
    aliases: tuple[str, ...] = ()
    promoted_by: str = ""
    promoted_why: str = ""


def local_store(folder: Path) -> Store:
    """A store with SQLite and artifacts in `folder`, which is created if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    return Store(
        uri=f"sqlite:///{folder.resolve() / 'mlflow.db'}", artifacts=(folder.resolve() / "artifacts").as_uri()
    )


def register(store: Store, record: Record) -> Version:
    """Logs a finished run with all its contents and registers both models; if they are fit to run, the alias
    `challenger` is set on them. Idempotent.

    Raises `RegistryError`. What is left then does not count as a version, and a repetition completes it.
    """
    with _mlflow(store, may_begin=True) as mlflow, TemporaryDirectory() as scratch:
        known = _registered(mlflow, store, record)
        if known is not None:
            return known
        folder = Path(scratch) / BUNDLE
        _write(folder, {**record.bundle, MANIFEST: readable(record.manifest)})
        read_bundle(folder)
        run_id, sources = _logged(mlflow, store, record=record, folder=folder)
        number = _publish(mlflow, record, run_id=run_id, logged=sources)
        return _version(mlflow, store, _client(mlflow).get_model_version(ROUND_MODEL, number))


def _registered(mlflow: Any, store: Store, record: Record) -> Version | None:
    """The existing version of this bundle, if any; a missing `challenger` alias is set."""
    client, told = _client(mlflow), {name: record.tags[name] for name in SAME}
    found = client.search_model_versions(f"name = '{ROUND_MODEL}'")
    same = [one.version for one in found if told.items() <= one.tags.items() and _twin(mlflow, one)]
    if not same:
        return None
    known = _version(mlflow, store, client.get_model_version(ROUND_MODEL, same[0]))
    if record.is_fit and not known.aliases:
        _point(mlflow, CHALLENGER, known)
    return known


def _logged(mlflow: Any, store: Store, *, record: Record, folder: Path) -> tuple[str, dict[str, Any]]:
    """(run id, logged model by registered name). The run is marked as failed if this raises."""
    with mlflow.start_run(
        experiment_id=_experiment(mlflow, store), run_name=record.manifest.model_version
    ) as run:
        mlflow.set_tags(record.tags)
        mlflow.log_params(record.params)
        mlflow.log_input(_dataset(mlflow, record), context="training")
        for place, files in ((TABLES, record.tables), (PICTURES, record.pictures)):
            _write(folder.parent / place, files)
            mlflow.log_artifacts(str(folder.parent / place), place)
        mlflow.log_artifacts(str(folder), BUNDLE)
        logged = {
            name: mlflow.pyfunc.log_model(
                name=name.removeprefix("midround-"),
                loader_module=module,
                data_path=str(folder),
                signature=_signature(mlflow, record, name),
                input_example=record.examples[name],
                pip_requirements=list(record.requirements),
            )
            for name, module in MODELS.items()
        }
        # Logged after the models, which receive them too: logging a model later would fetch the history of every
        # metric of the run, which takes seconds.
        mlflow.log_metrics(record.metrics)
        return run.info.run_id, logged


def _publish(mlflow: Any, record: Record, *, run_id: str, logged: Mapping[str, Any]) -> str:
    """Creates both versions, then sets their aliases; returns the round model's number. A version of the round model
    stands for the whole, so it is created last, and deleted first if anything fails."""
    client, made = _client(mlflow), dict[str, str]()
    try:
        for name in (MAP_MODEL, ROUND_MODEL):
            _ensure(mlflow, client, name)
            version = client.create_model_version(
                name,
                logged[name].model_uri,
                run_id,
                tags=dict(record.tags),
                description=record.card_text[:DESCRIPTION_CHARS],
                model_id=logged[name].model_id,
            )
            made[name] = version.version
        for name, number in made.items() if record.is_fit else ():
            client.set_registered_model_alias(name, CHALLENGER, number)
    except Exception:
        with suppress(Exception):  # the first error is the one to report
            for name, number in reversed(made.items()):
                client.delete_model_version(name, number)
        raise
    return made[ROUND_MODEL]


def _ensure(mlflow: Any, client: Any, name: str) -> None:
    try:
        client.get_registered_model(name)
    except mlflow.exceptions.MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        client.create_registered_model(name, description=f"Win probabilities of Midround: {MODELS[name]}")


def versions(store: Store) -> list[Version]:
    """All registered versions, the newest first. Raises `RegistryError`."""
    with _mlflow(store) as mlflow:
        found = _client(mlflow).search_model_versions(f"name = '{ROUND_MODEL}'")
        known = [_version(mlflow, store, one) for one in found if _twin(mlflow, one)]
        return sorted(known, key=lambda version: -version.round_version)


def aliases(store: Store) -> dict[Alias, Version]:
    """The version behind each alias; unset aliases are left out. Raises `RegistryError`."""
    with _mlflow(store) as mlflow:
        return {alias: version for alias in ALIASES if (version := _at(mlflow, store, alias)) is not None}


def promote(store: Store, round_version: int, *, who: str, why: str) -> Version:
    """Makes a version champion and the present champion `previous`. Idempotent.

    Raises `RegistryError` if there is no such version.
    """
    with _mlflow(store) as mlflow:
        coming = _version(mlflow, store, _client(mlflow).get_model_version(ROUND_MODEL, str(round_version)))
        going = _at(mlflow, store, CHAMPION)
        challenger = _at(mlflow, store, CHALLENGER)
        if going is not None and going.round_version == coming.round_version:
            return going
        _told(mlflow, coming, who=who, why=why)
        if going is not None:
            _point(mlflow, PREVIOUS, going)
        if challenger is not None and challenger.round_version == coming.round_version:
            _unpoint(mlflow, CHALLENGER)
        _point(mlflow, CHAMPION, coming)
        return _version(mlflow, store, _client(mlflow).get_model_version(ROUND_MODEL, str(round_version)))


def rollback(store: Store, *, who: str, why: str) -> Version:
    """Swaps champion and `previous`. Raises `RegistryError` if there is no previous champion."""
    previous = aliases(store).get(PREVIOUS)
    if previous is None:
        raise RegistryError(store.uri, "there is no previous champion to go back to")
    return promote(store, previous.round_version, who=who, why=why)


def retire(store: Store) -> None:
    """Makes the champion `previous` and leaves no champion. Raises `RegistryError`."""
    with _mlflow(store) as mlflow:
        going = _at(mlflow, store, CHAMPION)
        if going is not None:
            _point(mlflow, PREVIOUS, going)
            _unpoint(mlflow, CHAMPION)


def challenge(store: Store, round_version: int) -> None:
    """Makes a version challenger, replacing any other. Raises `RegistryError` if there is no such version."""
    with _mlflow(store) as mlflow:
        coming = _client(mlflow).get_model_version(ROUND_MODEL, str(round_version))
        _point(mlflow, CHALLENGER, _version(mlflow, store, coming))


def stand_down(store: Store) -> None:
    """Removes the alias `challenger`; the version stays. Raises `RegistryError`."""
    with _mlflow(store) as mlflow:
        if _at(mlflow, store, CHALLENGER) is not None:
            _unpoint(mlflow, CHALLENGER)


def bundle_files(store: Store, round_version: int) -> dict[str, bytes]:
    """All files of a version's bundle, including its manifest, verified against it.

    Raises `RegistryError` if there is no such version, `BundleError` for a file that does not match its manifest.
    """
    with _mlflow(store) as mlflow, TemporaryDirectory() as scratch:
        version = _version(mlflow, store, _client(mlflow).get_model_version(ROUND_MODEL, str(round_version)))
        folder = Path(
            mlflow.artifacts.download_artifacts(run_id=version.run_id, artifact_path=BUNDLE, dst_path=scratch)
        )
        found = read_bundle(folder).manifest
        if found.model_hash != version.model_hash:
            raise BundleError(
                folder / MANIFEST, f"has model hash {found.model_hash}, not {version.model_hash}"
            )
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@contextmanager
def _mlflow(store: Store, *, may_begin: bool = False) -> Iterator[Any]:
    """MLflow, pointed at `store` within the context. Its errors are raised as `RegistryError`.

    MLflow would recreate a missing SQLite file, and an empty store has no champion; so only `may_begin` permits it.
    """
    if store.uri.startswith(SQLITE):
        path = Path(store.uri.removeprefix(SQLITE))
        if not (path.parent if may_begin else path).exists():
            raise RegistryError(store.uri, "there is no store")
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow
        from sqlalchemy.exc import SQLAlchemyError

        before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
        mlflow.set_tracking_uri(store.uri)
        mlflow.set_registry_uri(store.uri)
        try:
            yield mlflow
        except (mlflow.exceptions.MlflowException, SQLAlchemyError, OSError) as error:
            raise RegistryError(store.uri, str(error).splitlines()[0]) from error
        finally:
            mlflow.set_tracking_uri(before[0])
            mlflow.set_registry_uri(before[1])


def _client(mlflow: Any) -> Any:
    return mlflow.MlflowClient()


def _experiment(mlflow: Any, store: Store) -> str:
    found = mlflow.get_experiment_by_name(EXPERIMENT)
    if found is not None:
        return str(found.experiment_id)
    return str(mlflow.create_experiment(EXPERIMENT, artifact_location=store.artifacts))


def _dataset(mlflow: Any, record: Record) -> Any:
    """The partitions as an MLflow dataset, whose digest has at most 36 characters."""
    frame = record.partitions
    return mlflow.data.from_pandas(frame, name="recorded maps", digest=record.dataset_digest[:36])


def _signature(mlflow: Any, record: Record, name: str) -> Any:
    from mlflow.types.schema import ColSpec, Schema

    inputs, outputs = record.columns[name]
    return mlflow.models.ModelSignature(
        inputs=Schema([ColSpec(kind, column, required=due) for column, kind, due in inputs]),
        outputs=Schema([ColSpec("double", column) for column in outputs]),
    )


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def _at(mlflow: Any, store: Store, alias: str) -> Version | None:
    client = _client(mlflow)
    try:
        found = client.get_registered_model(ROUND_MODEL).aliases.get(alias)
    except mlflow.exceptions.MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise
    return None if found is None else _version(mlflow, store, client.get_model_version(ROUND_MODEL, found))


def _twin(mlflow: Any, found: Any) -> str | None:
    """The number of the map version that belongs to a round version; null if it was deleted."""
    twins = _client(mlflow).search_model_versions(f"name = '{MAP_MODEL}' and run_id = '{found.run_id}'")
    return twins[0].version if twins else None


def _version(mlflow: Any, store: Store, found: Any) -> Version:
    twin = _twin(mlflow, found)
    if twin is None:
        raise RegistryError(store.uri, f"version {found.version} of {ROUND_MODEL} has no {MAP_MODEL}")
    tags = found.tags
    return Version(
        round_version=int(found.version),
        map_version=int(twin),
        run_id=found.run_id,
        model_version=tags.get("model_version", ""),
        model_hash=tags.get("model_hash", ""),
        feature_schema_hash=tags.get("feature_schema_hash", ""),
        code_version=tags.get("code_version", ""),
        gates=tags.get("gates", ""),
        aliases=tuple(sorted(found.aliases)),
        promoted_by=tags.get("promoted_by", ""),
        promoted_why=tags.get("promoted_why", ""),
    )


def _numbers(version: Version) -> dict[str, str]:
    return {ROUND_MODEL: str(version.round_version), MAP_MODEL: str(version.map_version)}


def _told(mlflow: Any, version: Version, *, who: str, why: str) -> None:
    for name, number in _numbers(version).items():
        for key, value in (("promoted_by", who), ("promoted_why", why)):
            _client(mlflow).set_model_version_tag(name, number, key, value)


def _point(mlflow: Any, alias: Alias, version: Version) -> None:
    """Sets the alias; the round model's last, since its alias is the one that is read."""
    for name, number in reversed(_numbers(version).items()):
        _client(mlflow).set_registered_model_alias(name, alias, number)


def _unpoint(mlflow: Any, alias: Alias) -> None:
    """Removes the alias; the round model's last: while it still has it, a repetition removes both."""
    for name in (MAP_MODEL, ROUND_MODEL):
        _client(mlflow).delete_registered_model_alias(name, alias)
