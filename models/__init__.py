"""The engine that folds a match's events, and the win-probability model that it asks.

The engine: one event further (`play`); order, late events, retractions and receipts (`fold`, with the running round's
events in `page`); amendments of a finished match (`telling`, `amendment`); which messages still count (`digest`); the
batch path's rows (`replay`). The model: fit, judge, keep, apply, explain.

No transport and no storage beyond the champion folder; features come from the game package alone.
"""
