"""Does what was served follow from what was received? The store's facts and receipts against a fold of its raw log.

Belongs here: the comparison. Does not belong here: folding (`models.fold`), the receipt's own check (`models.receipt`),
printing.

`cs2_events_raw` gives the events, which go through the same fold; `game_events` gives the facts that were published,
without what was retracted; `cs2_predictions` gives every prediction, byte for byte.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from adapters.clickhouse.client import query_rows
from game.codec import DecodeError
from game.messages import Message, Prediction, Processed
from midround.rawlog import raw_events
from models.bundle import MANIFEST, BundleError
from models.digest import facts_digest, valid
from models.fold import MatchFold
from models.predictor import CHAMPION, Predictor, load_champion, load_predictor
from models.receipt import verify
from orchestration.parity import published

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

PROBLEMS_MOST = 20
PREDICTIONS = """
SELECT message FROM cs2_predictions FINAL
WHERE match_id = {match_id:String} ORDER BY seq
"""
_PREDICTION: msgspec.json.Decoder[Prediction] = msgspec.json.Decoder(Prediction)


class Verdict(Struct, frozen=True, kw_only=True):
    """One match. `problems` is empty when it holds; the digests are those of the facts still valid."""

    match_id: str
    events: int
    dead_letters: int
    predictions: int
    stream_digest: str
    batch_digest: str
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.problems


def verified(client: "Client", match_id: str, predictors: Mapping[str, Predictor]) -> Verdict:
    """The verdict on one match. `predictors` by hash: all models that may have predicted, the champion first. The one
    that made the match's first prediction folds it."""
    predictions = [_PREDICTION.decode(row["message"]) for row in _rows(client, PREDICTIONS, match_id)]
    champion = next(iter(predictors.values()), None)
    first = predictors.get(predictions[0].receipt.model_hash) if predictions else None
    told, refused = _batch(client, match_id, first or champion)
    batch_digest, stream_digest = facts_digest(told), facts_digest(published(client, match_id))
    problems = [] if batch_digest == stream_digest else [_difference(client, match_id, told)]
    problems += receipt_problems(predictions, predictors)
    problems += _absent(predictions, told)
    return Verdict(
        match_id=match_id,
        events=sum(isinstance(m, Processed) for m in valid(told)),
        dead_letters=refused,
        predictions=len(predictions),
        stream_digest=stream_digest,
        batch_digest=batch_digest,
        problems=tuple(problems[:PROBLEMS_MOST]),
    )


def known_predictors(folder: Path = CHAMPION) -> dict[str, Predictor]:
    """Every model in `folder` that this code can load, by hash, the champion first. Raises BundleError for that."""
    champion = load_champion(folder)
    found = {champion.model_hash: champion}
    for manifest in sorted(folder.glob(f"*/{MANIFEST}")):
        with suppress(BundleError):
            predictor = load_predictor(manifest.parent)
            found.setdefault(predictor.model_hash, predictor)
    return found


def receipt_problems(predictions: Sequence[Prediction], predictors: Mapping[str, Predictor]) -> list[str]:
    """What does not follow from its receipt, and where the chain of receipts breaks."""
    problems: list[str] = []
    known = {p.receipt.digest for p in predictions}
    for prediction in predictions:
        receipt = prediction.receipt
        where = f"prediction at seq {prediction.seq}"
        predictor = predictors.get(receipt.model_hash)
        if predictor is None:
            problems.append(f"{where}: model {receipt.model_hash[:12]} is not known here")
            continue
        problems += [f"{where}: {text}" for text in verify(prediction, predictor, None)]
        if receipt.previous not in known and prediction.prev_seq != 0:
            problems.append(f"{where}: the receipt before it is missing")
    return problems


def _batch(client: "Client", match_id: str, predictor: Predictor | None) -> tuple[list[Message], int]:
    fold, told, refused = MatchFold(match_id, predictor), list[Message](), 0
    for event in raw_events(client, match_id):
        if isinstance(event, DecodeError):
            refused += 1
        elif event.match_id == match_id:
            told += fold.step(event)
    return told, refused


def _absent(predictions: Sequence[Prediction], told: Sequence[Message]) -> Iterator[str]:
    """Predictions of the batch fold that were not published with the same receipt."""
    known = {p.receipt.digest for p in predictions}
    for message in valid(told):
        if isinstance(message, Prediction) and message.receipt.digest not in known:
            yield f"prediction at seq {message.seq}: not published as the fold has it"


def _difference(client: "Client", match_id: str, told: Sequence[Message]) -> str:
    """The first event whose facts differ."""
    here = {m.event_id: m.facts for m in valid(told) if isinstance(m, Processed)}
    there = {m.event_id: m.facts for m in published(client, match_id)}
    wrong = [event_id for event_id in {**here, **there} if here.get(event_id) != there.get(event_id)]
    first = f"; first: {wrong[0]}" if wrong else "; the places of facts differ"
    return f"facts differ: {len(here)} events folded, {len(there)} published, {len(wrong)} unequal{first}"


def _rows(client: "Client", sql: str, match_id: str) -> list[dict[str, Any]]:
    return query_rows(client, sql, {"match_id": match_id})
