"""Search for matches."""
