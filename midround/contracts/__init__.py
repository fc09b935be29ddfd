"""The contracts with outside clients: their documents, and the check for breaking changes."""
