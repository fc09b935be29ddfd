"""The read side: matches, states, predictions, live feed.

Never writes to the broker or the store.
"""
