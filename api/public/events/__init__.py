"""Processed events of a match, in order."""
