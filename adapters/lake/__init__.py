"""The lake: everything that happened, as immutable Parquet files that are published completely or not at all."""
