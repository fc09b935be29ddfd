"""Swings: who moved the win probability, and by how much."""
