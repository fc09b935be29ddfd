"""Players over all their matches."""
