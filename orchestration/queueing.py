"""What tells Dagster's queue how runs stand to each other.

Belongs here: tags that jobs bear and the instance is set up for. Nothing of Dagster: who sets it up starts without it.
"""

ALONE = "midround/alone"
"""Tag of runs of which one of a value runs at a time: a second retraining would be judged against the same champion."""
