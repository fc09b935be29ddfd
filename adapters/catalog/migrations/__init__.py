"""The catalog's one migration history: Alembic's environment, and the steps in versions/. No code that runs them."""
