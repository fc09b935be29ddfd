"""The better telling of a match: nothing where the log said all; what came too late, where it belongs; once."""

import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from game import events as e
from game import payloads as p
from game.codec import encode
from game.messages import Message, Prediction, Processed, Retraction, StateDelta, StateSnapshot
from game.simulate.mess import Options, messed
from game.simulate.series import simulate
from game.simulate.setting import Setting
from models.amendment import OUTDATED, UNREADABLE
from models.digest import facts_digest, valid
from models.fold import MatchFold, fold_events
from models.predictor import Predictor
from models.receipt import verify
from models.telling import Heard, Proposal, better, by_map, heard, proposed
from tests.models.stories import short_match

pytestmark = pytest.mark.slow


def one_map() -> tuple[e.AnyEvent, ...]:
    return short_match(0)


@cache
def with_warm_up(seed: int) -> tuple[e.AnyEvent, ...]:
    """A map of thirteen rounds before which people come in, as a mess of the highest level needs it."""
    return tuple(simulate(Setting(seed=seed, best_of=1, position_hz=0, strength=2.0, has_shots=False)))


@cache
def clean_digest() -> str:
    return facts_digest(fold_events(one_map(), None))


def of(events: Sequence[e.AnyEvent], predictor: Predictor | None = None) -> Heard:
    found = heard(events[0].match_id, events, predictor)
    assert found is not None
    return found


def wanted(log: Sequence[e.AnyEvent], predictor: Predictor | None = None) -> Proposal | None:
    """What a batch path proposes that reads the log when all of it was published."""
    found = of(log, predictor)
    return proposed(found, published(log, predictor), predictor)


def published(log: Sequence[e.AnyEvent], predictor: Predictor | None = None) -> Mapping[str, str]:
    fold = MatchFold(log[0].match_id, predictor)
    return by_map([m for event in log for m in fold.step(event)])


def kill_of(events: Sequence[e.AnyEvent], round_no: int) -> int:
    return next(i for i, x in enumerate(events) if isinstance(x, e.Kill) and x.round_no == round_no)


@cache
def log_with_a_late_kill() -> tuple[e.AnyEvent, ...]:
    """A kill of round 3 that comes when the match is over."""
    events = list(one_map())
    late = events.pop(kill_of(events, 3))
    return (*events, late)


@pytest.fixture(scope="module")
def proposal() -> Proposal:
    found = wanted(log_with_a_late_kill())
    assert found is not None
    return found


@pytest.fixture(scope="module")
def amended(proposal: Proposal) -> tuple[e.AnyEvent, ...]:
    return (*log_with_a_late_kill(), *proposal.parts)


@settings(max_examples=5)
@given(
    seed=st.integers(0, 1),
    options=st.sampled_from(
        (
            Options(reorder_share=0.3, reorder_window=12, duplicate_share=0.2),
            Options(restores=2, silent_restores=1, match_restarts=1),
            3,
        )
    ),
)
def test_the_better_telling_of_a_log_that_told_all_has_the_same_facts(
    seed: int, options: Options | int
) -> None:
    """Also where the game went back, sources took back, and order was put right: told anew, nothing differs."""
    log = messed(with_warm_up(seed), seed=seed + 5, options=options).events
    found = of(log)
    assume(not found.set_aside)
    everything = dict.fromkeys(by_map(found.messages), "another")
    again = proposed(found, everything, None)
    assert again is not None
    assert again.digests == by_map(found.messages)
    assert facts_digest(fold_events([*log, *again.parts], None)) == facts_digest(found.messages)


def test_a_clean_log_wants_no_amendment() -> None:
    assert wanted(one_map()) is None


def test_an_event_that_came_too_late_is_told_where_it_belongs(
    proposal: Proposal, amended: Sequence[e.AnyEvent]
) -> None:
    """The amended log has the digest of the match that came in order."""
    clean, log = fold_events(one_map(), None), log_with_a_late_kill()
    assert facts_digest(fold_events(log, None)) != facts_digest(clean)
    assert facts_digest(fold_events(amended, None)) == facts_digest(clean)
    assert (proposal.reason, proposal.changed) == ("late events", tuple(by_map(clean)))
    assert {part.payload.facts_digest for part in proposal.parts} == {facts_digest(clean)}
    assert proposal.missing == proposal.parts


def test_an_amended_log_wants_no_other_amendment(amended: Sequence[e.AnyEvent]) -> None:
    assert wanted(amended) is None


def test_one_that_was_told_and_did_not_help_is_not_sent_again(amended: Sequence[e.AnyEvent]) -> None:
    """A stream of older code may never come to the same: the parts are in the log, and stay the only ones."""
    found = of(amended)
    stubborn = dict.fromkeys(by_map(found.messages), "another")
    again = proposed(found, stubborn, None)
    assert again is not None
    first = proposed(of(log_with_a_late_kill()), stubborn, None)
    assert first is not None
    assert [part.event_id for part in again.parts] == [part.event_id for part in first.parts]
    assert again.missing == ()


def test_all_is_retracted_and_told_again_under_new_seq(amended: Sequence[e.AnyEvent]) -> None:
    messages = fold_events(amended, None)
    [retraction] = [m for m in messages if isinstance(m, Retraction)]
    told = [m for m in messages if isinstance(m, Processed)]
    assert [m.seq for m in told] == list(range(1, len(told) + 1))
    assert (retraction.from_seq, retraction.reason) == (1, "late events")
    cause, *again = [m for m in told if m.seq > retraction.to_seq]
    assert (cause.seq, cause.type, cause.facts) == (retraction.seq, "amendment", ())
    assert isinstance(cause.event, e.Amendment)
    assert cause.event.payload.events == b""
    assert {m.corrects for m in again} == {retraction.seq}
    assert [m.event_id for m in again] == [x.event_id for x in one_map()]


def test_readers_of_the_state_get_a_whole_one_and_then_changes(amended: Sequence[e.AnyEvent]) -> None:
    """A snapshot for each of ten thousand events would be a hundred megabytes."""
    messages = fold_events(amended, None)
    place = next(i for i, m in enumerate(messages) if isinstance(m, Retraction))
    states = [m for m in messages[place:] if isinstance(m, StateDelta | StateSnapshot)]
    assert isinstance(states[0], StateSnapshot)
    assert states[0].state.map is None
    assert [m.prev_seq for m in states[1:]] == [m.seq for m in states[:-1]]
    assert sum(isinstance(m, StateSnapshot) for m in states) < len(states) / 10


def test_predictions_are_told_again_and_their_chain_goes_on(champion: Predictor) -> None:
    log = log_with_a_late_kill()
    found = wanted(log, champion)
    assert found is not None
    messages = fold_events([*log, *found.parts], champion)
    told = [m for m in messages if isinstance(m, Prediction)]
    for before, prediction in pairwise(told):
        assert prediction.prev_seq == before.seq
        assert verify(prediction, champion, before.receipt.digest) == []
    clean = [m for m in fold_events(one_map(), champion) if isinstance(m, Prediction)]
    still = [m for m in valid(messages) if isinstance(m, Prediction)]
    assert [(m.event_id, m.round, m.map) for m in still] == [(m.event_id, m.round, m.map) for m in clean]


def test_parts_that_come_again_change_nothing(amended: Sequence[e.AnyEvent], proposal: Proposal) -> None:
    messages = fold_events(amended, None)
    assert fold_events([*amended, *proposal.parts], None) == messages
    first, *others = proposal.parts
    twice = [*log_with_a_late_kill(), first, first, *others, first]
    assert fold_events(twice, None) == messages


def small(log: Sequence[e.AnyEvent], *, parts: int) -> list[e.Amendment]:
    """The amendment of a log, in that many parts."""
    from models import amendment

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(amendment, "CHUNK_EVENTS", len(log) // parts + 1)
        found = wanted(log)
    assert found is not None
    assert len(found.parts) >= parts
    return list(found.parts)


def test_half_an_amendment_tells_nothing_and_the_rest_completes_it() -> None:
    log = log_with_a_late_kill()
    parts = small(log, parts=3)
    assert fold_events([*log, *parts[:-1]], None) == fold_events(log, None)
    whole = fold_events([*log, *parts[:2], *parts], None)
    assert facts_digest(whole) == clean_digest()


def test_a_fold_restored_in_the_middle_of_an_amendment_goes_on() -> None:
    log = log_with_a_late_kill()
    parts = small(log, parts=3)
    fold = MatchFold(log[0].match_id, None)
    messages = [m for event in (*log, *parts[:2]) for m in fold.step(event)]
    fold = MatchFold.restored(fold.snapshot(), None)
    messages += [m for event in parts[2:] for m in fold.step(event)]
    again = MatchFold.restored(fold.snapshot(), None)
    assert [m for part in parts for m in again.step(part)] == []
    assert facts_digest(messages) == facts_digest(fold_events(one_map(), None))


def test_what_came_meanwhile_makes_an_amendment_void_and_the_next_one_has_it(proposal: Proposal) -> None:
    """Else it would be retracted with the rest, and told by nobody."""
    log = log_with_a_late_kill()
    late = list(log)
    second = late.pop(kill_of(log, 5))
    between = [*late, *small(late, parts=2)[:1], second, *small(late, parts=2)[1:]]
    messages = fold_events(between, None)
    assert [m.notes for m in messages if isinstance(m, Processed)][-1] == (OUTDATED,)
    assert not any(isinstance(m, Retraction) for m in messages)
    found = wanted(between)
    assert found is not None
    assert facts_digest(fold_events([*between, *found.parts], None)) == facts_digest(
        fold_events(one_map(), None)
    )


@pytest.mark.parametrize("broken", ["nothing", "no archive", "no events", "cut", "another match"])
def test_a_telling_that_cannot_be_read_leaves_the_match_as_it_is(broken: str, proposal: Proposal) -> None:
    log = log_with_a_late_kill()
    first = proposal.parts[0]
    other = replace(one_map()[0], match_id="other")
    raw = {
        "nothing": b"",
        "no archive": b"no zlib",
        "no events": zlib.compress(msgspec.msgpack.encode([b"no event"])),
        "cut": first.payload.events[:-10],
        "another match": zlib.compress(msgspec.msgpack.encode([encode(other, "msgpack")])),
    }[broken]
    parts = [replace(first, payload=replace(first.payload, events=raw)), *proposal.parts[1:]]
    messages = fold_events([*log, *parts], None)
    assert [m.notes for m in messages if isinstance(m, Processed)][-1] == (UNREADABLE,)
    assert facts_digest(messages) == facts_digest(fold_events(log, None))


def taking_back(at: e.AnyEvent, *gone: e.AnyEvent) -> e.Retraction:
    """By another source than theirs, when `at` was said."""
    return e.Retraction(
        event_id="back",
        match_id=at.match_id,
        ts_event=at.ts_event,
        source="referee",
        payload=p.RetractionData(event_ids=tuple(event.event_id for event in gone)),
    )


@pytest.mark.parametrize("said_in_round", [3, 24], ids=["one is held", "none is held"])
def test_what_was_taken_back_too_late_is_told_no_more(said_in_round: int) -> None:
    events = list(one_map())
    kills = [kill_of(events, 1), kill_of(events, 3)]
    said = next(
        (i for i, x in enumerate(events) if i > kills[1] and x.round_no == said_in_round), len(events)
    )
    taken_back = taking_back(events[said - 1], *(events[i] for i in kills))
    log = [*events[:said], taken_back, *events[said:]]
    found = wanted(log)
    assert found is not None
    without = fold_events([x for i, x in enumerate(events) if i not in kills], None)
    assert facts_digest(fold_events([*log, *found.parts], None)) == facts_digest(without)
    assert wanted([*log, *found.parts]) is None


def test_no_repeat_puts_back_what_was_taken_back_while_it_waited() -> None:
    """Not even one that comes when its id is forgotten."""
    events = list(one_map())
    kill = kill_of(events, 3)
    gone, before = events[kill], events[kill - 1]
    log = [*events[: kill - 1], gone, taking_back(gone, gone), before, *events[kill + 1 :], gone]
    found = of(log)
    assert [x.event_id for x in found.set_aside] == [gone.event_id]
    assert gone.event_id not in {x.event_id for x in better(found)}
    assert wanted(log) is None


def test_what_still_waits_at_the_end_of_the_log_is_told() -> None:
    """The stream waits on for a number that never comes; nothing else does."""
    numbered = [x for x in one_map() if x.seq_no is not None]
    log = [*numbered[:-12], *numbered[-11:]]
    found = wanted(log)
    assert found is not None
    assert found.reason == "events not told"
    assert dict(found.digests) == published([*log, *found.parts]) == by_map(fold_events(log, None))


def test_the_repetition_of_an_event_whose_id_is_forgotten_is_no_late_event() -> None:
    events = one_map()
    log = [*events, events[kill_of(events, 3)]]
    found = of(log)
    assert [x.event_id for x in found.set_aside] == [log[-1].event_id]
    assert [x.event_id for x in better(found)] == [x.event_id for x in events]
    assert wanted(log) is None


def test_an_event_after_the_amendment_is_judged_as_the_log_judges_it(
    amended: Sequence[e.AnyEvent],
) -> None:
    """What the sequencer knows stays: repetitions of the last round change nothing, a new event counts on."""
    messages: list[Message] = list(fold_events(amended, None))
    assert fold_events([*amended, *one_map()[-20:]], None) == messages
    last = one_map()[-1]
    later = e.Chat(
        event_id="gg",
        match_id=last.match_id,
        ts_event=last.ts_event,
        source="caster",
        payload=p.ChatData(text="gg"),
    )
    told = fold_events([*amended, later], None)
    assert [m.seq for m in told if isinstance(m, Processed)][-1] == messages[-1].seq + 1


def test_an_amendment_without_a_telling_changes_nothing() -> None:
    last = one_map()[-1]
    bare = e.Amendment(
        event_id="bare",
        match_id=last.match_id,
        ts_event=last.ts_event,
        source="somebody",
        payload=p.AmendmentData(reason="none"),
    )
    messages = fold_events([*one_map(), bare], None)
    assert facts_digest(messages) == facts_digest(fold_events(one_map(), None))
