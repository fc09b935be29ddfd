"""The compiled locks: pinned with hashes, without hosts, in step with what is declared, lean for the live path."""

import json
import re
import tomllib
from typing import Any

import pytest

from tests.house.tree import ROOT

PIN = re.compile(
    r"^(?P<pin>(?P<name>[a-z0-9][a-z0-9.-]*)==\S+)( ; .+)?(?P<hashes>( --hash=sha256:[0-9a-f]{64})+)$"
)
LIVE_EXTRAS = ("stream", "api", "store", "catalog")


def lines(lock: str) -> list[str]:
    """What is pinned, each with its hashes on one line."""
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    return re.sub(r" \\\n +", " ", text).splitlines()


def pins(lock: str, part: str = "name") -> set[str]:
    return {match[part] for line in lines(lock) if (match := PIN.match(line))}


def declared(*extras: str) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"]]
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    return {re.split(r"[\[<>=!;, ]", name)[0].lower() for name in wanted}


@pytest.mark.parametrize("lock", ["dev.txt", "live.txt"])
def test_a_lock_holds_nothing_but_pins_with_their_hashes(lock: str) -> None:
    assert lines(lock)
    assert [line for line in lines(lock) if not PIN.match(line)] == []


def dashboard(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "api" / "dashboard" / name).read_text(encoding="utf-8"))
    return found


def test_npms_lock_holds_what_must_come_and_not_where_from() -> None:
    packages = dashboard("package-lock.json")["packages"]
    assert len(packages) > 1
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []
    assert "://" not in json.dumps(packages)


def test_npms_lock_is_in_step_and_pins_what_is_declared() -> None:
    declared_ = dashboard("package.json")
    root = dashboard("package-lock.json")["packages"][""]
    for kind in ("dependencies", "devDependencies"):
        assert root[kind] == declared_[kind]
        assert [name for name, version in declared_[kind].items() if version[:1] in "^~*><="] == []


def test_the_locks_cover_what_is_declared() -> None:
    assert declared(*LIVE_EXTRAS, "client", "train", "batch", "notebooks", "dev") <= pins("dev.txt")
    assert declared(*LIVE_EXTRAS, "client") <= pins("live.txt")


def test_both_locks_pin_the_same_versions() -> None:
    assert pins("live.txt", "pin") <= pins("dev.txt", "pin")


def test_the_live_path_installs_without_the_batch_path() -> None:
    assert pins("live.txt").isdisjoint(
        {"dagster", "mlflow", "mlflow-skinny", "scikit-learn", "optuna", "pytest"}
    )
