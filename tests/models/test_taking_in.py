"""Bundles that come into a folder of models: whole or not at all, and none spoils what is there."""

import os
import shutil
from pathlib import Path

import pytest

from models import promotion
from models.bundle import (
    BOOSTER,
    CARD,
    MANIFEST,
    BundleError,
    read_bundle,
    read_champion,
    read_pointer,
    write_bundle,
    write_champion,
)
from models.predictor import CHAMPION, load_champion
from models.promotion import PromotionError, seed
from tests.models.another import other_bundle
from tests.models.test_promotion import SHIPPED, begun, kept, promoted

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return begun(tmp_path / "models")


def test_a_new_folder_begins_with_the_shipped_champion_and_keeps_what_it_has(tmp_path: Path) -> None:
    seed(tmp_path, CHAMPION)
    assert load_champion(tmp_path).model_hash == SHIPPED.hash
    assert read_pointer(tmp_path) == SHIPPED
    other_bundle(tmp_path, "second")
    write_champion(tmp_path, "second")
    seed(tmp_path, CHAMPION)
    assert read_pointer(tmp_path).bundle == "second"


def of_before(folder: Path) -> Path:
    """The shipped bundle as an older version left it in the folder: another card of the same model."""
    bundle = read_bundle(read_champion(CHAMPION))
    older, schema = {**bundle.files, CARD: b"{}"}, bundle.manifest.feature_schema_hash
    write_bundle(
        folder / SHIPPED.bundle, older, model_version=bundle.manifest.model_version, schema_hash=schema
    )
    return folder / SHIPPED.bundle


@pytest.mark.parametrize("is_champion", [True, False])
def test_a_folder_of_before_has_the_shipped_card_of_today(folder: Path, *, is_champion: bool) -> None:
    if not is_champion:
        promoted(folder, "second", 0)
    before, pointer = kept(folder), read_pointer(folder)
    of_before(folder)
    assert kept(folder) != before
    seed(folder, CHAMPION)
    assert kept(folder) == before
    assert read_pointer(folder) == pointer


def test_a_card_is_renewed_through_any_crash(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = kept(folder)
    of_before(folder)
    seen = list[Path]()

    def crash(path: Path) -> None:
        seen.append(path)
        if len(seen) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(promotion, "sync", crash)
    with pytest.raises(KeyboardInterrupt):
        seed(folder, CHAMPION)
    monkeypatch.undo()
    seed(folder, CHAMPION)
    assert {name: content for name, content in kept(folder).items() if not name.endswith(".new")} == before


def test_a_bundle_that_is_taken_in_again_brings_its_card(folder: Path) -> None:
    before = kept(folder)
    of_before(folder)
    assert promotion.take_in(folder, read_champion(CHAMPION)) == SHIPPED.bundle
    assert kept(folder) == before


def test_what_is_wrong_with_a_bundle_of_the_shipped_name_is_no_matter_of_a_start(folder: Path) -> None:
    promoted(folder, "second", 0)
    (folder / SHIPPED.bundle / MANIFEST).write_bytes(b"{")
    seed(folder, CHAMPION)
    assert load_champion(folder).model_version == "second"


def test_another_model_under_the_shipped_name_stays_what_it_is(folder: Path) -> None:
    promoted(folder, "second", 0)
    other_bundle(folder, SHIPPED.bundle, shift=0.5, with_card=True)
    before = kept(folder)
    seed(folder, CHAMPION)
    assert kept(folder) == before


def test_a_bundle_from_elsewhere_is_taken_in_whole(folder: Path, tmp_path: Path) -> None:
    other_bundle(tmp_path / "build", "fourth", shift=0.4)
    promoted(folder, str(tmp_path / "build/fourth"), 0)
    assert load_champion(folder).model_version == "fourth"
    other_bundle(tmp_path / "again", "fourth", shift=0.5)
    before = kept(folder)
    with pytest.raises(PromotionError, match="another bundle of this name"):
        promoted(folder, str(tmp_path / "again/fourth"), 1)
    assert kept(folder) == before


@pytest.mark.parametrize(("cwd", "bundle"), [("build", "fourth"), ("build/fourth", ".")])
@pytest.mark.parametrize("is_challenger", [True, False])
def test_a_bundle_from_elsewhere_is_named_as_seen_from_there(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    cwd: str,
    bundle: str,
    is_challenger: bool,
) -> None:
    other_bundle(tmp_path / "build", "fourth", shift=0.4)
    monkeypatch.chdir(tmp_path / cwd)
    if is_challenger:
        assert promotion.challenge(folder, bundle, who="me", why="try").bundle == "fourth"
    else:
        assert promoted(folder, bundle, 0).champion.bundle == "fourth"


def test_what_a_crash_left_of_taking_in_is_no_part_of_the_bundle(folder: Path, tmp_path: Path) -> None:
    other_bundle(tmp_path / "build", "fourth", shift=0.4)
    (folder / ".fourth.new").mkdir()
    (folder / ".fourth.new" / "half").write_bytes(b"{")
    promoted(folder, str(tmp_path / "build/fourth"), 0)
    taken, source = (kept(where / "fourth") for where in (folder, tmp_path / "build"))
    assert taken == source


def test_a_spoiled_bundle_does_not_bring_its_card_to_the_sound_one(folder: Path, tmp_path: Path) -> None:
    spoiled = tmp_path / "build" / "second"
    other_bundle(tmp_path / "build", "second", shift=0.1, with_card=True)
    (spoiled / BOOSTER).write_bytes((spoiled / BOOSTER).read_bytes() + b" ")
    before = kept(folder)
    with pytest.raises(BundleError, match="SHA-256"):
        promotion.take_in(folder, spoiled)
    assert kept(folder) == before


def test_a_copy_that_came_out_otherwise_is_not_taken_in(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_bundle(tmp_path / "build", "fourth", shift=0.4)
    before = kept(folder)
    monkeypatch.setattr(shutil, "copyfile", lambda source, to: to.write_bytes(source.read_bytes()[1:]))
    with pytest.raises(BundleError):
        promoted(folder, str(tmp_path / "build/fourth"), 0)
    assert kept(folder) == before


def test_a_full_disk_leaves_no_half_bundle(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_bundle(tmp_path / "build", "fourth", shift=0.4)
    before = kept(folder)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        promoted(folder, str(tmp_path / "build/fourth"), 0)
    assert kept(folder) == before
