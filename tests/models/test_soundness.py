"""The shipped champion is sound; forged bundles are found out, each by what is wrong with it."""

import json
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from models.bundle import (
    BOOSTER,
    ROUND,
    SPREAD,
    BundleError,
    read_bundle,
    read_champion,
    readable,
    write_bundle,
)
from models.contest import reigning
from models.fitting import Recipe
from models.predictor import CHAMPION, load_predictor
from models.round_model import RoundWeights
from models.soundness import soundness
from models.terms import TERM_NAMES
from tests.models.rows import made_maps

pytestmark = pytest.mark.slow

FILES = read_bundle(read_champion(CHAMPION)).files


def test_the_shipped_champion_is_sound() -> None:
    sound = soundness(FILES, made_maps((1, 2)), states=600)
    assert sound.decided == sound.receipts == ()
    assert {
        kind: probed.wrong for kind, probed in sound.probes.items() if kind in {"kill", "hp", "kits"}
    } == {
        "kill": 0,
        "hp": 0,
        "kits": 0,
    }
    assert all(probed.probed > 100 for probed in sound.probes.values())


def test_a_bundle_that_rewards_the_other_side_is_found_out() -> None:
    weights = msgspec.json.decode(FILES[ROUND], type=RoundWeights)
    forged = list(weights.weights)
    forged[TERM_NAMES.index("diff_hp")] = -5.0
    files = FILES | {ROUND: readable(replace(weights, weights=tuple(forged)))}
    assert soundness(files, made_maps((1,)), states=200).probes["hp"].share() > 0.5


def lying(tmp_path: Path, **changed: bytes) -> Path:
    """A bundle whose hashes are right and whose content is not."""
    names = {"booster": BOOSTER, "round": ROUND, "spread": SPREAD}
    files = FILES | {names[key]: content for key, content in changed.items()}
    schema = read_bundle(read_champion(CHAMPION)).manifest.feature_schema_hash
    write_bundle(tmp_path, files, model_version="lying", schema_hash=schema)
    return tmp_path


@pytest.mark.parametrize("part", ["booster", "spread"])
def test_trees_for_other_features_are_refused_by_name(tmp_path: Path, part: str) -> None:
    name = {"booster": BOOSTER, "spread": SPREAD}[part]
    swapped = FILES[name].replace(b"=ct_alive t_alive ", b"=t_alive ct_alive ")
    assert swapped != FILES[name]
    with pytest.raises(BundleError, match=f"{name}: is for other features, or for these in another order"):
        load_predictor(lying(tmp_path, **{part: swapped}))


def test_weights_that_are_too_few_are_refused_by_name(tmp_path: Path) -> None:
    weights = json.loads(FILES[ROUND])
    weights["weights"] = weights["weights"][:-1]
    with pytest.raises(BundleError, match=f"{ROUND}: has 73 weights for 74 terms"):
        load_predictor(lying(tmp_path, round=json.dumps(weights).encode()))


def test_the_champion_is_known_by_its_card(tmp_path: Path) -> None:
    found = reigning(read_champion(CHAMPION))
    assert found.candidate.recipe == Recipe()
    assert len(found.seen) == 44
    with pytest.raises(BundleError, match=r"card\.json: does not tell what the model was trained on"):
        reigning(lying(tmp_path))
