"""Matches and their live states."""
