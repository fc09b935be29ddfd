"""Seqs as clients ask for them and are told of them. Nothing else."""

SEQ_MAX = 2**62
"""None is above it: what says so is refused or unreadable."""
