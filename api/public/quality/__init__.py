"""How good the data of a match are, and how final."""
