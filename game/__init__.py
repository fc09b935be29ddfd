"""Counter-Strike in pure Python: events, state, statistics, features.

Only the standard library and msgspec; no input or output, no clock, no randomness but what
the caller seeds.
"""
