"""Outlines of maps and an operator's own pictures over HTTP."""

import base64
from pathlib import Path

import pytest

from api.public.maps.radar import PNG
from game.maps.outline import map_names, shipped
from tests.api.public.doubles import Desk

pytestmark = pytest.mark.slow


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


def radars(folder: Path) -> Desk:
    """An API with pictures of a map of two levels, of one that says too little, and of one that is none."""
    inside = folder / "radars"
    inside.mkdir()
    for name in ("de_nuke.png", "de_nuke_lower.png", "de_half.png", "de_silent.png"):
        (inside / name).write_bytes(PNG + name.encode())
    (inside / "de_nuke.json").write_text(
        '{"pos_x": -3453, "pos_y": 2887, "scale": 7, "material": "overviews/de_nuke"}'
    )
    (inside / "de_half.json").write_text('{"pos_x": 0, "pos_y": 0, "scale": 0}')
    (inside / "de_page.png").write_bytes(b"<script>")
    (inside / "de_page.json").write_text('{"pos_x": 0, "pos_y": 0, "scale": 5}')
    (folder / "secret.png").write_bytes(PNG)
    (folder / "secret.json").write_text('{"pos_x": 0, "pos_y": 0, "scale": 5}')
    return Desk(radar_folder=inside)


def test_an_operator_s_pictures_are_served_as_they_are(tmp_path: Path) -> None:
    desk = radars(tmp_path)
    told = desk.json("/api/v1/maps/de_nuke/radar")
    assert (told["pos_x"], told["scale"], told["levels"]) == (-3453, 7, ["upper", "lower"])
    assert [each["map_name"] for each in desk.json("/api/v1/maps/radars")] == ["de_nuke", "de_page"]
    answer = desk.ask("/api/v1/maps/de_nuke/radar/lower")
    assert (answer.content, answer.headers["content-type"]) == (PNG + b"de_nuke_lower.png", "image/png")
    again = desk.ask("/api/v1/maps/de_nuke/radar/lower", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    (tmp_path / "radars" / "de_nuke_lower.png").write_bytes(PNG)
    assert desk.ask("/api/v1/maps/de_nuke/radar/lower").content == PNG


@pytest.mark.parametrize(
    "path",
    [
        *(
            "de_half/radar",
            "de_silent/radar",
            "de_nuke_lower/radar",
            "..%2Fsecret/radar",
            "%2Fetc%2Fpasswd/radar",
        ),
        *(
            "de_page/radar/upper",
            "..%2Fsecret/radar/upper",
            "de_silent/radar/lower",
            "de_half.png/radar/upper",
        ),
    ],
)
def test_what_is_no_picture_of_a_map_is_not_served(tmp_path: Path, path: str) -> None:
    assert radars(tmp_path).ask(f"/api/v1/maps/{path}").status_code == 404


def test_without_a_folder_there_is_no_picture() -> None:
    assert Desk().json("/api/v1/maps/radars") == []
    assert Desk().ask("/api/v1/maps/de_nuke/radar").status_code == 404
