"""The engine that folds a match's events, and the win-probability model that it queries.

The engine: one step per event (`play`); ordering, late events, retractions and receipts (`fold`, with the events of the
current round in `page`); amendments of a finished match (`telling`, `amendment`); which messages still count
(`digest`); rows for the batch path (`replay`). The model: fitting, evaluation, storage, inference, explanation.

No transport, and no storage beyond the champion folder. All features come from the game package.
"""
