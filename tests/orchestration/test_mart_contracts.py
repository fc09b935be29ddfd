"""dbt's declaration of the marts and Python's are one: columns, types, meaning, grain, the numbers of formulas."""

from typing import Any

import pytest
import yaml

from adapters.clickhouse.marts import ALL_TABLES, MARTS, model, served
from adapters.clickhouse.tables import NAME, Column, Table
from game import stats
from orchestration.marts import PROJECT

SQL_TYPES = {
    "String": "varchar",
    NAME: "varchar",
    "UInt32": "integer",
    "Float64": "double",
    "Bool": "boolean",
}
MODELS = PROJECT / "models"


def contract(name: str, folder: str = "marts") -> dict[str, Any]:
    """What the yml beside the model's SQL says of it."""
    found = yaml.safe_load((MODELS / folder / f"{name}.yml").read_text(encoding="utf-8"))["models"]
    assert [each["name"] for each in found] == [name]
    return dict(found[0])


def declared(column: Column) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": column.name,
        "data_type": SQL_TYPES[column.type],
        "description": column.about,
    }
    return said if column.is_nullable else {**said, "constraints": [{"type": "not_null"}]}


@pytest.mark.parametrize("mart", MARTS, ids=lambda each: each.name)
def test_both_declare_the_same_columns(mart: Table) -> None:
    columns = contract(model(mart))["columns"]
    told = [{k: v for k, v in column.items() if k != "data_tests"} for column in columns]
    assert told == [declared(column) for column in served(mart)]


@pytest.mark.parametrize("mart", MARTS, ids=lambda each: each.name)
def test_both_declare_the_same_meaning_and_grain(mart: Table) -> None:
    told, grain = contract(model(mart)), list(mart.order_by)
    assert told["description"] == mart.about
    assert told["config"]["meta"]["grain"] == grain
    assert {"grain": {"arguments": {"columns": grain}}} in told["data_tests"]


def test_every_mart_is_served() -> None:
    assert {path.stem for path in (MODELS / "marts").glob("*.sql")} == {model(mart) for mart in MARTS}
    assert len({table.name for table in ALL_TABLES}) == len(ALL_TABLES)


def test_every_model_has_its_yml_with_every_column_described() -> None:
    models = list(MODELS.rglob("*.sql"))
    assert len(models) > len(MARTS)
    for path in models:
        told = contract(path.stem, path.parent.name)
        assert told["description"]
        assert [c for c in told["columns"] if not c.get("description") or not c.get("data_type")] == []


def test_the_numbers_of_rating_1_are_those_of_the_definitions() -> None:
    variables = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    assert (variables["rating_1_kpr"], variables["rating_1_survival"], variables["rating_1_multi"]) == (
        stats.RATING_1_KPR,
        stats.RATING_1_SURVIVAL,
        stats.RATING_1_MULTI,
    )
