"""The catalog's only migration history: Alembic's environment, and the steps in versions/. It contains no code that
runs them."""
