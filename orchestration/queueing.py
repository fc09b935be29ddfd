"""What tells Dagster how runs stand to each other.

Belongs here: tags that jobs bear and the instance is set up for. Nothing of Dagster: who sets it up starts without it.
"""

ALONE = "midround/alone"
"""Tag of runs of which one of a value runs at a time: a second retraining would be judged against the same champion."""
AHEAD = "1"
"""Priority of a map's chain: the queue starts what is higher first, and 0 is what has none."""
LASTING = "midround/lasting"
"""Tag of runs that last, of which one runs at a time: they share a place, and leave another to a map's chain."""
WHY = "midround/why"
"""Tag of a retraining that a sensor asked for: what for. These runs are kept: they say what was asked when."""
