"""Finished rounds of a match."""
