"""The write side: bounds, framing, stamping, acknowledgement.

No translation of source formats and no state of matches.
"""
