"""The lake: everything that happened, as immutable Parquet files that are published whole or not at all."""
