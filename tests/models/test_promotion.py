"""Promotion and rollback on files: what is refused, what a crash leaves, and which champion was in force when."""

import fcntl
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from models import promotion
from models.bundle import (
    BOOSTER,
    CHALLENGER,
    MANIFEST,
    POINTER,
    BundleError,
    Champion,
    read_pointer,
    write_pointer,
)
from models.champions import HISTORY, LEAD, REFUTED, read_champions, read_history, read_refuted
from models.lineup import Lineup, listed
from models.predictor import CHAMPION, Predictor, load_predictor
from models.promotion import Promotion, PromotionError, promote, refute, rollback, seed
from tests.models.another import at, other_bundle

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHIPPED = read_pointer(CHAMPION)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return begun(tmp_path / "models")


def begun(folder: Path) -> Path:
    """The shipped champion and two more bundles."""
    seed(folder, CHAMPION)
    for number, name in enumerate(("second", "third"), start=1):
        other_bundle(folder, name, shift=number * 0.1)
    return folder


def kept(folder: Path) -> dict[str, bytes]:
    """Every file that a reader sees."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != promotion.LOCK]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def promoted(folder: Path, bundle: str, hours: int) -> Promotion:
    return promote(folder, bundle, who="me", why="it is better", now=at(NOON + timedelta(hours=hours)))


def test_the_time_until_a_promotion_is_in_force_counts_from_its_writing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not from before the lock was had and the bundle loaded, which may take longer than that time."""
    done = list[str]()

    def loaded(path: Path) -> Predictor:
        done.append("loaded")
        return load_predictor(path)

    def written(*to: Any) -> None:
        done.append("written")
        write_pointer(*to)

    def now() -> datetime:
        done.append("asked")
        with (folder / promotion.LOCK).open("a") as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return NOON + timedelta(microseconds=1_999)

    monkeypatch.setattr(promotion, "load_predictor", loaded)
    monkeypatch.setattr(promotion, "write_pointer", written)
    begins = promote(folder, "second", who="me", why="it is better", now=now).champion.since
    assert done == ["loaded", "asked", "written"]
    assert begins == NOON + timedelta(milliseconds=1) + LEAD, "in milliseconds, as the log counts"


def test_promotion_and_rollback_leave_a_history(folder: Path) -> None:
    done = promoted(folder, "second", 0)
    assert (done.champion.bundle, done.previous, done.manifest.model_version) == (
        "second",
        SHIPPED,
        "second",
    )
    assert done.champion.since == NOON + LEAD
    back = rollback(folder, who="you", why="it is not", now=at(NOON + timedelta(hours=1)))
    assert (back.champion.hash, back.champion.why) == (SHIPPED.hash, "it is not")
    assert read_pointer(folder) == back.champion
    assert read_history(folder) == (SHIPPED, done.champion, back.champion)
    again = rollback(folder, who="you", why="it was", now=at(NOON + timedelta(hours=2)))
    assert again.champion.bundle == "second"


def test_a_rollback_that_is_about_another_champion_changes_nothing(folder: Path) -> None:
    done = promoted(folder, "second", 0)
    with pytest.raises(promotion.SucceededError, match="but second is champion"):
        rollback(folder, who="you", why="refuted", now=at(NOON + timedelta(hours=1)), instead_of=SHIPPED.hash)
    assert read_pointer(folder) == done.champion
    gone = done.champion.hash
    back = rollback(folder, who="you", why="refuted", now=at(NOON + timedelta(hours=1)), instead_of=gone)
    assert back.champion.hash == SHIPPED.hash


def test_a_refuted_champion_comes_back_by_a_person_alone(folder: Path) -> None:
    gone = promoted(folder, "second", 0).champion.hash
    refute(folder, SHIPPED.hash, why="evidence 200 after 9 maps")
    refute(folder, SHIPPED.hash, why="evidence 300 after 10 maps")
    assert read_refuted(folder) == {SHIPPED.hash: "evidence 200 after 9 maps"}, "by what refuted it first"
    before = kept(folder)
    with pytest.raises(promotion.RefutedError, match=f"{SHIPPED.bundle} was refuted on air: evidence 200"):
        rollback(folder, who="you", why="x", now=at(NOON + timedelta(hours=1)), instead_of=gone)
    assert kept(folder) == before
    back = rollback(folder, who="you", why="x", now=at(NOON + timedelta(hours=1)))
    assert (back.champion.hash, back.refuted) == (SHIPPED.hash, "evidence 200 after 9 maps")
    assert promoted(folder, "third", 2).refuted == ""
    later, third = at(NOON + timedelta(hours=3)), read_pointer(folder).hash
    with pytest.raises(promotion.RefutedError, match="evidence 200"):
        promote(folder, SHIPPED.bundle, who="you", why="x", now=later, instead_of=third)


def test_half_a_line_of_a_crash_refutes_nobody_and_is_cut_off(folder: Path) -> None:
    (folder / REFUTED).write_bytes(b'{"hash": "of a cra')
    assert read_refuted(folder) == {}
    refute(folder, SHIPPED.hash, why="evidence 200")
    assert read_refuted(folder) == {SHIPPED.hash: "evidence 200"}


def test_one_that_is_to_follow_another_champion_does_not_follow_this_one(folder: Path) -> None:
    promoted(folder, "second", 0)
    before = kept(folder)
    later = NOON + timedelta(hours=1)
    with pytest.raises(promotion.SucceededError, match=r"third was to follow .*, but second is champion"):
        promote(folder, "third", who="me", why="better", now=at(later), instead_of=SHIPPED.hash)
    assert kept(folder) == before
    promote(folder, "third", who="me", why="better", now=at(later), instead_of=read_pointer(folder).hash)
    assert read_pointer(folder).bundle == "third"


def test_a_bundle_is_looked_at_again_when_a_file_of_it_has_changed(folder: Path) -> None:
    assert [line.problem for line in listed(folder)] == ["", "", ""]
    trees = folder / "second" / "booster.txt"
    trees.write_text(trees.read_text() + " ")
    assert [bool(line.problem) for line in listed(folder)] == [False, True, False]


def test_a_challenger_challenges_until_it_is_champion(folder: Path) -> None:
    named = promotion.challenge(folder, "second", who="me", why="it was refused", now=at(NOON))
    assert {line.bundle: line.roles for line in listed(folder)} == {
        SHIPPED.bundle: ("champion",),
        "second": ("challenger",),
        "third": (),
    }
    promoted(folder, "third", 0)
    assert promotion.read_challenger(folder) == named
    promoted(folder, "second", 1)
    assert promotion.read_challenger(folder) is None


def test_two_promotions_of_one_moment_stand_in_their_order(folder: Path) -> None:
    first, second = promoted(folder, "second", 0), promoted(folder, "third", 0)
    assert first.champion.since is not None
    assert second.champion.since is not None
    assert first.champion.since < second.champion.since
    assert read_champions(folder).current == second.champion


@pytest.mark.parametrize(
    ("file", "change", "reason"),
    [
        (BOOSTER, lambda raw: raw + b" ", "SHA-256"),
        (MANIFEST, lambda raw: raw.replace(b'"model_hash": "', b'"model_hash": "0'), "model hash is"),
        (
            MANIFEST,
            lambda raw: json.dumps(json.loads(raw) | {"feature_schema_hash": "0" * 16}).encode(),
            "is for features",
        ),
        (MANIFEST, lambda raw: raw[:100], "is no manifest"),
        (MANIFEST, lambda raw: raw.replace(b'"round.json"', b'"../round.json"'), "names"),
    ],
)
@pytest.mark.parametrize("is_inside", [True, False])
def test_a_bundle_that_lies_is_refused_and_nothing_is_changed(
    folder: Path, tmp_path: Path, file: str, change: object, reason: str, is_inside: bool
) -> None:
    home = folder if is_inside else tmp_path / "build"
    other_bundle(home, "liar", shift=0.3)
    path = home / "liar" / file
    assert callable(change)
    path.write_bytes(change(path.read_bytes()))
    before = kept(folder)
    with pytest.raises(BundleError, match=reason) as found:
        promoted(folder, "liar" if is_inside else str(home / "liar"), 0)
    assert found.value.file == path
    assert kept(folder) == before


def test_what_makes_no_sense_is_refused(folder: Path) -> None:
    before = kept(folder)
    with pytest.raises(PromotionError, match="champion already"):
        promoted(folder, SHIPPED.bundle, 0)
    with pytest.raises(PromotionError, match="no champion before"):
        rollback(folder, who="me", why="", now=at(NOON))
    with pytest.raises(BundleError, match="cannot be read"):
        promoted(folder, "nowhere", 0)
    assert kept(folder) == before


def test_the_champion_under_another_name_is_champion_already(folder: Path) -> None:
    promoted(folder, "second", 0)
    shutil.copytree(folder / "second", folder / "again")
    with pytest.raises(PromotionError, match="again is champion already"):
        promoted(folder, "again", 1)
    assert read_pointer(folder).bundle == "second"


def test_what_fails_once_the_pointer_is_written_undoes_no_promotion(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its line in the history, which the next one writes, and a challenger whose pointer cannot be read."""
    (folder / CHALLENGER).write_bytes(b"{")
    keep = promotion._keep

    def full(to: Path, champion: Champion) -> None:
        if champion.bundle == "second":
            raise OSError(28, "No space left on device")
        keep(to, champion)

    with monkeypatch.context() as patched:
        patched.setattr(promotion, "_keep", full)
        first = promoted(folder, "second", 0)
    assert read_champions(folder).entries == (SHIPPED, first.champion)
    second = promoted(folder, "third", 1)
    assert read_history(folder) == (SHIPPED, first.champion, second.champion)


def test_half_a_line_of_a_crash_is_no_promotion_and_is_cut_off(folder: Path) -> None:
    first = promoted(folder, "second", 0)
    with (folder / HISTORY).open("ab") as file:
        file.write(b'{"bundle":"thi')
    assert read_champions(folder).current == first.champion
    second = promoted(folder, "third", 1)
    assert read_history(folder) == (SHIPPED, first.champion, second.champion)


def test_a_promotion_whose_line_was_not_written_is_known_and_written_by_the_next(folder: Path) -> None:
    first = promoted(folder, "second", 0)
    lines = (folder / HISTORY).read_bytes().splitlines(keepends=True)
    (folder / HISTORY).write_bytes(b"".join(lines[:-1]))
    assert read_champions(folder).entries == (SHIPPED, first.champion)
    second = promoted(folder, "third", 1)
    assert read_history(folder) == (SHIPPED, first.champion, second.champion)


def test_a_match_begins_with_the_champion_of_its_first_record(folder: Path) -> None:
    promoted(folder, "second", 0)
    promoted(folder, "third", 1)
    lineup = Lineup(folder, now=NOON + timedelta(hours=2))
    moments = {
        datetime(1970, 1, 1, tzinfo=UTC): "cs2-2026-11",
        NOON + LEAD - timedelta(milliseconds=1): "cs2-2026-11",
        NOON + LEAD: "second",
        NOON + timedelta(minutes=59): "second",
        NOON + timedelta(hours=1) + LEAD: "third",
    }
    assert {m: lineup.starting(m).model_version for m in moments} == moments


def test_who_looked_at_any_moment_knows_the_champion_of_every_match_that_begins(folder: Path) -> None:
    """Between two looks of the stream a promotion is written: a match that begins then begins alike in batch."""
    lineup = Lineup(folder, now=NOON)
    promoted(folder, "second", 0)
    later = Lineup(folder, now=NOON + timedelta(hours=1))
    for ms in (0, 1, 1_000, 1_999, 2_000, 2_001, 10_000):
        moment = NOON + timedelta(milliseconds=ms)
        assert lineup.starting(moment).model_hash == later.starting(moment).model_hash


def test_a_champion_that_cannot_be_loaded_keeps_the_one_before(folder: Path) -> None:
    lineup = Lineup(folder, now=NOON)
    done = promoted(folder, "second", 0)
    path = folder / "second" / BOOSTER
    path.write_bytes(path.read_bytes() + b" ")
    lineup.look(NOON + timedelta(hours=1))
    assert "SHA-256" in lineup.problems[0]
    for asked in (lineup, Lineup(folder, now=NOON + timedelta(hours=1))):
        assert asked.starting(NOON + timedelta(minutes=30)).model_hash == SHIPPED.hash
        assert asked.champion(NOON + timedelta(minutes=30)) == SHIPPED
        assert asked.find(done.champion.hash) is None
    path.write_bytes(path.read_bytes()[:-1])
    lineup.look(NOON + timedelta(hours=1))
    assert lineup.problems == ()
    assert lineup.champion(NOON + timedelta(hours=1)) == done.champion


def test_a_pointer_that_is_no_json_keeps_the_champion(folder: Path) -> None:
    lineup = Lineup(folder, now=NOON)
    (folder / POINTER).write_bytes(b"{")
    lineup.look(NOON)
    assert "names no champion" in lineup.problems[0]
    assert lineup.latest().model_hash == SHIPPED.hash
    with pytest.raises(BundleError):
        Lineup(folder, now=NOON)
