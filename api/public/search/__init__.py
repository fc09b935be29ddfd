"""Matches, looked for."""
