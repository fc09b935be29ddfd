"""The dataflow graph of the live path.

Belongs here: the steps and how they are connected. Does not belong here: what a step does (`streaming.steps`,
`streaming.matches`).

raw-game-events -> translate -> readable? -> fold per match -> processed-game-events, match-state, predictions
                                    |              |
                                    +--- refused --+-> raw-game-events-dlq
"""

from collections.abc import Callable, Sequence

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import Source
from bytewax.outputs import Sink

from adapters.kafka.records import Outgoing, Record
from streaming.matches import MatchLogic
from streaming.steps import dead_letter, has_event, keyed, match_of, translated

FLOW, SOURCE = "midround", "raw"


def build_flow(
    source: Source[Record],
    sink: Sink[tuple[str, Sequence[Outgoing]]],
    *,
    logic: Callable[[bytes | None], MatchLogic],
) -> Dataflow:
    """Build the flow from raw records to published records. `logic` creates the fold of a match, either new (`None`) or
    from its snapshot."""
    flow = Dataflow(FLOW)
    raw = op.input(SOURCE, flow, source)
    told = op.map("translate", raw, translated)
    readable = op.branch("readable", told, has_event)
    matches = op.key_on("match", readable.trues, match_of)
    folded = op.stateful_batch("fold", matches, logic)
    refused = op.map("refuse", op.map("letter", readable.falses, dead_letter), keyed)
    op.output("publish", op.merge("outgoing", folded, refused), sink)
    return flow
