"""MLflow stores for tests. MLflow makes one by all steps of its history, which takes seconds: it is made once a process
here, and copied. No tests here."""

import warnings
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from models.registry import SQLITE, Store, local_store


def begun(path: Path) -> None:
    """An empty store in SQLite at `path`, where there is none."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_empty())


def begun_store(folder: Path) -> Store:
    """An empty store in `folder`, as `models.registry.local_store` finds it."""
    store = local_store(folder)
    begun(Path(store.uri.removeprefix(SQLITE)))
    return store


@cache
def _empty() -> bytes:
    with warnings.catch_warnings(), TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        from mlflow import MlflowClient

        path = Path(folder) / "mlflow.db"
        MlflowClient(tracking_uri=f"{SQLITE}{path}", registry_uri=f"{SQLITE}{path}").search_experiments()
        return path.read_bytes()
