"""Players across all their matches."""
