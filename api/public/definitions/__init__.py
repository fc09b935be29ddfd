"""Definitions of the statistics."""
