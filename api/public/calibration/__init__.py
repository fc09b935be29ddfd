"""Calibration of what was published, against how it came out."""
