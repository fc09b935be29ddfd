"""Assets of the season: dbt's models over the lake with their tests as checks, and the marts in the store.

Belongs here: dbt as Dagster sees it. Does not belong here: SQL (`dbt/`), the target (`orchestration.marts`), writing
rows to the store (`orchestration.publishing`). To import dbt takes seconds, so only what needs it does.
"""

import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import dagster as dg
import msgspec

from orchestration.marts import PROFILES, PROJECT, TERSE, environment, prepare_target, write_manifest
from orchestration.publishing import publish_marts
from orchestration.resources import LakeResource, StoreResource

if TYPE_CHECKING:
    from dagster_dbt import DbtCliResource

OWNERS = ["team:operations"]
POOL = "marts"
"""Concurrency pool: a DuckDB file allows one writer."""
_PARSED = (".sql", ".yml", ".yaml")


def assets(target: Path) -> list[dg.AssetsDefinition]:
    """dbt's models and their publication, over the DuckDB file `target`. Empty without the dbt
    project, which only a checkout has."""
    if not PROJECT.is_dir():
        return []
    models = built(target)
    return [models, published(target, sorted(key.path[-1] for key in models.keys))]


def built(target: Path) -> dg.AssetsDefinition:
    """An asset for every model of the project, built in one run of dbt with its tests."""
    from dagster_dbt import DbtCliResource, dbt_assets

    @dbt_assets(manifest=manifest(target), name="marts", pool=POOL)
    def marts(context: dg.AssetExecutionContext, dbt: DbtCliResource, lake: LakeResource) -> Iterator[Any]:
        os.environ.update(environment(target))
        with holding(target, is_whole=not context.is_subset):
            prepare_target(lake.root, target)
            into = target.parent / "dbt" / context.run.run_id
            os.environ["DBT_LOG_PATH"] = str(into)
            yield from dbt.cli([*TERSE, "build"], context=context, target_path=into).stream()

    return marts


@contextmanager
def holding(target: Path, *, is_whole: bool) -> Iterator[None]:
    """Context of a build of the whole target or a part. While it runs, the target is not marked as tested; on success
    it is again, if the build was whole or the mark existed before."""
    mark = _held(target)
    held = mark.is_file()
    mark.unlink(missing_ok=True)
    yield
    if is_whole or held:
        mark.touch()


def _held(target: Path) -> Path:
    """The marker file that exists while all tests pass on the contents of the target."""
    return target.with_suffix(".holds")


def published(target: Path, models: Sequence[str]) -> dg.AssetsDefinition:
    """The asset that publishes the marts to the store for serving."""

    @dg.asset(
        deps=list(models),
        group_name="marts",
        kinds={"clickhouse"},
        owners=OWNERS,
        pool=POOL,
        description="The marts in ClickHouse as `mart_*`, with `is_final`; only what has changed is written.",
    )
    def published_marts(context: dg.AssetExecutionContext, store: StoreResource) -> None:
        if not _held(target).is_file():
            raise dg.Failure("the last build of the marts failed, or broke off: nothing of it is published")
        if not store.is_there():
            raise dg.Failure("the store does not answer: the marts wait in their file for the next run")
        done = publish_marts(store.client(), target)
        context.add_output_metadata(
            {
                "rows": sum(each.rows for each in done),
                "written": sum(each.written for each in done),
                "withdrawn": sum(each.retracted for each in done),
                "tables": dg.MetadataValue.json([msgspec.to_builtins(each) for each in done]),
            }
        )

    return published_marts


def resource() -> "DbtCliResource":
    """dbt for this project: the executable beside this Python."""
    from dagster_dbt import DbtCliResource

    beside = Path(sys.executable).with_name("dbt")
    return DbtCliResource(project_dir=str(PROJECT), profiles_dir=str(PROFILES), dbt_executable=str(beside))


def manifest(target: Path) -> Path:
    """dbt's manifest of the project's present sources. Parsed once and cached, since every
    run reloads the definitions."""
    kept = target.parent / "manifests" / f"{_digest()}.json"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=kept.parent) as into:
            write_manifest(target, Path(into)).replace(kept)
    return kept


def _digest() -> str:
    sha = hashlib.sha256()
    for path in sorted(path for path in PROJECT.rglob("*") if path.suffix in _PARSED):
        sha.update(path.relative_to(PROJECT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return sha.hexdigest()[:16]
