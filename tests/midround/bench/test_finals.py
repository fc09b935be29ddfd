"""A match is final once all of its maps are, and the longest wait is what is held to the target."""

import httpx

from midround.bench.figures import Watch
from midround.bench.finals import is_final, report


def test_a_match_is_final_once_each_of_its_maps_is() -> None:
    def shows(*finalities: str) -> httpx.Response:
        return httpx.Response(200, json={"maps": [{"finality": each} for each in finalities]})

    assert is_final(shows("final", "amended"))
    assert not is_final(shows("final", "provisional"))
    assert not is_final(shows())
    assert not is_final(httpx.Response(404, json={"maps": [{"finality": "final"}]}))


def test_the_longest_wait_counts() -> None:
    found = report([20.0, 30.0, 61.0], [10.0, 15.0, 20.0], load="x", watch=Watch())
    assert (found.values["median_s"], found.values["median_to_backfill_ratio"]) == (30.0, 2.0)
    assert not found.targets[0].is_met
    assert report([59.0], [15.0], load="x", watch=Watch()).targets[0].is_met
