"""What the checks of maps say of scorecards whose counts are those of the whole match."""

import pytest

from adapters.lake.partitions import Partition
from models.replay import Scorecard
from orchestration.checks import verdicts
from orchestration.derivation import Derived
from tests.orchestration.made_lake import card_of

EVENTS = 1_000
MATCH = Partition(date="2026-11-20", match_id="m")


def made(map_id: str, *, duplicates: int = 0, late: int = 0) -> Derived:
    partition = Partition(date=MATCH.date, match_id=MATCH.match_id, map_id=map_id)
    row = {**card_of(partition), "events": EVENTS, "duplicates": duplicates, "late": late}
    del row["finality"], row["revision"]
    return Derived(
        partition=partition,
        card=Scorecard(finality="final", **row),
        finality="final",
        revision=0,
        is_changed=True,
    )


@pytest.mark.parametrize("asked", [1, 3])
@pytest.mark.parametrize(
    ("name", "field", "bound"), [("duplicates", "duplicates", 50), ("late_share", "late", 10)]
)
def test_shares_of_a_match_are_those_of_all_its_events(name: str, field: str, bound: int, asked: int) -> None:
    """Also where one map of three is asked for alone."""

    def passes(count: int) -> bool:
        maps = [made(map_id, **{field: count}) for map_id in ("a", "b", "c")][:asked]
        found = {each.check_name: each.passed for each in verdicts(maps, [], events={MATCH: 3 * EVENTS})}
        return found[name]

    assert passes(3 * bound)
    assert not passes(3 * bound + 1)
