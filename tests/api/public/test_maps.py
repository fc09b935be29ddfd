"""Outlines of maps over HTTP."""

import base64

import pytest

from game.maps.outline import map_names, shipped
from tests.api.public.doubles import Desk


@pytest.mark.parametrize("name", map_names())
def test_every_shipped_outline_is_served_as_it_is(name: str) -> None:
    told = Desk().json(f"/api/v1/maps/{name}/outline")
    outline = shipped(name)
    assert told["map_name"] == name
    assert (told["width"], told["height"], told["cell"]) == (outline.width, outline.height, outline.cell)
    assert [level["bits"] for level in told["levels"]] == [level.bits for level in outline.levels]
    for level in told["levels"]:
        assert int(level["bits"], 16).bit_count() == len(base64.b64decode(level["heights"]))


def test_a_map_of_two_storeys_says_where_they_part() -> None:
    told = Desk().json("/api/v1/maps/de_nuke/outline")
    assert len(told["levels"]) == 2
    assert told["split_z"] == shipped("de_nuke").split_z


@pytest.mark.parametrize("name", ["de_cache", "..%2Fde_nuke", "outline", "de_nuke.json"])
def test_what_is_no_shipped_map_is_refused_with_those_that_are(name: str) -> None:
    answer = Desk().ask(f"/api/v1/maps/{name}/outline")
    assert answer.status_code == 404
    assert answer.json()["field"] == "path.name"
    assert "de_nuke" in answer.json()["reason"]
