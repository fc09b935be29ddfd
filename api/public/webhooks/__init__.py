"""Where clients are told of what happens."""
