"""What the store has of a match, as a file."""
