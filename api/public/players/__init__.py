"""Players of a match and their statistics."""
