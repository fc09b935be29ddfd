"""Data quality of a match, and how final its data are."""
