"""The write side: bounds, framing, stamping, acknowledgement.

No translation of source formats, no match state.
"""
