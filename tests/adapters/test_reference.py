"""The page of the settings is the declared one, and says of each setting what it means."""

import re
from pathlib import Path

from adapters.reference import settings_markdown
from adapters.settings import Settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"
ROW = re.compile(
    r"^\| `(?P<name>[a-z_.]+)` \| `(?P<variable>[A-Z_]+)` \| .+ \| .+ \| (?P<meaning>.*) \|$", re.MULTILINE
)


def test_the_committed_page_is_the_declared_one() -> None:
    assert PAGE.read_text(encoding="utf-8") == settings_markdown()


def test_every_setting_is_on_the_page_with_its_variable_and_meaning() -> None:
    rows = list(ROW.finditer(settings_markdown()))
    plain = {
        name
        for section, values in Settings().model_dump(mode="json").items()
        for name in ([f"{section}.{key}" for key in values] if isinstance(values, dict) else [section])
    }
    assert {row["name"] for row in rows} == plain
    assert [row["name"] for row in rows if not row["meaning"].strip()] == []
    assert [
        row for row in rows if row["variable"] != "MIDROUND_" + row["name"].replace(".", "__").upper()
    ] == []
