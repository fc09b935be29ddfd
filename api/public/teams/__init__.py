"""Teams across all their matches."""
