"""Of two runs at once each goes on with its own values; what broke off is gone on with; old values are forgotten."""

import os
from collections.abc import Sequence
from pathlib import Path

import dagster as dg
import pytest

from orchestration.values import KEPT, RunValues, ValueMissingError

FOLDER, BROKEN = "VALUES_FOLDER", "VALUES_BROKEN"


class Said(dg.Config):
    """What the first asset comes to."""

    number: int = 1


@dg.asset
def first(config: Said) -> int:
    return config.number


@dg.asset(deps=[first])
def between(context: dg.AssetExecutionContext) -> None:
    """Another run of the first asset, while this one goes on."""
    materialized(Path(os.environ[FOLDER]), [first], context.instance, number=2)


@dg.asset(deps=[between])
def last(first: int) -> int:
    return first


@dg.asset
def fragile(first: int) -> int:
    """Breaks off as long as `BROKEN` says so."""
    if os.environ.get(BROKEN):
        raise ValueError("it breaks off")
    return first


def saying(number: int) -> dict[str, object]:
    return {"ops": {"first": {"config": {"number": number}}}}


def materialized(
    folder: Path,
    assets: Sequence[dg.AssetsDefinition],
    instance: dg.DagsterInstance,
    *,
    number: int = 1,
    only: dg.AssetsDefinition | None = None,
) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        assets,
        instance=instance,
        resources={"io_manager": RunValues(folder=str(folder))},
        run_config=saying(number) if only is None else None,
        selection=None if only is None else [only],
    )


def both() -> dg.JobDefinition:
    """An asset and one that may break off, as a job that can be executed again."""
    return dg.Definitions(
        assets=[first, fragile],
        jobs=[dg.define_asset_job("both", executor_def=dg.in_process_executor)],
        resources={"io_manager": RunValues(folder=os.environ[FOLDER])},
    ).resolve_job_def("both")


def test_a_run_goes_on_with_its_own_values_whatever_another_wrote_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    with dg.DagsterInstance.ephemeral() as instance:
        run = materialized(tmp_path, [first, between, last], instance)
        assert run.output_for_node("last") == 1
        alone = materialized(tmp_path, [first, between, last], instance, only=last)
        assert alone.output_for_node("last") == 2  # the newest that there is


@pytest.mark.slow
def test_a_run_goes_on_with_the_values_of_the_one_that_broke_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    monkeypatch.setenv(BROKEN, "1")
    job = dg.reconstructable(both)
    with dg.instance_for_test() as instance:
        off = dg.execute_job(job, instance)
        assert not off.success
        assert dg.execute_job(job, instance, asset_selection=[first.key], run_config=saying(2)).success
        monkeypatch.delenv(BROKEN)
        failed = dg.ReexecutionOptions.from_failure(off.run_id, instance)
        with dg.execute_job(job, instance, reexecution_options=failed) as again:
            assert again.output_for_node("fragile") == 1


def test_only_the_newest_values_stay_and_those_that_a_running_run_needs(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        running = instance.add_run(dg.DagsterRun(job_name="running", status=dg.DagsterRunStatus.STARTED))
        needed, gone = (tmp_path / "first" / f"{name}.pickle" for name in (running.run_id, "gone"))
        needed.parent.mkdir()
        for place in (needed, gone):
            place.write_bytes(b"")
        for number in range(KEPT + 2):
            newest = materialized(tmp_path, [first], instance, number=number)
        stay = list(needed.parent.iterdir())
        assert {needed, needed.with_name(f"{newest.run_id}.pickle")} < set(stay)
        assert len(stay) == KEPT + 1


def test_a_value_that_is_gone_is_named(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        materialized(tmp_path, [first], instance)
        (place,) = (tmp_path / "first").iterdir()
        place.unlink()
        with pytest.raises(ValueMissingError, match="first: its value is gone"):
            materialized(tmp_path, [first, between, last], instance, only=last)
