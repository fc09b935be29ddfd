"""Assets: what the batch path keeps, each with what it follows from."""
