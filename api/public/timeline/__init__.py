"""The story of a match: what happened, and what it did to the chances."""
