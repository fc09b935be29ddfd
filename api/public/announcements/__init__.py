"""Matches announced by clients: who plays, when, under which ids elsewhere."""
