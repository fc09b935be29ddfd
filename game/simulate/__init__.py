"""A seeded simulator of legal matches in native events, for demos, load tests and property tests."""
