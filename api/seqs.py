"""The bound on the seqs that clients send and receive. Nothing else."""

SEQ_MAX = 2**62
"""The largest valid seq; a larger one is refused or unreadable."""
