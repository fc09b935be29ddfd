"""Counter-Strike in pure Python: events, state, statistics, features.

Imports only the standard library and msgspec. No input or output, no clock, and no randomness except from seeds that
the caller passes.
"""
