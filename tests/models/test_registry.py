"""What is registered is what the fast path loads; aliases move as told; nothing is left of what failed."""

import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from models.bundle import CARD, POINTER, PREDICTIVE, BundleError, Champion, read_pointer, write_bundle
from models.candidates import candidates
from models.evaluation import predictor_of
from models.following import follow
from models.monotone import random_features
from models.registry import (
    CHALLENGER,
    CHAMPION,
    EXPERIMENT,
    MAP_MODEL,
    PREVIOUS,
    ROUND_MODEL,
    RegistryError,
    Store,
    aliases,
    bundle_files,
    promote,
    register,
    rollback,
    versions,
)
from models.registry_record import map_frame, record_of, record_of_bundle, round_columns
from models.retraining import Retrained, retrain
from models.round_pyfunc import features_of
from tests.models.inputs import live_score
from tests.models.rows import QUICK, champion_of, made_maps
from tests.tracking import begun_store

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@cache
def retrained() -> Retrained:
    maps = made_maps(range(1, 7), rounds=14)
    return retrain(
        maps, champion_of(maps[:4]), version="one", tried=candidates(QUICK)[:2], code="test", probed_states=20
    )


def called(version: str) -> Retrained:
    """The same under another name."""
    return replace(retrained(), model_version=version)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """MLflow and what it loads warn a lot, and leave engines to the collector."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def loaded(store: Store, uri: str) -> Any:
    import mlflow

    mlflow.set_tracking_uri(store.uri)
    mlflow.set_registry_uri(store.uri)
    return mlflow.pyfunc.load_model(uri)


def test_a_run_holds_all_of_it_and_its_models_equal_the_fast_path(tmp_path: Path) -> None:
    import pandas as pd

    store = begun_store(tmp_path / "store")
    version = register(store, record_of(retrained()))
    assert (version.round_version, version.map_version, version.aliases) == (1, 1, (CHALLENGER,))
    assert version.model_hash == retrained().model_hash
    assert promote(store, 1, who="a test", why="to see it").promoted_by == "a test"
    predictor = predictor_of(retrained().fitted.files, "one")
    rng = Random(5)
    states = [random_features(rng) for _ in range(300)]
    frame = pd.DataFrame([{name: getattr(f, name) for name, _, _ in round_columns()} for f in states])
    told = loaded(store, f"models:/{ROUND_MODEL}@{CHAMPION}").predict(frame)
    assert told["p_ct"].tolist() == [predictor.live_round(f).p_ct for f in states]
    assert told["lo"].tolist() == [predictor.live_round(f).lo for f in states]
    assert features_of(frame.iloc[0].to_dict()) == states[0]
    scores = [
        live_score(stage="before", score_a=a, score_b=b, kind=k) for a, b, k in ((0, 3, 1), (9, 9, None))
    ]
    maps = loaded(store, f"models:/{MAP_MODEL}@{CHAMPION}").predict(map_frame(scores))
    assert maps["p_a"].tolist() == [predictor.forecast(None, score).map.p_a for score in scores]
    _is_whole(store, version.run_id)
    files = bundle_files(store, 1)
    assert {name: files[name] for name in retrained().bundle} == retrained().bundle


def _is_whole(store: Store, run_id: str) -> None:
    import mlflow

    client = mlflow.MlflowClient(store.uri, store.uri)
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    assert client.get_experiment(run.info.experiment_id).name == EXPERIMENT
    assert run.inputs is not None
    assert run.inputs.dataset_inputs[0].dataset.digest == retrained().dataset.digest[:36]
    assert run.data.metrics["clock/champion/ours_minus_it_lo"] == retrained().judged.clock[1].paired.lo  # type: ignore[union-attr]
    assert run.data.tags["gates"] == ("passed" if retrained().passed() else "refused")
    assert {f.path for f in client.list_artifacts(run_id)} >= {"bundle", "tables", "pictures"}
    described = client.get_model_version(ROUND_MODEL, "1").description
    assert described == retrained().bundle["card.md"].decode()[:5_000]


def test_a_bundle_that_a_retraining_registered_is_known_by_its_folder_alone(tmp_path: Path) -> None:
    store, found, folder = begun_store(tmp_path / "store"), retrained(), tmp_path / "one"
    write_bundle(folder, found.bundle, model_version="one", schema_hash=found.dataset.feature_schema_hash)
    registered = register(store, record_of(found))
    assert register(store, record_of_bundle(folder)) == registered
    told, alone = record_of(found), record_of_bundle(folder)
    assert (alone.tags, alone.dataset_digest) == (told.tags, told.dataset_digest)
    assert alone.params.items() <= told.params.items()
    assert "clock/ours/log_loss_lo" in alone.metrics.keys() & told.metrics.keys()


@pytest.mark.proof
def test_aliases_go_forth_and_back(tmp_path: Path) -> None:
    store = begun_store(tmp_path / "store")
    for name in ("one", "two"):
        register(store, record_of(called(name)))
    assert [version.model_version for version in versions(store)] == ["two", "one"]
    with pytest.raises(RegistryError, match="there is no previous champion"):
        rollback(store, who="a", why="b")
    promote(store, 1, who="a", why="b")
    promote(store, 2, who="a", why="b")
    promote(store, 2, who="a", why="again")
    assert {alias: v.round_version for alias, v in aliases(store).items()} == {CHAMPION: 2, PREVIOUS: 1}
    assert rollback(store, who="c", why="worse").promoted_why == "worse"
    assert {alias: v.map_version for alias, v in aliases(store).items()} == {CHAMPION: 1, PREVIOUS: 2}
    unfit = replace(record_of(called("three")), is_fit=False)
    assert register(store, unfit).round_version == 3
    assert CHALLENGER not in aliases(store)
    with pytest.raises(RegistryError, match="9"):
        promote(store, 9, who="a", why="b")
    assert aliases(store)[CHAMPION].round_version == 1


def test_a_run_that_fails_midway_publishes_nothing(tmp_path: Path) -> None:
    store = begun_store(tmp_path / "store")
    record = record_of(retrained())
    nonsense = ((("stage", "nonsense", True),), ("p_a",))
    broken = replace(record, columns={**record.columns, MAP_MODEL: nonsense})
    with pytest.raises(RegistryError, match="nonsense"):
        register(store, broken)
    lying = replace(record, bundle={**record.bundle, CARD: b"{}"})
    with pytest.raises(BundleError, match=CARD):
        register(store, lying)
    assert versions(store) == []
    assert aliases(store) == {}
    register(store, record)
    assert [version.round_version for version in versions(store)] == [1]


class Killed(BaseException):
    """What nobody catches."""


def broken_off(monkeypatch: pytest.MonkeyPatch, call: str, *, at: int, error: BaseException) -> None:
    """Has MLflow fail at its n-th `call`, and in every clean-up after it."""
    from mlflow import MlflowClient

    real, asked = getattr(MlflowClient, call), list[Any]()

    def failing(self: Any, *given: Any, **named: Any) -> Any:
        asked.append(given)
        if len(asked) == at:
            raise error
        return real(self, *given, **named)

    def gone(*_: Any) -> None:
        raise OSError("nobody answers the clean-up")

    monkeypatch.setattr(MlflowClient, call, failing)
    monkeypatch.setattr(MlflowClient, "delete_model_version", gone)


@pytest.mark.parametrize(
    ("call", "at", "error"),
    [
        ("create_model_version", 2, Killed("killed")),
        ("create_model_version", 2, OSError("the store went away")),
        ("set_registered_model_alias", 1, OSError("the store went away")),
        ("set_registered_model_alias", 2, Killed("killed")),
    ],
)
def test_what_broke_off_between_two_calls_is_made_whole_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, at: int, error: BaseException
) -> None:
    from mlflow import MlflowClient

    store, told = begun_store(tmp_path / "store"), record_of(retrained())
    with monkeypatch.context() as patched:
        broken_off(patched, call, at=at, error=error)
        with pytest.raises((Killed, RegistryError), match=str(error)):
            register(store, told)
    left = versions(store)
    run_id = register(store, told).run_id
    assert [version.run_id for version in versions(store)] == [run_id]
    assert {version.run_id for version in left} <= {run_id}
    assert {alias: version.run_id for alias, version in aliases(store).items()} == {CHALLENGER: run_id}
    client = MlflowClient(store.uri, store.uri)
    assert client.get_model_version_by_alias(MAP_MODEL, CHALLENGER).run_id == run_id
    assert str(follow(store, on_air(Champion(bundle="one", hash=told.manifest.model_hash)), nobody)) == ""


def test_a_round_version_without_a_map_version_is_passed_over(tmp_path: Path) -> None:
    from mlflow import MlflowClient

    store, told = begun_store(tmp_path / "store"), record_of(retrained())
    register(store, told)
    MlflowClient(store.uri, store.uri).delete_model_version(MAP_MODEL, "1")
    assert versions(store) == []
    with pytest.raises(RegistryError, match=f"version 1 of {ROUND_MODEL} has no {MAP_MODEL}"):
        promote(store, 1, who="ann", why="better")
    assert register(store, told).round_version == 2


def test_a_store_that_is_gone_is_named(tmp_path: Path) -> None:
    gone = Store(uri=f"sqlite:///{tmp_path / 'gone' / 'mlflow.db'}")
    for act in (aliases, versions):
        with pytest.raises(RegistryError, match=r"gone/mlflow\.db: there is no store"):
            act(gone)
    with pytest.raises(RegistryError, match="there is no store"):
        register(gone, record_of(retrained()))
    assert not (tmp_path / "gone").exists()
    assert set(PREDICTIVE) < set(retrained().bundle)


def on_air(*read: Champion) -> Callable[[], Champion]:
    """A pointer as it reads time after time, the last for good."""
    left = list(read)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def nobody() -> None:
    """Who challenges."""


def registered(folder: Path) -> tuple[Store, Champion]:
    """A store that knows one bundle, and that as the champion on air."""
    store, told = begun_store(folder / "store"), record_of(retrained())
    register(store, told)
    return store, Champion(bundle="one", hash=told.manifest.model_hash, since=NOON, who="ann", why="better")


def test_aliases_follow_what_is_on_air(tmp_path: Path) -> None:
    store, known = registered(tmp_path)
    other = replace(known, bundle="two", hash="0" * 64)
    assert str(follow(store, on_air(known), nobody)) == ""
    assert aliases(store)[CHAMPION].promoted_by == "ann"
    assert "knows no version with hash 00000000" in str(follow(store, on_air(other), nobody))
    assert set(aliases(store)) == {PREVIOUS}
    assert str(follow(store, on_air(replace(known, who="bob", why="after all")), nobody)) == ""
    assert aliases(store)[CHAMPION].promoted_why == "after all"
    gone = Store(uri=f"sqlite:///{tmp_path / 'gone' / 'mlflow.db'}")
    assert "there is no store" in str(follow(gone, on_air(known), nobody))


def test_who_follows_a_promotion_that_another_one_followed_meanwhile_follows_that_one(tmp_path: Path) -> None:
    store, known = registered(tmp_path)
    other = replace(known, bundle="two", hash="0" * 64)
    assert "knows no version" in str(follow(store, on_air(known, other), nobody))
    assert set(aliases(store)) == {PREVIOUS}
    assert str(follow(store, on_air(other, known), nobody)) == ""
    assert aliases(store)[CHAMPION].model_version == "one"


def test_a_pointer_that_cannot_be_read_is_no_error_of_who_promoted(tmp_path: Path) -> None:
    store = begun_store(tmp_path / "store")
    assert f"{POINTER}: cannot be read" in str(follow(store, lambda: read_pointer(tmp_path), nobody))


def test_the_challenger_s_alias_follows_its_pointer(tmp_path: Path) -> None:
    from mlflow import MlflowClient

    store, champion = registered(tmp_path)
    other = replace(champion, bundle="two", hash="0" * 64)

    def follows(*challenger: Champion | None) -> dict[str, str]:
        left = list(challenger)
        follow(store, on_air(other), lambda: left.pop(0) if len(left) > 1 else left[0])
        return {alias: version.model_version for alias, version in aliases(store).items()}

    assert set(aliases(store)) == {CHALLENGER}, "as it was registered"
    assert follows(None) == {}
    with pytest.raises(Exception, match="alias challenger not found"):
        MlflowClient(store.uri, store.uri).get_model_version_by_alias(MAP_MODEL, CHALLENGER)
    assert follows(None) == {}
    assert follows(champion) == {CHALLENGER: "one"}
    assert MlflowClient(store.uri, store.uri).get_model_version_by_alias(MAP_MODEL, CHALLENGER).version in (
        1,
        "1",
    )
    assert follows(other) == {}, "one that was never registered"
    assert follows(None, champion) == {CHALLENGER: "one"}, "named while the alias was taken away"
    assert str(follow(store, on_air(champion), on_air(other))) == "", "a challenger by hand is no problem"
    assert set(aliases(store)) == {CHAMPION}


def test_a_pointer_to_a_challenger_that_cannot_be_read_keeps_no_champion_from_its_alias(
    tmp_path: Path,
) -> None:
    store, champion = registered(tmp_path)
    (tmp_path / POINTER).write_text("no pointer")
    assert f"{POINTER}: names no champion" in str(
        follow(store, on_air(champion), lambda: read_pointer(tmp_path))
    )
    assert aliases(store)[CHAMPION].model_version == "one"
