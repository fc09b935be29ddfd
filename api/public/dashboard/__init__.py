"""Serves the built pages of the dashboard; their sources are in `api/dashboard`."""
