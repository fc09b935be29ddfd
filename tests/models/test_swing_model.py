"""The swing model: its labels, its gates, and that nothing is published that has not passed them."""

from pathlib import Path
from random import Random

import msgspec
import numpy as np
import pytest
from msgspec import UNSET
from msgspec.structs import replace

from game.messages import Prediction
from game.simulate.series import simulate
from game.simulate.setting import Setting
from models.bundle import SWING, SWING_TREES, BundleError, read_bundle, read_champion, write_bundle
from models.calibration import Interval
from models.dataset import RecordedMap
from models.evaluation import predictor_of
from models.fold import fold_events
from models.logistic import Matrix
from models.monotone import random_features
from models.predictor import CHAMPION, Predictor, load_predictor
from models.receipt import verify
from models.round_model import decided
from models.swing_fit import figures_of, judged, swing_files, swing_rows
from models.swing_gates import SWING_NAMES, SwingFigures, swing_verdicts
from models.swing_model import MOVE, SWING_TERMS, SwingWeights, swing_terms
from models.verdict import Verdict
from tests.models.rows import made_maps, truth

pytestmark = pytest.mark.slow

BUNDLE = read_bundle(read_champion(CHAMPION))
GOOD = SwingFigures(
    rows=1_000,
    base_rate=0.16,
    log_loss=Interval(0.35, 0.34, 0.36),
    base_log_loss=0.44,
    paired=Interval(-0.09, -0.1, -0.08),
    ece=0.007,
    ece_floor=0.008,
    reliability=((0.1, 0.1),),
    after_events=(0.3, 0.2),
    kills=100,
    warned=0.4,
    warning=0.15,
    lead_s=6.0,
)


def chances(maps: list[RecordedMap]) -> Matrix:
    return np.array([truth(sample.features) for map_ in maps for sample in map_.samples])


def with_swing(*, is_published: bool) -> Predictor:
    """The shipped model with its swing model told to publish or not."""
    weights = replace(msgspec.json.decode(BUNDLE.files[SWING], type=SwingWeights), is_published=is_published)
    return predictor_of({**BUNDLE.files, SWING: msgspec.json.encode(weights)}, "told")


def failed(figures: SwingFigures) -> list[str]:
    return [verdict.name for verdict in swing_verdicts(figures) if not verdict.passed]


def test_the_gates_pass_what_is_good_and_each_refuses_its_own() -> None:
    better, calibrated, ahead = SWING_NAMES
    assert tuple(verdict.name for verdict in swing_verdicts(GOOD)) == SWING_NAMES
    assert failed(GOOD) == []
    assert failed(replace(GOOD, paired=Interval(-0.01, -0.03, 0.01))) == [better]
    assert failed(replace(GOOD, ece=0.009)) == [calibrated]
    assert failed(replace(GOOD, lead_s=1.5)) == [ahead]
    assert failed(replace(GOOD, warned=0.2)) == [ahead]
    assert failed(replace(GOOD, warning=0.0)) == [ahead]


def test_the_shipped_model_is_published_if_and_only_if_it_passed() -> None:
    weights = msgspec.json.decode(BUNDLE.files[SWING], type=SwingWeights)
    found = swing_verdicts(figures_of(BUNDLE.files[SWING]))
    assert weights.is_published == all(verdict.passed for verdict in found)
    card = msgspec.json.decode((read_champion(CHAMPION) / "card.json").read_bytes())
    assert msgspec.convert(card["swing"]["verdicts"], tuple[Verdict, ...]) == found


def test_a_label_is_a_move_within_five_seconds_or_the_end() -> None:
    """By hand: rows of one round each four seconds, chances that move once, and the outcome at the end."""
    map_ = replace(made_maps((1,))[0])
    first = [s for s in map_.samples if s.round_no == 1]
    assert [s.second for s in first[:3]] == [0, 4, 8]
    calm = replace(map_, samples=tuple(replace(s, is_clock=True, ct_won=True) for s in first))
    assert not [sample for sample in first if decided(sample.features)]
    p = np.full(len(first), 0.5)
    p[6:] = 0.5 + MOVE + 0.01
    ended = [1.0, 1.0]
    assert swing_rows([calm], p).swings.tolist() == [0.0] * 5 + [1.0] + [0.0] * (len(first) - 8) + ended
    p[6:] = 0.5 + MOVE - 0.01
    assert swing_rows([calm], p).swings.tolist() == [0.0] * (len(first) - 2) + ended


def test_chances_of_other_maps_are_refused() -> None:
    with pytest.raises(ValueError, match="3 chances for"):
        swing_rows(made_maps((1,)), np.zeros(3))


def test_equal_rows_give_equal_files_and_noise_is_not_published() -> None:
    """Here nothing that a state tells says when its chance will move."""
    maps = made_maps(range(8))
    p = np.random.default_rng(1).permutation(chances(maps))
    files = swing_files(maps, p)
    assert swing_files(maps, p) == files
    weights = msgspec.json.decode(files[SWING], type=SwingWeights)
    assert not weights.is_published
    assert failed(figures_of(files[SWING]))
    assert judged(swing_rows(maps, p)).rows == sum(
        decided(s.features) is None for map_ in maps for s in map_.clock()
    )


def test_swings_are_told_at_whole_seconds_alone_and_hold_by_their_receipts() -> None:
    model = with_swing(is_published=True)
    events = list(simulate(Setting(seed=5, best_of=1, position_hz=0, has_shots=False)))[:2_500]
    kinds = {event.event_id: type(event).__name__ for event in events}
    told = [m for m in fold_events(events, model) if isinstance(m, Prediction)]
    some = [m for m in told if m.swing is not UNSET]
    assert len(some) > 100
    assert {kinds[m.event_id] for m in some} == {"ClockTick"}
    assert all(m.round_time_s is not None for m in some)
    assert not [problem for m in told for problem in verify(m, model, None)]
    forged = replace(some[0], swing=0.123456)
    assert any(problem.startswith("swing is 0.123456") for problem in verify(forged, model, None))


def test_a_model_that_failed_tells_nothing_and_the_rest_is_the_same() -> None:
    events = list(simulate(Setting(seed=5, best_of=1, position_hz=0, has_shots=False)))[:900]
    silent, telling = (
        [m for m in fold_events(events, with_swing(is_published=flag)) if isinstance(m, Prediction)]
        for flag in (False, True)
    )
    assert any(m.swing is not UNSET for m in telling)
    assert all(m.swing is UNSET for m in silent)
    assert [m.round for m in silent] == [m.round for m in telling]
    assert [m.outside for m in silent] == [m.outside for m in telling]


def test_terms_are_finite_and_as_many_as_their_names() -> None:
    rng = Random(3)
    for _ in range(200):
        found = swing_terms(random_features(rng), rng.random())
        assert len(found) == len(SWING_TERMS) == len(set(SWING_TERMS))
        assert np.isfinite(found).all()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({SWING: b"{}"}, "missing required field"),
        ({SWING_TREES: b"tree\n"}, "is for other features"),
        (
            {SWING: b'{"terms":[],"intercept":0,"weights":[],"pairs":[],"is_published":true,"figures":{}}'},
            "other terms",
        ),
    ],
)
def test_a_swing_model_that_means_nothing_is_refused_by_name(
    tmp_path: Path, changed: dict[str, bytes], reason: str
) -> None:
    write_bundle(
        tmp_path,
        {**BUNDLE.files, **changed},
        model_version="x",
        schema_hash=BUNDLE.manifest.feature_schema_hash,
    )
    with pytest.raises(BundleError, match=reason) as caught:
        load_predictor(tmp_path)
    assert caught.value.file.name in changed


def test_weights_without_trees_are_refused(tmp_path: Path) -> None:
    files = {name: content for name, content in BUNDLE.files.items() if name != SWING_TREES}
    write_bundle(tmp_path, files, model_version="x", schema_hash=BUNDLE.manifest.feature_schema_hash)
    with pytest.raises(BundleError, match=r"names swing\.json without swing\.txt"):
        load_predictor(tmp_path)
