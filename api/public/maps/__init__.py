"""Walkable areas and radar pictures of maps."""
