"""Run tags and priorities that tell Dagster's queue how runs relate to each other.

Belongs here: tags that jobs carry and that the instance is configured for. Does not belong here: anything that imports
Dagster, since the code that configures the instance starts without it.
"""

ALONE = "midround/alone"
"""Tag limiting runs with the same value to one at a time: a second retraining would face the same champion."""
AHEAD = "1"
"""Priority of a map's chain. The queue starts higher priorities first; the default is 0."""
LASTING = "midround/lasting"
"""Tag of long runs, of which one runs at a time: they share a place and leave the others to the chains of maps."""
WHY = "midround/why"
"""Tag with the reason of a retraining that a sensor requested. These runs are kept as a record of past requests."""
