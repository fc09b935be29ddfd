"""A model that is not what it claims to be is refused, with the file and what is wrong with it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from game.features import FEATURE_NAMES, SCHEMA_HASH
from models.bundle import (
    BOOSTER,
    MANIFEST,
    MAP,
    PREDICTIVE,
    ROUND,
    SPREAD,
    BundleError,
    read_bundle,
    read_champion,
    write_bundle,
    write_champion,
)
from models.predictor import CHAMPION, FEATURES_LINE, load_champion, load_predictor

MEGABYTE = 1024 * 1024


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the champion's folder."""
    copy = tmp_path / "champion"
    shutil.copytree(CHAMPION, copy)
    return copy


def bundle_in(folder: Path) -> Path:
    return read_champion(folder)


def test_the_champion_is_whole_and_small() -> None:
    predictor = load_champion()
    assert read_bundle(read_champion(CHAMPION)).manifest.model_hash == predictor.model_hash
    assert sum(path.stat().st_size for path in CHAMPION.rglob("*") if path.is_file()) < MEGABYTE


@pytest.mark.parametrize("name", PREDICTIVE)
def test_one_changed_byte_in_a_file_is_named(folder: Path, name: str) -> None:
    path = bundle_in(folder) / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(
        BundleError, match=rf"{name}: has SHA-256 [0-9a-f]+, the manifest says [0-9a-f]+"
    ) as caught:
        load_champion(folder)
    assert caught.value.file == path


@pytest.mark.parametrize("name", [*PREDICTIVE, MANIFEST])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    bundle = bundle_in(folder)
    (bundle / name).unlink()
    with pytest.raises(BundleError, match=rf"{name}: cannot be read"):
        load_predictor(bundle)


def test_a_champion_with_another_hash_is_refused(folder: Path) -> None:
    pointer = folder / "champion.json"
    told = msgspec.json.decode(pointer.read_bytes())
    pointer.write_bytes(msgspec.json.encode(told | {"hash": "0" * 64}))
    with pytest.raises(BundleError, match=r"champion\.json: names hash 0000"):
        load_champion(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"bundle": 3}', b"\xff\xfe"])
def test_a_broken_pointer_is_refused(folder: Path, content: bytes) -> None:
    (folder / "champion.json").write_bytes(content)
    with pytest.raises(BundleError, match=r"champion\.json: names no champion"):
        load_champion(folder)


def test_a_manifest_with_another_model_hash_is_refused(folder: Path) -> None:
    path = bundle_in(folder) / MANIFEST
    told = msgspec.json.decode(path.read_bytes())
    path.write_bytes(msgspec.json.encode(told | {"model_hash": "1" * 64}))
    with pytest.raises(BundleError, match="model hash is"):
        load_predictor(path.parent)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (ROUND, b"{}", "missing required field"),
        (MAP, b'{"bounds": [1]}', "length"),
        (MAP, b"\xff\xfe", "map.json"),
        (BOOSTER, b"tree\n", "is for other features"),
        (BOOSTER, f"{FEATURES_LINE}\n".encode(), "booster.txt"),
        (BOOSTER, b"\xff\xfe", "booster.txt"),
    ],
)
def test_a_file_that_hashes_but_means_nothing_is_named(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    bundle = read_bundle(read_champion(CHAMPION))
    write_bundle(tmp_path, {**bundle.files, name: content}, model_version="x", schema_hash=SCHEMA_HASH)
    with pytest.raises(BundleError, match=reason) as caught:
        load_predictor(tmp_path)
    assert caught.value.file == tmp_path / name


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda told: {"terms": told["terms"][::-1]}, "is for other terms"),
        (lambda told: {"weights": told["weights"][1:]}, r"has \d+ weights for \d+ terms"),
    ],
)
def test_weights_of_other_terms_are_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], dict[str, Any]], reason: str
) -> None:
    files = read_bundle(read_champion(CHAMPION)).files
    told = msgspec.json.decode(files[ROUND])
    changed = {**files, ROUND: msgspec.json.encode(told | change(told))}
    write_bundle(tmp_path, changed, model_version="x", schema_hash=SCHEMA_HASH)
    with pytest.raises(BundleError, match=reason):
        load_predictor(tmp_path)


@pytest.mark.parametrize("name", [BOOSTER, SPREAD])
def test_trees_of_these_features_in_another_order_are_refused(tmp_path: Path, name: str) -> None:
    files = read_bundle(read_champion(CHAMPION)).files
    first, second = FEATURE_NAMES[:2]
    trees = files[name].decode().replace(f"{first} {second} ", f"{second} {first} ", 1)
    write_bundle(tmp_path, {**files, name: trees.encode()}, model_version="x", schema_hash=SCHEMA_HASH)
    with pytest.raises(BundleError, match=f"{name}: is for other features"):
        load_predictor(tmp_path)


def test_a_model_for_other_features_is_refused(tmp_path: Path) -> None:
    bundle = read_bundle(read_champion(CHAMPION))
    write_bundle(tmp_path, bundle.files, model_version="x", schema_hash="other")
    with pytest.raises(BundleError, match="is for features other"):
        load_predictor(tmp_path)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    bundle = read_bundle(read_champion(CHAMPION))
    write_bundle(tmp_path / "copy", bundle.files, model_version="copy", schema_hash=SCHEMA_HASH)
    write_champion(tmp_path, "copy")
    assert load_champion(tmp_path).model_hash == bundle.manifest.model_hash
