"""A decided map that is not in the lake as the log has it, ten minutes after its match's last record, is named."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from clickhouse_connect.driver.client import Client
from msgspec.structs import replace

from adapters.lake import raw
from adapters.lake.partitions import Partition
from adapters.lake.raw import RawEvent, manifest_of
from adapters.lake.tables import RAW_EVENTS
from game.codec import encode
from orchestration.amending import AMENDED, AS_PUBLISHED, GOES_ON, KNOWN, NOT_OF_THE_LOG, SILENT, UNDECIDED
from orchestration.amending import BEHIND as STREAM_BEHIND
from orchestration.derivation import RECORDS, sources_of
from orchestration.freshness import (
    BEHIND,
    BOUND,
    LOOKED_AT,
    MISSING,
    OLDER,
    UNHEARD,
    overdue,
    unmade,
    unsettled,
)
from orchestration.gathering import gather
from tests.orchestration.made_lake import answered, carded, compared
from tests.orchestration.stored import DECIDED, log, said, told

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MAP = Partition(date="2026-11-20", match_id="m", map_id="a")


def test_what_is_overdue_is_named_with_its_reason(client: Client, tmp_path: Path) -> None:
    log(client, [said("m", NOON, number=0)], received_at=NOON)
    told(client, "m", NOON, map_id="a", seq=1, facts=DECIDED)
    late = NOON + BOUND + BOUND
    assert list(overdue(client, tmp_path, known=(), now=NOON + BOUND)) == []
    assert list(overdue(client, tmp_path, known=(), now=late)) == [(MAP.key, MISSING)]
    gather(client, tmp_path, "m")
    carded(tmp_path, MAP, made_from="other events")
    assert list(overdue(client, tmp_path, known=(), now=late)) == [(MAP.key, OLDER)]
    carded(tmp_path, MAP, made_from=manifest_of(tmp_path, MAP).content)
    assert list(overdue(client, tmp_path, known=(), now=late)) == []
    log(client, [said("m", NOON, number=1)], received_at=NOON, first=1)
    assert list(overdue(client, tmp_path, known=(), now=late)) == [(MAP.key, BEHIND)]


def test_a_map_that_was_never_made_is_overdue_for_as_long_as_it_is_not(
    client: Client, tmp_path: Path
) -> None:
    """However old its match is; not where the stream took it back, and not where it came from files alone."""
    for match_id in ("gone", "m"):
        log(client, [said(match_id, NOON, number=0)], received_at=NOON)
        gather(client, tmp_path, match_id)
    told(client, "m", NOON, map_id="a", seq=1, facts=DECIDED)
    told(client, "gone", NOON, map_id="a", seq=1, is_retracted=True)
    given = [RawEvent(raw=encode(said("filed", NOON, number=0)), file="a")]
    raw.add(tmp_path, "filed", given, code_version="test")
    known = {replace(MAP, match_id=match_id).key for match_id in ("filed", "gone", "m", "nowhere")}
    later = NOON + 30 * LOOKED_AT
    assert list(overdue(client, tmp_path, known=known, now=later)) == [(MAP.key, MISSING)]
    carded(tmp_path, MAP, made_from="fewer events")
    assert list(overdue(client, tmp_path, known={*known, "by hand"}, now=later)) == [(MAP.key, OLDER)]
    carded(tmp_path, MAP, made_from=manifest_of(tmp_path, MAP).content)
    assert list(overdue(client, tmp_path, known=known, now=later)) == []


def test_a_map_that_is_not_decided_is_overdue_once_its_match_is_silent(
    client: Client, tmp_path: Path
) -> None:
    log(client, [said("m", NOON, number=0)], received_at=NOON)
    told(client, "m", NOON, map_id="a", seq=1)
    silent = NOON + SILENT + BOUND
    assert list(overdue(client, tmp_path, known=(), now=silent)) == []
    assert list(overdue(client, tmp_path, known=(), now=silent + MINUTE)) == [(MAP.key, MISSING)]
    gather(client, tmp_path, "m")
    carded(tmp_path, MAP, made_from=manifest_of(tmp_path, MAP).content)
    assert list(overdue(client, tmp_path, known=(), now=silent + MINUTE)) == []


def test_a_match_that_cannot_be_read_is_named_beside_the_others(client: Client, tmp_path: Path) -> None:
    for match_id in ("l", "m"):
        log(client, [said(match_id, NOON, number=0)], received_at=NOON)
        told(client, match_id, NOON, map_id="a", seq=1, facts=DECIDED)
    gather(client, tmp_path, "l")
    (manifest,) = (tmp_path / "raw_events").rglob("manifest.json")
    manifest.write_text("no manifest")
    [(damaged, why), missing] = overdue(client, tmp_path, known=(), now=NOON + BOUND + BOUND)
    assert (damaged, missing) == ("2026-11-20:l:a", (MAP.key, MISSING))
    assert str(manifest) in why


def test_a_match_that_the_stream_told_nothing_of_is_named(client: Client, tmp_path: Path) -> None:
    for match_id in ("m", "announced"):
        log(client, [said(match_id, NOON, number=0)], received_at=NOON)
    told(client, "announced", NOON, map_id=None, seq=1)
    assert list(overdue(client, tmp_path, known=(), now=NOON + BOUND)) == []
    assert list(overdue(client, tmp_path, known=(), now=NOON + BOUND + MINUTE)) == [("m", UNHEARD)]


@pytest.mark.parametrize(
    ("outcome", "stream", "is_due"),
    [
        (GOES_ON, "facts", True),
        (STREAM_BEHIND, None, True),
        (KNOWN, "other facts", True),
        (UNDECIDED, "other facts", False),
        (AMENDED, "other facts", False),
        (NOT_OF_THE_LOG, None, False),
        (AS_PUBLISHED, "facts", False),
        (AS_PUBLISHED, "other facts", True),
        (AS_PUBLISHED, None, True),
    ],
)
def test_what_another_look_may_find_otherwise_is_not_settled(
    tmp_path: Path, outcome: str, stream: str | None, is_due: bool
) -> None:
    given = [RawEvent(raw=encode(said("m", NOON, number=0)), file="a")]
    content = raw.add(tmp_path, "m", given, code_version="test").content
    assert not unsettled(tmp_path, MAP), "it is not made"
    carded(tmp_path, MAP, made_from=content, facts="facts")
    assert unsettled(tmp_path, MAP), "nobody has asked"
    if stream is not None:
        compared(tmp_path, MAP, stream_digest=stream)
    answered(tmp_path, MAP, outcome, about=content)
    assert unsettled(tmp_path, MAP) == is_due
    answered(tmp_path, MAP, outcome, about="fewer events")
    assert unsettled(tmp_path, MAP)


def test_a_map_whose_match_has_the_same_events_once_more_is_older(tmp_path: Path) -> None:
    """Its scorecard does not count them yet."""
    event = said("m", NOON, number=0)
    given = [RawEvent(raw=encode(event), topic="log", partition=0, offset=n) for n in range(2)]
    at = raw.add(tmp_path, "m", given[:1], code_version="test").partition
    carded(tmp_path, MAP, **made_of(tmp_path, at))
    assert unmade(tmp_path, MAP) == ""
    raw.add(tmp_path, "m", given, code_version="test")
    assert unmade(tmp_path, MAP) == OLDER
    carded(tmp_path, MAP, **made_of(tmp_path, at))
    assert unmade(tmp_path, MAP) == ""


def made_of(root: Path, match: Partition) -> dict[str, str]:
    sources = sources_of(root, match, None)
    return {"made_from": sources[RAW_EVENTS.name], "records": sources[RECORDS]}


@pytest.mark.proof
def test_checks_of_the_whole_lake_run_by_the_hour_and_not_with_each_map(defined: dg.Definitions) -> None:
    chain, watch = (_nodes(defined, name) for name in ("map_chain", "hourly"))
    assert chain == {"chain"}
    assert watch == {"raw_events_only_copy", "quality_fresh", "quality_played_once"}


def _nodes(defs: dg.Definitions, job: str) -> set[str]:
    return {node.name for node in defs.resolve_job_def(job).nodes_in_topological_order}
