"""Win probabilities and their receipts."""
