"""A match switches its model where the log says so: the same place in stream, batch, after corrections and restarts."""

from collections.abc import Sequence
from itertools import islice

import msgspec
import pytest

from game import events as e
from game.facts import Quality, SwingCredited
from game.messages import Message, Prediction, Processed, Retraction
from game.simulate.series import simulate
from game.simulate.setting import Setting
from models.bundle import Manifest
from models.digest import facts_digest, valid
from models.fold import MatchFold, fold_events
from models.predictor import Predictor, load_predictor
from models.receipt import GENESIS, verify
from models.shelf import Shelf
from tests.models.another import other_bundle, switched

EVENTS = 900


@pytest.fixture(scope="module")
def events() -> list[e.AnyEvent]:
    return [x for x in islice(simulate(Setting(seed=11, position_hz=0)), EVENTS) if x.seq_no is not None]


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> tuple[Manifest, Predictor]:
    folder = tmp_path_factory.mktemp("models")
    return other_bundle(folder, "second"), load_predictor(folder / "second")


@pytest.fixture(scope="module")
def models(champion: Predictor, second: tuple[Manifest, Predictor]) -> Shelf:
    return Shelf((champion, second[1]))


@pytest.fixture(scope="module")
def kill(events: list[e.AnyEvent]) -> int:
    """A kill in the middle of a round, with ten events of the same round on both sides of it."""
    return next(
        i
        for i, x in enumerate(events)
        if isinstance(x, e.Kill)
        and (x.round_no or 0) >= 2
        and not any(isinstance(y, e.RoundStarted) for y in events[i - 10 : i + 12])
    )


def predictions(messages: Sequence[Message]) -> list[Prediction]:
    return [m for m in messages if isinstance(m, Prediction)]


def as_bytes(messages: Sequence[Message]) -> list[bytes]:
    return [msgspec.json.encode(m) for m in messages]


def test_from_the_switch_on_predictions_come_from_the_new_model(
    events: list[e.AnyEvent],
    kill: int,
    champion: Predictor,
    second: tuple[Manifest, Predictor],
    models: Shelf,
) -> None:
    """The switch itself is answered by one; every receipt holds, and the chain goes through."""
    log = [*events[: kill + 1], switched(events[kill], second[0]), *events[kill + 1 :]]
    told = predictions(fold_events(log, champion, models=models))
    place = next(i for i, m in enumerate(told) if m.event_id == "switch")
    assert {m.receipt.model_hash for m in told[:place]} == {champion.model_hash}
    assert {m.receipt.model_hash for m in told[place:]} == {second[0].model_hash}
    assert told[place].round.p_a != told[place - 1].round.p_a
    previous = GENESIS
    for message in told:
        predictor = models.find(message.receipt.model_hash)
        assert predictor is not None
        assert verify(message, predictor, previous) == []
        previous = message.receipt.digest


def test_nobody_is_credited_with_the_difference_of_two_models(
    events: list[e.AnyEvent],
    kill: int,
    champion: Predictor,
    second: tuple[Manifest, Predictor],
    models: Shelf,
) -> None:
    log = [*events[: kill + 1], switched(events[kill], second[0]), *events[kill + 1 :]]
    messages = fold_events(log, champion, models=models)
    told = {m.event_id: m for m in messages if isinstance(m, Processed)}
    assert told["switch"].facts == ()
    published = {m.event_id: m.round.p_a for m in predictions(messages)}
    swings = [f for m in told.values() if m.seq > told["switch"].seq for f in m.facts]
    first = next(f for f in swings if isinstance(f, SwingCredited))
    assert first.p_a_before == published["switch"]


@pytest.mark.parametrize("is_hash_known", [True, False])
def test_a_model_that_is_in_use_or_unknown_changes_no_prediction(
    events: list[e.AnyEvent], champion: Predictor, second: tuple[Manifest, Predictor], is_hash_known: bool
) -> None:
    manifest = second[0]
    if is_hash_known:
        manifest = msgspec.structs.replace(manifest, model_hash=champion.model_hash)
    log = [*events[:300], switched(events[299], manifest), *events[300:]]
    messages = fold_events(log, champion)
    [told] = [m for m in messages if isinstance(m, Processed) and m.event_id == "switch"]
    broken = [f for f in told.facts if isinstance(f, Quality)]
    assert [f.rule for f in broken] == ([] if is_hash_known else ["model_unknown"])
    plain = {m.event_id: m.round for m in predictions(fold_events(events, champion))}
    assert {m.event_id: m.round for m in predictions(messages)} == plain


def test_a_switch_told_twice_is_one(
    events: list[e.AnyEvent], champion: Predictor, second: tuple[Manifest, Predictor], models: Shelf
) -> None:
    """Also back: what a process repeats after a crash does not undo what came after."""
    manifest = second[0]
    there, back = (
        switched(events[299], manifest),
        msgspec.structs.replace(
            switched(events[303], manifest, event_id="back"),
            payload=msgspec.structs.replace(
                switched(events[303], manifest).payload, model_hash=champion.model_hash
            ),
        ),
    )
    once = [*events[:300], there, *events[300:304], back, *events[304:]]
    twice = [*events[:300], there, there, *events[300:304], back, there, back, *events[304:]]
    assert as_bytes(fold_events(twice, champion, models=models)) == as_bytes(
        fold_events(once, champion, models=models)
    )


@pytest.mark.parametrize("is_before", [True, False])
def test_a_late_event_leaves_the_switch_where_the_log_has_it(
    events: list[e.AnyEvent],
    kill: int,
    champion: Predictor,
    second: tuple[Manifest, Predictor],
    models: Shelf,
    is_before: bool,
) -> None:
    """A kill that comes 42 events late, from before the switch or from after it. What waits for it (at most 32 events)
    is told after a switch that comes meanwhile: that one has no number to wait for."""
    late = events[kill]
    rest = [*events[:kill], *events[kill + 1 :]]
    at = kill + 38 if is_before else kill - 3
    rest.insert(at, switched(rest[at - 1], second[0]))
    arrived = [*rest[: kill + 42], late, *rest[kill + 42 :]]
    messages = fold_events(arrived, champion, models=models)
    assert any(isinstance(m, Retraction) for m in messages)
    told = predictions(valid(messages))
    switch = next(m for m in told if m.event_id == "switch")
    assert {m.receipt.model_hash for m in told if m.seq < switch.seq} == {champion.model_hash}
    assert {m.receipt.model_hash for m in told if m.seq >= switch.seq} == {second[0].model_hash}
    [place] = [m.seq for m in told if m.event_id == late.event_id]
    assert (place < switch.seq) is is_before


@pytest.mark.parametrize("distance", [-3, 0, 1, 25])
def test_a_snapshot_around_the_switch_changes_nothing(
    events: list[e.AnyEvent],
    kill: int,
    champion: Predictor,
    second: tuple[Manifest, Predictor],
    models: Shelf,
    distance: int,
) -> None:
    """Whichever champion the process that restores it has."""
    log = [*events[: kill + 1], switched(events[kill], second[0]), *events[kill + 1 :]]
    whole = fold_events(log, champion, models=models)
    fold, messages = MatchFold(log[0].match_id, champion, models=models), list[Message]()
    for i, event in enumerate(log):
        messages += fold.step(event)
        if i == kill + distance:
            fold = MatchFold.restored(fold.snapshot(), second[1], models=models)
    assert as_bytes(messages + fold.finish()) == as_bytes(whole)
    assert facts_digest(messages) == facts_digest(whole)


def test_a_snapshot_whose_model_is_gone_goes_on_with_the_one_given(
    events: list[e.AnyEvent], champion: Predictor, second: tuple[Manifest, Predictor]
) -> None:
    fold = MatchFold(events[0].match_id, second[1])
    for event in events[:300]:
        fold.step(event)
    again = MatchFold.restored(fold.snapshot(), champion)
    assert again.model_hash == champion.model_hash
    told = predictions([m for event in events[300:500] for m in again.step(event)])
    assert {m.receipt.model_hash for m in told} == {champion.model_hash}


def test_a_fold_without_a_model_says_nothing_of_a_switch(
    events: list[e.AnyEvent], second: tuple[Manifest, Predictor]
) -> None:
    log = [*events[:50], switched(events[49], second[0]), *events[50:100]]
    [told] = [m for m in fold_events(log, None) if isinstance(m, Processed) and m.event_id == "switch"]
    assert told.facts == ()
