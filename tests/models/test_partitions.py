"""A dataset names exactly its rows; what is missing, altered or unfit is named."""

import hashlib

import msgspec
import pytest
from msgspec.structs import replace

from models.dataset import RecordedMap
from models.partitions import Dataset, DatasetError, frozen, problems, rows_digest, selected
from tests.models.rows import made_map, made_maps, turned


def with_sample(map_: RecordedMap, **changes: object) -> RecordedMap:
    first, *others = map_.samples
    features = replace(first.features, **changes)
    return replace(map_, samples=(replace(first, features=features), *others))


def test_a_map_survives_being_written_down() -> None:
    map_ = made_map(1)
    again = msgspec.json.decode(msgspec.json.encode(map_), type=RecordedMap)
    assert again == map_
    assert rows_digest(again) == rows_digest(map_)


def test_a_digest_is_that_of_the_rows_whatever_the_events_call_their_map() -> None:
    """A dataset that was frozen before maps had ids is still the same."""
    map_ = made_map(1)
    assert rows_digest(replace(map_, ids="match/map", twins=("other/map",))) == rows_digest(map_)
    before = msgspec.json.encode(map_).removesuffix(b',"ids":"","twins":[]}') + b"}"
    assert rows_digest(map_) == hashlib.sha256(before).hexdigest()


def test_the_order_of_delivery_changes_nothing_and_a_row_does() -> None:
    maps = made_maps((1, 2, 3))
    dataset = frozen(maps, "1")
    assert frozen(maps[::-1], "1") == dataset
    assert dataset.keys() == ("made-001", "made-002", "made-003")
    other = [*maps[:2], with_sample(maps[2], ct_hp=maps[2].samples[0].features.ct_hp + 1)]
    assert frozen(other, "1").digest != dataset.digest
    assert frozen(maps, "2").digest != dataset.digest


def test_a_dataset_selects_its_maps_and_no_others() -> None:
    maps = made_maps((1, 2, 3))
    dataset = frozen(maps[:2], "1")
    kept = msgspec.json.decode(msgspec.json.encode(dataset), type=Dataset)
    assert selected(kept, maps[::-1]) == maps[:2]


def test_what_is_not_the_frozen_dataset_is_named() -> None:
    maps = made_maps((1, 2))
    dataset = frozen(maps, "1")
    with pytest.raises(DatasetError, match="made-002: is missing"):
        selected(dataset, maps[:1])
    with pytest.raises(DatasetError, match="made-002: has digest"):
        selected(dataset, [maps[0], turned(maps[1])])
    with pytest.raises(DatasetError, match="dataset: was altered"):
        selected(replace(dataset, code_version="2"), maps)
    with pytest.raises(DatasetError, match="dataset: is for features other"):
        selected(replace(dataset, feature_schema_hash="other"), maps)


@pytest.mark.parametrize(
    ("poisoned", "reason"),
    [
        (replace(made_map(1), starts=turned(made_map(1)).starts), "whose outcome is not their round's"),
        (replace(made_map(1), starts=made_map(1).starts[:-1]), r"rounds that it has no start of: 22$"),
        (replace(made_map(1), samples=()), "has no seconds of live play"),
        (with_sample(made_map(1), ct_hp=10_000), r"out of range: ct_hp$"),
        (with_sample(made_map(1), round_left_s=float("nan")), r"out of range: round_left_s$"),
        (with_sample(made_map(1), t_alive=-1), r"out of range: t_alive$"),
    ],
)
def test_a_poisoned_partition_is_named_with_its_poison(poisoned: RecordedMap, reason: str) -> None:
    with pytest.raises(DatasetError, match=reason) as error:
        frozen([made_map(2), poisoned], "1")
    assert error.value.partition == "made-001"


def test_a_sound_map_has_no_problems() -> None:
    assert list(problems(made_map(3))) == []


def test_no_partitions_and_one_twice_are_refused() -> None:
    with pytest.raises(DatasetError, match="has no partitions"):
        frozen([], "1")
    with pytest.raises(DatasetError, match="made-001: is there twice"):
        frozen(made_maps((1, 1)), "1")
