"""Seeded, legal matches in native events: for demos, load and property tests."""
