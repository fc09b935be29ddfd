"""What the stream says of a match is what a batch fold of it says: through the true intake and the true stream.

Events go over HTTP into two intakes, through the embedded broker and the stream's own process; what comes out on the
topics is compared with `midround fold` of the same matches: facts, probabilities, counts, seq without holes.
"""

import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from msgspec import Struct

from game.events import AnyEvent
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.sources.cs2df import Version
from midround import inputs, sending
from midround.fold import FoldedMatch
from midround.supervisor import Say
from models.predictor import Predictor, load_champion
from tests.game.cs2df_writer import members, zipped
from tests.proofs.feed import EVERYTHING, VARIANTS, Variant, feed
from tests.proofs.system import SECOND_INTAKE, System, running, settings_on_free_ports
from tests.proofs.tally import Summary, Tally, ends
from tests.proofs.witness import Witness

SEED = 20_261_122
BATCH = 250
PARTS = ("broker", "stream", "intake", SECOND_INTAKE)
SIX = (
    "nju/2026-05-19_de_nuke_team-elm-vs-team-fern.zip",
    "nju/2026-05-19_de_mirage_team-ironwood-vs-team-chestnut.zip",
    "nju/2026-05-21_de_nuke_team-almond-vs-team-hawthorn.zip",
    "nju/2026-05-23_de_mirage_team-fern-vs-team-chestnut.zip",
    "pro/2026-02-09_de_nuke_team-ash-vs-team-juniper.zip",
    "pro/2026-02-09_de_inferno_team-juniper-vs-team-ash.zip",
)
"""Both versions of the format, five maps, one of them with overtime."""
VERSIONS: tuple[Version, ...] = ("2.0", "3.0")


class Course(Struct, frozen=True, kw_only=True):
    """Matches to be sent, and what a batch fold says of each."""

    matches: tuple[list[AnyEvent], ...]
    expected: dict[str, Summary]

    @property
    def events(self) -> int:
        return sum(len(match) for match in self.matches)


def course(paths: Sequence[Path]) -> Course:
    """The recordings as matches of their own. What `midround fold` prints is part of what is expected."""
    predictor = load_champion()
    matches: list[list[AnyEvent]] = []
    expected: dict[str, Summary] = {}
    for match in inputs.recorded(paths):
        events = list(match.events())
        matches.append(events)
        expected[events[0].match_id] = batch(match, events, predictor)
    return Course(matches=tuple(matches), expected=expected)


def batch(match: inputs.Match, events: Sequence[AnyEvent], predictor: Predictor) -> Summary:
    """What a batch fold says of a match."""
    folded = FoldedMatch(events, predictor, files=inputs.files_of(match))
    summary = Tally.of(folded.messages).summary()
    printed = [line.facts_digest for line in folded.lines()]
    assert printed == [summary.maps[map_id] for map_id in folded.files]
    return summary


def send(system: System, events: Sequence[AnyEvent], *, seed: int) -> sending.Sent:
    """Through either intake, by turns that only the seed knows: what one has seen is new to the other."""
    rng = Random(f"midround/proofs/doors/{seed}")
    total = sending.Sent()
    with (
        closing(sending.Intake(system.url("intake"))) as first,
        closing(sending.Intake(system.url(SECOND_INTAKE))) as second,
    ):
        for some in sending.batches(events, BATCH):
            rng.choice((first, second)).post(some)
            system.step()
        for door in (first, second):
            total.accepted += door.sent.accepted
            total.duplicate += door.sent.duplicate
            total.rejected += door.sent.rejected
    return total


def differing(told: Course, variant: Variant, *, folder: Path, say: Say) -> dict[str, Summary]:
    """Send the course in one variant; what was published of the matches that are not as their batch fold has them."""
    begun_s = time.monotonic()
    arranged = list(feed(told.matches, variant, seed=SEED))
    with (
        running(settings_on_free_ports(folder / "system"), PARTS) as system,
        Witness(system.broker) as witness,
    ):
        sent = send(system, arranged, seed=SEED)
        witness.wait(ends(told.matches), step=system.step)
        assert system.said == []
    assert (sent.rejected, sent.accepted + sent.duplicate) == (0, len(arranged))
    repeated = sent.accepted - told.events
    assert bool(repeated) == bool(sent.duplicate) == variant.is_repeated
    found = published(told, witness)
    say(
        f"{variant.name}: {len(told.matches)} matches, {told.events:,} events; {len(arranged):,} sent, duplicates:"
        f" {sent.duplicate:,} found by the intake, {repeated:,} by the stream; {time.monotonic() - begun_s:.0f} s"
    )
    return {match_id: summary for match_id, summary in found.items() if told.expected[match_id] != summary}


def published(told: Course, witness: Witness) -> dict[str, Summary]:
    """Digests, counts and probabilities of each match as they came out; each seq once and none missing."""
    assert witness.failure is None
    assert witness.letters == []
    assert set(witness.tallies) == set(told.expected)
    assert [m for m, tally in witness.tallies.items() if tally.has_holes() or tally.repeated] == []
    return {match_id: tally.summary() for match_id, tally in witness.tallies.items()}


@pytest.fixture(scope="session")
def six(recorded: Path) -> Course:
    return course([recorded / "cs2df" / name for name in SIX])


@pytest.fixture(scope="session")
def all_maps(recorded: Path) -> Course:
    return course([recorded / "cs2df"])


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A simulated map as an export of either version."""
    folder = tmp_path_factory.mktemp("exports")
    events = list(simulate(Setting(seed=SEED, best_of=1, position_hz=1)))
    paths = [
        zipped(
            folder / f"2026-03-0{number}_de_mirage.zip", members(events, version, demo_hash=f"{number:064}")
        )
        for number, version in enumerate(VERSIONS, start=1)
    ]
    return course(paths)


@pytest.mark.slow
def test_six_recorded_maps_come_out_as_the_fold_has_them(six: Course, tmp_path: Path, say: Say) -> None:
    assert differing(six, EVERYTHING, folder=tmp_path, say=say) == {}


@pytest.mark.slow
def test_simulated_exports_of_both_versions_come_out_as_the_fold_has_them(
    simulated: Course, tmp_path: Path, say: Say
) -> None:
    assert differing(simulated, EVERYTHING, folder=tmp_path, say=say) == {}


@pytest.mark.proof
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.name)
def test_all_recorded_maps_come_out_as_the_fold_has_them(
    all_maps: Course, variant: Variant, tmp_path: Path, say: Say
) -> None:
    assert differing(all_maps, variant, folder=tmp_path, say=say) == {}


@pytest.mark.proof
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.name)
def test_simulated_exports_come_out_as_the_fold_has_them(
    simulated: Course, variant: Variant, tmp_path: Path, say: Say
) -> None:
    assert differing(simulated, variant, folder=tmp_path, say=say) == {}
