"""The dashboard's pages as files; their sources are in `api/dashboard`."""
