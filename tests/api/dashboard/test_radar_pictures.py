"""An operator's own radar pictures in the replay: shown where they are, the outline where there is none."""

import json
import struct
import zlib
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from game.events import MapStarted
from game.maps.outline import map_names, shipped
from game.messages import Processed
from tests.api.dashboard.browser import LIMIT_S, page_on, served
from tests.api.public.doubles import Desk, KeptHistory
from tests.api.public.test_what_if import PLENTY, TOLD

pytestmark = pytest.mark.server
REPLAY = f"#/match/{TOLD[0].match_id}/replay?map=1&round=1"
COLOUR = (255, 0, 255)
SIZE = 64
SHARES = """() => {
    const canvas = document.querySelector(".stage canvas");
    if (canvas === null) return [0, 0];
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let [ofPicture, painted] = [0, 0];
    for (let at = 0; at < data.length; at += 4) {
        ofPicture += data[at] > 250 && data[at + 1] < 5 && data[at + 2] > 250;
        painted += data[at + 3] > 0;
    }
    return [ofPicture / (data.length / 4), painted / (data.length / 4)];
}"""
"""Of the canvas: what has the picture's colour, and what is painted at all."""


def png() -> bytes:
    """A square of one colour."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    row = b"\0" + bytes(COLOUR) * SIZE
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row * SIZE)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def pictures(folder: Path, map_name: str) -> Path:
    """A folder with the pictures of a map, placed as the outline says."""
    radar = shipped(map_name).radar
    assert radar is not None
    for level in ("", "_lower"):
        (folder / f"{map_name}{level}.png").write_bytes(png())
    place = {"pos_x": radar.pos_x, "pos_y": radar.pos_y, "scale": radar.scale}
    (folder / f"{map_name}.json").write_text(json.dumps(place), encoding="utf-8")
    return folder


def played() -> str:
    """The name of the map that is played."""
    told = (each.event for each in TOLD if isinstance(each, Processed))
    return next(event.payload.map_name or "" for event in told if isinstance(event, MapStarted))


def until_painted(page: Page, met: str) -> list[float]:
    """The shares of the first look at which it is met."""
    look = f"() => {{ const [ofPicture, painted] = ({SHARES})(); return {met} && [ofPicture, painted]; }}"
    found: list[float] = page.wait_for_function(look, timeout=LIMIT_S * 1000).json_value()
    return found


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_an_operator_s_picture_is_shown_under_the_outline(
    tmp_path: Path, browser: Browser, theme: str
) -> None:
    desk = Desk(KeptHistory(TOLD), sizes=PLENTY, radar_folder=pictures(tmp_path, played()))
    with served(desk.take(TOLD).app) as url, page_on(browser, url, theme=theme) as page:
        page.goto(f"{url}/{REPLAY}")
        of_picture, painted = until_painted(page, "ofPicture > 0.1 && ofPicture < painted")
        assert 0.1 < of_picture < painted, "outline, sites and players are over it"


def test_a_map_without_a_picture_has_its_outline(tmp_path: Path, browser: Browser) -> None:
    other = next(name for name in map_names() if name != played())
    desk = Desk(KeptHistory(TOLD), sizes=PLENTY, radar_folder=pictures(tmp_path, other))
    with served(desk.take(TOLD).app) as url, page_on(browser, url) as page:
        with page.expect_response("**/maps/radars") as asked, page.expect_response("**/outline") as drawn:
            page.goto(f"{url}/{REPLAY}")
        assert [each["map_name"] for each in asked.value.json()] == [other]
        assert drawn.value.ok
        until_painted(page, "painted > 0.1")
        assert page.evaluate(SHARES)[0] == 0


def test_a_picture_that_cannot_be_shown_leaves_the_outline(tmp_path: Path, browser: Browser) -> None:
    folder = pictures(tmp_path, played())
    for path in folder.glob("*.png"):
        path.write_bytes(png()[:60])
    desk = Desk(KeptHistory(TOLD), sizes=PLENTY, radar_folder=folder)
    with served(desk.take(TOLD).app) as url, page_on(browser, url) as page:
        with page.expect_response("**/radar/upper"):
            page.goto(f"{url}/{REPLAY}")
        until_painted(page, "painted > 0.1")
        expect(page.locator(".replay")).to_be_visible()
        assert page.evaluate(SHARES)[0] == 0
