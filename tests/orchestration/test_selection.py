"""Which partitions somebody means."""

import pytest

from orchestration.selection import SelectionError, selected

KEYS = ["2026-05-17:m1:a", "2026-05-18:m2:a", "2026-05-18:m2:b", "2026-06-01:m%2F3:a"]


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        ("all", [0, 1, 2, 3]),
        ("2026-05-18", [1, 2]),
        ("2026-05", [0, 1, 2]),
        ("2026-05-18..2026-06-01", [1, 2, 3]),
        ("m2", [1, 2]),
        ("m/3", [3]),
        ("2026-05-18:m2:b", [2]),
    ],
)
def test_words_name_partitions(wanted: str, places: list[int]) -> None:
    assert selected(KEYS, wanted) == [KEYS[place] for place in places]


@pytest.mark.parametrize("wanted", ["m4", "2027-01-01", "2026-07-01..2026-08-01", "m"])
def test_what_names_nothing_is_refused(wanted: str) -> None:
    with pytest.raises(SelectionError, match="none of the 4 partitions"):
        selected(KEYS, wanted)
