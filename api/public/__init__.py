"""The read side of the API: matches, states, predictions and the live feed.

Belongs here: everything a client can request. Does not belong here: processing of events (`streaming`).
"""
