"""Assets: what the batch path keeps, each with its upstream assets."""
