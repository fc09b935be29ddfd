"""Stored data of a match as files."""
