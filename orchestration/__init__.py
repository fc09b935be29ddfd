"""The batch path in the nouns of Dagster.

Thin bodies: they read, call one pure function of another package and write.
"""
