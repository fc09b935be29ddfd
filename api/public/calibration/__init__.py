"""Calibration of published predictions against outcomes."""
