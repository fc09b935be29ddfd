"""Outlines: built from positions alone, the same whatever their order, small, and good to walk on."""

import itertools
import math
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.recordings import open_recording, recording_paths
from game.maps.building import CELL, MARKS, Figures, Mark, Sample, build, samples_of, shipped_figures
from game.maps.ground import Ground, ground_of
from game.maps.outline import cells, decode, encode, map_names, shipped
from game.maps.ways import Graph
from game.simulate.series import simulate
from game.simulate.setting import MAP_POOL, Setting
from game.sources.cs2df import Recording
from game.sources.cs2df_series import match_of, translate

coordinates = st.integers(min_value=-30_000, max_value=30_000).map(lambda tenths: tenths / 10)
heights = st.integers(min_value=-700, max_value=700).map(float)
samples = st.lists(
    st.builds(Sample, st.just("m"), coordinates, coordinates, heights, st.sampled_from(["", *MARKS])),
    min_size=1,
)


def corridor() -> list[Sample]:
    """A straight floor of twenty cells, three wide, with marks along it."""
    floor = [Sample("m", x * CELL + 5, y * CELL + 5, 0.0) for x in range(20) for y in range(3)]
    marked = zip(MARKS, (0, 19, 5, 12), strict=True)
    return floor + [Sample("m", x * CELL + 32, CELL + 32, 0.0, mark) for mark, x in marked]


@given(samples, st.integers(min_value=0))
def test_the_order_of_samples_does_not_matter(found: list[Sample], seed: int) -> None:
    figures = {"m": Figures(split_z=0.0)}
    before = encode(build(found, figures=figures)["m"])
    shuffled = list(found)
    Random(seed).shuffle(shuffled)
    assert encode(build(shuffled, figures=figures)["m"]) == before
    assert encode(build(found + found, figures=figures)["m"]) == before


@given(samples)
@settings(max_examples=50)
def test_every_sample_lies_in_a_cell(found: list[Sample]) -> None:
    outline = build(found)["m"]
    covered = {(column, row) for _, column, row, _ in cells(outline)}
    for sample in found:
        column, row = int((sample.x - outline.x0) // CELL), int((sample.y - outline.y0) // CELL)
        assert (column, row) in covered


@given(samples)
@settings(max_examples=50)
def test_an_outline_survives_its_file(found: list[Sample]) -> None:
    outline = build(found)["m"]
    assert decode(encode(outline)) == outline
    assert encode(decode(encode(outline))) == encode(outline)


@pytest.mark.parametrize("name", map_names())
def test_shipped_outlines_are_small_and_their_cells_hang_together(name: str) -> None:
    outline, ground = shipped(name), ground_of(name)
    assert len(encode(outline)) < 8_000
    assert len(ground.points) >= 0.9 * sum(1 for _ in cells(outline))
    assert outline.radar is not None
    for start in (ground.ct_spawn, ground.t_spawn):
        for site in (ground.site_a, ground.site_b):
            assert ground.way(start, site)[-1] == site


def test_the_pool_is_what_is_shipped() -> None:
    assert set(MAP_POOL) == set(map_names())


def test_a_small_hole_is_closed_and_a_large_one_is_not() -> None:
    floor = {(x, y) for x in range(9) for y in range(3)} - {
        (2, 1),
        (5, 0),
        (5, 1),
        (5, 2),
        (6, 0),
        (6, 1),
        (6, 2),
    }
    outline = build(Sample("m", x * CELL, y * CELL, 8.0) for x, y in floor)["m"]
    found = {(column, row): height for _, column, row, height in cells(outline)}
    assert found[2, 1] == 8
    assert (5, 1) not in found
    assert (6, 1) not in found


def test_two_storeys_are_kept_apart() -> None:
    outline = build(
        [Sample("m", 0, 0, 0.0), Sample("m", 0, 0, -600.0)], figures={"m": Figures(split_z=-495.0)}
    )["m"]
    assert [(level, height) for level, _, _, height in cells(outline)] == [(0, 0), (1, -600)]


def test_ways_are_as_short_as_the_ground_allows() -> None:
    ground = Ground(build(corridor())["m"])
    way = ground.way(ground.ct_spawn, ground.t_spawn)
    assert len(way) == 20
    assert all(there in ground.neighbours[here] for here, there in itertools.pairwise(way))


@pytest.mark.parametrize("name", map_names())
def test_several_lanes_lead_to_the_sites_and_none_over_the_other_site(name: str) -> None:
    ground = ground_of(name)
    found: list[tuple[int, ...]] = []
    for site, other in ((ground.site_a, ground.site_b), (ground.site_b, ground.site_a)):
        lanes = ground.lanes(ground.t_spawn, site)
        for lane in lanes:
            assert (lane[0], lane[-1]) == (ground.t_spawn, site)
            assert all(there in ground.neighbours[here] for here, there in itertools.pairwise(lane))
            assert len(lane) <= 1.6 * len(lanes[0])
        assert all(other not in lane for lane in lanes[1:])
        assert all(len(set(one) - set(two)) > 10 for one, two in itertools.combinations(lanes, 2))
        found += lanes
    assert len(found) >= 4


def test_who_has_room_keeps_off_the_walls() -> None:
    floor = [Sample("m", x * CELL, y * CELL, 0.0, _mark(x)) for x in range(20) for y in range(7)]
    ground = Ground(build(floor)["m"])
    rows = {ground.points[cell][1] // CELL for cell in ground.way(ground.ct_spawn, ground.t_spawn)[5:-5]}
    assert rows.isdisjoint({0, 6})


def _mark(column: int) -> Mark:
    """Spawns and sites at both ends of a hall."""
    marks: dict[int, Mark] = {0: "ct_spawn", 1: "site_a", 18: "site_b", 19: "t_spawn"}
    return marks.get(column, "")


def test_sight_ends_at_a_wall() -> None:
    floor = [
        sample for sample in corridor() if not (8 * CELL <= sample.x < 11 * CELL and sample.y < 2 * CELL)
    ]
    ground = Ground(build(floor)["m"])
    near, far = ground.nearest((32, 32, 0)), ground.nearest((5 * CELL, 32, 0))
    beyond = ground.nearest((15 * CELL, 32, 0))
    assert ground.sees(near, far)
    assert not ground.sees(near, beyond)


def test_an_outline_without_spawns_cannot_be_walked_on() -> None:
    with pytest.raises(ValueError, match="both spawns"):
        Ground(build([Sample("m", 0, 0, 0)])["m"])


def test_a_map_without_an_outline_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="de_nowhere"):
        shipped("de_nowhere")


def test_an_outline_built_from_a_simulated_match_lies_within_the_one_it_was_played_on() -> None:
    feed = simulate(Setting(seed=1, best_of=1, maps=("de_mirage",)))
    built, original = build(samples_of(feed))["de_mirage"], shipped("de_mirage")
    own = {(built.x0 + c * CELL, built.y0 + r * CELL) for _, c, r, _ in cells(built)}
    walked = {(original.x0 + c * CELL, original.y0 + r * CELL) for _, c, r, _ in cells(original)}
    assert len(own & walked) > 300
    assert len(own - walked) <= 0.05 * len(own)
    assert built.ct_spawn is not None
    assert original.ct_spawn is not None
    assert math.dist(built.ct_spawn, original.ct_spawn) < 500


@pytest.mark.proof
def test_the_shipped_outlines_follow_from_the_recorded_maps(recorded: Path) -> None:
    def found() -> list[Sample]:
        samples: list[Sample] = []
        for path in recording_paths([recorded / "cs2df"]):
            recording = open_recording(path)
            assert isinstance(recording, Recording)
            samples += samples_of(translate(match_of(recording), positions_hz=1))
        return samples

    source = shipped(map_names()[0]).source
    built = build(found(), figures=shipped_figures(), source=source)
    assert {name: encode(outline) for name, outline in built.items()} == {
        name: encode(shipped(name)) for name in map_names()
    }


def test_a_way_is_as_long_as_the_way_back() -> None:
    points = [(0.0, 0.0, 0.0), (32.0, 0.0, 0.0), (64.0, 32.0, 0.0), (96.0, 64.0, 0.0)]
    graph = Graph(points=points, neighbours=[()] * len(points))
    assert graph.length(range(4)) == graph.length(range(3, -1, -1))
