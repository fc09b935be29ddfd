"""Administration of the API's clients and their keys."""
