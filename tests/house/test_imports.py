"""What an import may do: nothing but define; and what the live path may load."""

import subprocess
import sys

import pytest

from tests.house.tree import ROOT, modules

# Raises at the first act that an import must not do; prints the top-level names of what was loaded.
PROBE = """
import importlib, sys

ACTS = {"socket.connect", "socket.bind", "subprocess.Popen", "os.fork", "os.mkdir", "os.remove", "sqlite3.connect"}

def refuse(event, arguments):
    if event in ACTS:
        raise RuntimeError(f"{event} at import: {arguments}")

sys.addaudithook(refuse)
for name in sys.argv[1:]:
    importlib.import_module(name)
print(*{name.partition(".")[0] for name in sys.modules})
"""
BATCH_LIBRARIES = {"dagster", "lightgbm", "mlflow", "optuna", "pandas", "sklearn"}


def module_names(*packages: str) -> list[str]:
    scripts = {"__main__.py", "env.py"}  # run by Python and by Alembic, imported by nobody
    names = [name for name in modules() if name.parts[0] in packages and name.name not in scripts]
    return [".".join(name.with_suffix("").parts).removesuffix(".__init__") for name in names]


def loaded_by(names: list[str]) -> set[str]:
    command = [sys.executable, "-B", "-c", PROBE, *names]
    probe = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert probe.returncode == 0, probe.stderr
    return set(probe.stdout.split())


@pytest.mark.slow
def test_the_live_path_loads_no_training_library() -> None:
    assert loaded_by(module_names("streaming", "api", "adapters")) & BATCH_LIBRARIES == set()


def test_the_game_loads_no_other_package_of_the_house() -> None:
    assert loaded_by(module_names("game")) & {"adapters", "api", "midround", "models", "streaming"} == set()


def test_the_command_line_starts_without_stream_and_store() -> None:
    heavy = {"bytewax", "chdb", "clickhouse_connect", "fastapi", "sqlalchemy", *BATCH_LIBRARIES}
    assert loaded_by(["midround.cli"]) & heavy == set()


@pytest.mark.slow
def test_the_reading_side_starts_without_the_engine_of_graphql() -> None:
    assert loaded_by(["api.public.serve"]) & {"graphql", "strawberry"} == set()


@pytest.mark.slow
def test_importing_anything_does_nothing_else() -> None:
    assert loaded_by(module_names("adapters", "api", "game", "midround", "models", "streaming"))
